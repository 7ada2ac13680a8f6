"""Runs one long job at a time in an engine process of its own, while the chat goes on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from baichuan_desktop.services.measuring.job_source import Job
from baichuan_desktop.workers.engine_worker import GenerationWorker


class JobRunner(QObject):
    """Makes a worker, and so an engine, for each job, and ends it with the job.

    Signals:
        produced: a JobEvent.
        failed: the UserFacingError of a job that came to nothing.
        ended: last of all, also where the job was cancelled; the engine is gone.
        silent: for how many seconds the engine has not gone on, where that is a hang.
        heard: it goes on, or the job is over.
    """

    produced = Signal(object)
    failed = Signal(object)
    ended = Signal()
    silent = Signal(int)
    heard = Signal()

    def __init__(
        self, make_worker: Callable[[], GenerationWorker], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._make_worker = make_worker
        self._worker: GenerationWorker | None = None
        self._request_id = 0  # of the job that runs

    @property
    def is_running(self) -> bool:
        """Whether a job has not ended yet."""
        return self._worker is not None

    def start(self, job: Job) -> None:
        """Begin a job."""
        assert self._worker is None, "one job at a time"
        self._worker = self._make_worker()
        self._worker.produced.connect(self.produced)
        self._worker.failed.connect(self.failed)
        self._worker.silent.connect(self.silent)
        self._worker.heard.connect(self.heard)
        self._worker.ended.connect(self._on_ended)
        self._request_id = self._worker.start(job)

    def cancel(self) -> None:
        """Have the job end at its next step and take its files away."""
        if self._worker is not None:
            self._worker.stop(self._request_id)

    @Slot()
    def end_engine(self) -> None:
        """End the engine of the job at once; the job fails, or goes on without what it did."""
        if self._worker is not None:
            self._worker.end_engine()

    def shut_down(self) -> None:
        """End a job at once; the same job may be taken up later where it was."""
        self.heard.emit()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.shut_down()

    @Slot()
    def _on_ended(self) -> None:
        self.shut_down()
        self.ended.emit()
