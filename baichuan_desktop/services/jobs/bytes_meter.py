"""How far a job is that goes through its bytes step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from typing_extensions import override

from backends.events import JobProgress, JobStep
from backends.phrases import Phrase
from baichuan_desktop.services.jobs.job import JobMeter
from baichuan_desktop.services.jobs.pace import Pace
from baichuan_desktop.services.jobs.time_left import left_for_step


class BytesMeter(JobMeter):
    """Reads every `JobProgress` of its steps."""

    def __init__(
        self, steps: Mapping[JobStep, Phrase], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`steps` says what is done in each, in their order."""
        self._steps = steps
        self._pace = Pace(clock)
        self._last: JobProgress | None = None

    @override
    def read(self, event: object) -> None:
        if isinstance(event, JobProgress) and event.step in self._steps:
            self._read(event)

    def _read(self, progress: JobProgress) -> None:
        if self._last is not None and self._last.step != progress.step:
            self._pace.begin_anew()
        self._last = progress
        self._pace.read(progress.done_bytes, progress.total_bytes)

    @property
    @override
    def percent(self) -> int:
        """Of the step that the job is at, rounded down."""
        if self._last is None:
            return 0
        return 100 * self._last.done_bytes // max(self._last.total_bytes, 1)

    @property
    @override
    def step(self) -> Phrase | None:
        """The step, by its number and its name, and how much of it is done."""
        if self._last is None:
            return None
        return Phrase(
            "Step {number} of {count}: {name} · {percent} %",
            number=list(self._steps).index(self._last.step) + 1,
            count=len(self._steps),
            name=self._steps[self._last.step],
            percent=self.percent,
        )

    @property
    @override
    def time_left(self) -> Phrase:
        """How long the step still takes, as exactly as it can be told."""
        return left_for_step(self.seconds_left)

    @property
    def seconds_left(self) -> float | None:
        """Of the step that the job is at; None while it cannot be told."""
        return self._pace.seconds_left
