"""A long job in the terminal: the same value as in the window, with progress, until Ctrl+C."""

from __future__ import annotations

import threading
from collections.abc import Callable

from backends.events import CopyReady, JobProgress, JobStep
from baichuan_desktop.cli.progress import interrupt_sets, progress
from baichuan_desktop.services.engines.in_process import InProcessEngine
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.copies import MadeCopy
from baichuan_desktop.services.jobs.job import Job, JobResult

_STEPS = {
    JobStep.HASH: "Reading the model",
    JobStep.WRITE: "Writing the copy",
    JobStep.CHECK: "Checking the copy",
}


def run_job(job: Job, run: RunRequest, hear: Callable[[object], None]) -> JobResult | None:
    """Do a job, and give each of its events to `hear`; None where Ctrl+C ended it.

    Raises UserFacingError.
    """
    result: JobResult | None = None
    cancel = threading.Event()
    with interrupt_sets(cancel):
        for event in job.steps(run, cancel):
            if isinstance(event, JobResult):
                result = event
            else:
                hear(event)
    progress("")
    return result


def run_copy(job: Job) -> MadeCopy | CopyReady:
    """Write a copy in this process, with progress on stderr. Raises UserFacingError."""
    result = run_job(job, InProcessEngine().run, _show_copy)
    if result is None:
        raise KeyboardInterrupt
    assert isinstance(result.found, MadeCopy | CopyReady)
    return result.found


def _show_copy(event: object) -> None:
    if isinstance(event, JobProgress):
        share = 100 * event.done_bytes // max(event.total_bytes, 1)
        progress(f"{_STEPS[event.step]}: {share} %")
