"""Another adapter for the model that is loaded: asked of the engine, without loading again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import EngineEndedError, UserFacingError
from backends.events import AdapterReady, EngineEvent
from backends.protocol.engine_requests import AdapterRequest
from baichuan_desktop.workers.engine_worker import EngineWorker


class AdapterSwitch(QObject):
    """Has the engine change the adapter, after the answer that it gives; the last choice counts.

    Signals:
        changed: the folder of the adapter, or None, and the AdapterInUse, or None.
        failed: the UserFacingError for which the model answers without an adapter now.
        ended: nothing is being changed any more, also where the change was given up.
    """

    changed = Signal(object, object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, worker: EngineWorker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._request_id: int | None = None  # of the last choice, until it is made
        self.wanted: Path | None = None  #: what is being changed to, see `is_pending`
        worker.produced.connect(self._on_event)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)

    @property
    def is_pending(self) -> bool:
        """Whether the engine was asked, and has not done it yet."""
        return self._request_id is not None

    def ask(self, folder: Path | None) -> None:
        """Have the model answer with the adapter of a folder, or without one."""
        self._stop()
        self.wanted = folder
        request = AdapterRequest(None if folder is None else str(folder))
        self._request_id = self._worker.start(request)

    def forget(self) -> None:
        """Give up what was asked for: another model takes the place of the one it was for."""
        self._stop()
        self._request_id = None

    def _stop(self) -> None:
        if self._request_id is not None:
            self._worker.stop(self._request_id)

    @Slot(object, int)
    def _on_event(self, event: EngineEvent, request_id: int) -> None:
        if request_id == self._request_id and isinstance(event, AdapterReady):
            self._request_id = None
            self.changed.emit(self.wanted, event.adapter)
            self.ended.emit()

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, request_id: int) -> None:
        if request_id == self._request_id and not isinstance(error, EngineEndedError):
            self._request_id = None
            self.changed.emit(None, None)
            self.failed.emit(error)
            self.ended.emit()

    @Slot(int)
    def _on_ended(self, request_id: int) -> None:
        if request_id == self._request_id:  # it was stopped, by whoever asked for something else
            self._request_id = None
            self.ended.emit()
