"""The jobs of one session: which one runs, which ones wait, and what came of the others."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from backends.errors import EngineError, UserFacingError
from baichuan_desktop.services.jobs.job import Job, JobMeter, JobResult


class JobState(Enum):
    """From the desk's first look at a job to its last."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"  #: the person stopped it, and it goes on when the person wants it
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Nothing more comes of it."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(eq=False, slots=True)
class JobRecord:
    """A job at the desk. Only the desk changes it."""

    job: Job
    meter: JobMeter
    state: JobState = JobState.WAITING
    is_cancelling: bool = False  #: it runs, and was asked to end
    is_pausing: bool = False  #: it runs, and was asked to let the next one run
    has_begun: bool = False  #: it ran, so a pause may have kept something
    result: JobResult | None = None  #: of one that is done
    error: UserFacingError | None = None  #: of one that failed
    ended: datetime.datetime | None = None


class JobDesk:
    """Has one job run at a time: two would slow each other down, and measure each other.

    Runs nothing itself: who uses it does what `begin_next` returns, tells the desk of each event,
    and of the end.
    """

    def __init__(self, now: Callable[[], datetime.datetime] = datetime.datetime.now) -> None:
        self._now = now
        self.running: JobRecord | None = None  #: the job that runs
        self._waiting: list[JobRecord] = []
        self._paused: list[JobRecord] = []
        self._finished: list[JobRecord] = []

    @property
    def waiting(self) -> Sequence[JobRecord]:
        """The jobs that run after it, the next one first."""
        return tuple(self._waiting)

    @property
    def paused(self) -> Sequence[JobRecord]:
        """The jobs that go on when the person wants it, the one first that was paused first."""
        return tuple(self._paused)

    @property
    def pending(self) -> Sequence[JobRecord]:
        """The jobs that run by themselves until they are over, in their order."""
        return (*([self.running] if self.running else []), *self._waiting)

    @property
    def finished(self) -> Sequence[JobRecord]:
        """The jobs that are over, the last one first."""
        return tuple(reversed(self._finished))

    def add(self, job: Job) -> JobRecord:
        """Put a job behind those that wait."""
        record = JobRecord(job, job.meter())
        self._waiting.append(record)
        return record

    def begin_next(self) -> JobRecord | None:
        """The job that begins now, if one waits and none runs."""
        if self.running is not None or not self._waiting:
            return None
        record = self.running = self._waiting.pop(0)
        record.state, record.has_begun = JobState.RUNNING, True
        if record.job.pause is not None:
            record.job.pause.wanted.clear()
        return record

    def hear(self, event: object) -> None:
        """An event came from the job that runs."""
        record = self._required()
        if isinstance(event, JobResult):
            record.result = event
        else:
            record.meter.read(event)

    def fail(self, error: UserFacingError) -> None:
        """The job that runs came to nothing."""
        self._required().error = error

    def cancel(self, record: JobRecord) -> None:
        """Have a job not run, or end early; `end` is still to be told of one that runs."""
        if record.state is JobState.RUNNING:
            record.is_cancelling, record.is_pausing = True, False
            if record.job.pause is not None:
                record.job.pause.wanted.clear()
        elif not record.state.is_over:
            (self._waiting if record.state is JobState.WAITING else self._paused).remove(record)
            self._put_away(record, JobState.CANCELLED)

    def pause(self, record: JobRecord) -> None:
        """Have a job that runs let the next one run; `end` is still to be told of it."""
        if record is self.running and record.job.pause is not None and not record.is_cancelling:
            record.is_pausing = True
            record.job.pause.wanted.set()

    def resume(self, record: JobRecord) -> None:
        """Put a job that is paused behind those that wait."""
        if record.state is JobState.PAUSED:
            self._paused.remove(record)
            record.state = JobState.WAITING
            self._waiting.append(record)

    def end(self) -> JobRecord:
        """Nothing more comes from the job that runs; it, with what came of it."""
        record = self._required()
        self.running = None
        if record.result is not None:  # a cancel may come too late
            self._put_away(record, JobState.DONE)
        elif record.error is not None:
            self._put_away(record, JobState.FAILED)
        elif record.is_cancelling:
            self._put_away(record, JobState.CANCELLED)
        elif record.is_pausing:
            record.state, record.is_pausing = JobState.PAUSED, False
            self._paused.append(record)
        else:
            record.error = EngineError("The job ended and did not say what came of it.")
            self._put_away(record, JobState.FAILED)
        return record

    def _required(self) -> JobRecord:
        assert self.running is not None, "no job runs"
        return self.running

    def _put_away(self, record: JobRecord, state: JobState) -> None:
        record.state, record.ended = state, self._now()
        record.is_cancelling = record.is_pausing = False
        self._finished.append(record)
