"""One request at a time goes to the engine, and its events come back to who asked."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import UserFacingError
from backends.events import EngineEvent
from backends.protocol.requests import Request
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent
from baichuan_desktop.workers.engine_worker import GenerationWorker


class Job(Protocol):
    """A request and who hears of it, in the window's thread."""

    @property
    def request(self) -> Request:
        """What the engine is asked."""
        ...

    def on_event(self, event: EngineEvent) -> None:
        """Something came."""
        ...

    def on_failed(self, error: UserFacingError) -> None:
        """Nothing more will come."""
        ...

    def on_ended(self) -> None:
        """The request is over; called last, also after a failure."""
        ...


class RequestQueue(QObject):
    """Runs a job; a newer one stops it and takes its place.

    Signals:
        silent: for how many seconds the engine has not gone on, where that is a hang.
        heard: it goes on, or the job is over.
    """

    silent = Signal(int)
    heard = Signal()

    def __init__(self, worker: GenerationWorker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._running: Job | None = None
        self._next: Job | None = None
        worker.produced.connect(self._on_event)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)

    @property
    def is_idle(self) -> bool:
        """Whether a job would start at once."""
        return self._running is None

    def submit(self, job: Job) -> None:
        """Start the job, after the one that runs has stopped."""
        if self._running is None:
            self._start(job)
        else:
            self._next = job
            self._worker.stop()

    def stop(self) -> None:
        """End the job that runs."""
        if self._running is not None:
            self._worker.stop()

    @Slot()
    def end_engine(self) -> None:
        """End the engine of the job that runs, at once."""
        if self._running is not None:
            self._worker.end_engine()

    def _start(self, job: Job) -> None:
        self._running = job
        self._worker.start(job.request)

    @Slot(object)
    def _on_event(self, event: ClientEvent) -> None:
        match event:
            case EngineSilent(seconds):
                self.silent.emit(seconds)
            case EngineHeard():
                self.heard.emit()
            case _ if self._running is not None:
                self._running.on_event(event)

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        if self._running is not None:
            self._running.on_failed(error)

    @Slot()
    def _on_ended(self) -> None:
        self.heard.emit()
        ended, self._running = self._running, None
        following, self._next = self._next, None
        if following is not None:
            self._start(following)
        if ended is not None:
            ended.on_ended()
