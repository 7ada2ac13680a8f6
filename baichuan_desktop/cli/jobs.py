"""A long job in the terminal: the same value as in the window, with progress, until Ctrl+C."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from backends.errors import UserFacingError
from backends.events import CopyReady
from baichuan_desktop.cli.progress import interrupt_sets, progress, remark
from baichuan_desktop.services.admission.engines import own_engine
from baichuan_desktop.services.engines.one_shot import PrecisionFailed
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.engines.silence import EngineSilent
from baichuan_desktop.services.jobs.copies import MadeCopy
from baichuan_desktop.services.jobs.job import Job, JobMeter, JobResult

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Measured(Generic[_Found]):
    """What came of a job that goes from precision to precision."""

    found: list[_Found]  #: of each precision that was measured
    failed: list[PrecisionFailed]
    is_interrupted: bool  #: by Ctrl+C


def no_engine(*_: object) -> Iterator[Any]:
    """What runs the requests of a job that makes none."""
    raise AssertionError("the job needs no engine")


def run_job(
    job: Job, run: RunRequest, hear: Callable[[object], None] = lambda _event: None
) -> JobResult | None:
    """Do a job, with progress on stderr; None where Ctrl+C ended it.

    `hear` gets every event but the result, for what was found on the way. Raises UserFacingError.
    """
    result: JobResult | None = None
    cancel, meter = threading.Event(), job.meter()
    progress(progress_line(job, meter))
    try:
        with interrupt_sets(cancel):
            for event in job.steps(run, cancel):
                if isinstance(event, JobResult):
                    result = event
                    continue
                meter.read(event)
                hear(event)
                progress(progress_line(job, meter, event))
    finally:
        progress("")
    if result is None and job.when_ended is not None:
        remark(str(job.when_ended))
    return result


def progress_line(job: Job, meter: JobMeter, event: object = None) -> str:
    """What is done now, the percentage, and how long it still takes, after an event came."""
    step = str(meter.step or job.words.running)
    if isinstance(event, EngineSilent):
        return f"{step}: the engine has said nothing for {event.seconds} s; Ctrl+C ends it"
    share = f"{meter.percent} %"
    shown = [step] if step.endswith(share) else [step, share]  # some steps tell it themselves
    return " · ".join([*shown, str(meter.time_left)])


def run_copy(job: Job) -> MadeCopy | CopyReady:
    """Write a copy in this process, with progress on stderr. Raises UserFacingError."""
    result = run_job(job, own_engine().run)
    if result is None:
        raise KeyboardInterrupt
    assert isinstance(result.found, MadeCopy | CopyReady)
    return result.found


def run_measurement(job: Job, run: RunRequest, kind: type[_Found]) -> Measured[_Found]:
    """Measure precisions, with progress on stderr; events of `kind` tell what was found of each.

    What a precision failed by is in the result. Raises any other UserFacingError.
    """
    found: list[_Found] = []
    failed: list[PrecisionFailed] = []

    def hear(event: object) -> None:
        if isinstance(event, kind):
            found.append(event)
        elif isinstance(event, PrecisionFailed):
            failed.append(event)

    try:
        result = run_job(job, run, hear)
    except UserFacingError as error:
        if not any(failure.error is error for failure in failed):
            raise
        return Measured(found, failed, is_interrupted=False)
    return Measured(found, failed, is_interrupted=result is None)
