"""A long job in the terminal: it runs in this process, with progress, until Ctrl+C."""

from __future__ import annotations

import threading

from backends.events import CopyReady, JobProgress, JobStep
from backends.protocol.requests import CopyRequest, ExportRequest
from baichuan_desktop.cli.progress import interrupt_sets, progress
from baichuan_desktop.services.engines.in_process import InProcessEngine

_STEPS = {
    JobStep.HASH: "Reading the model",
    JobStep.WRITE: "Writing the copy",
    JobStep.CHECK: "Checking the copy",
}


def run_copy(request: CopyRequest | ExportRequest) -> CopyReady:
    """Convert, quantise or export a checkpoint, with progress on stderr. Raises UserFacingError."""
    ready: CopyReady | None = None
    cancel = threading.Event()
    with interrupt_sets(cancel):
        for event in InProcessEngine().run(request, cancel):
            if isinstance(event, JobProgress):
                share = 100 * event.done_bytes // max(event.total_bytes, 1)
                progress(f"{_STEPS[event.step]}: {share} %")
            elif isinstance(event, CopyReady):
                ready = event
    progress("")
    if ready is None:
        raise KeyboardInterrupt
    return ready
