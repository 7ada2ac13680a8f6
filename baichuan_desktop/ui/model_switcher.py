"""Loading models one instead of the other, and going back where a new one cannot be loaded."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from backends.errors import UserFacingError
from backends.events import EngineEvent, LoadProgress, ModelReady
from backends.requests import LoadRequest
from baichuan_desktop.services.registry import InstalledModel

from .request_queue import RequestQueue


class ModelSwitcher(QObject):
    """Knows which model is loaded and which one is wanted.

    Signals:
        began: loading of an InstalledModel.
        progressed: a LoadProgress of it.
        ready: the InstalledModel that is loaded now, and its ModelReady.
        failed: the UserFacingError for which a model could not be loaded.
        lost: no model is loaded, nor will be until one is chosen.
    """

    began = Signal(object)
    progressed = Signal(object)
    ready = Signal(object, object)
    failed = Signal(object)
    lost = Signal()

    def __init__(self, queue: RequestQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._loading: _Load | None = None
        self.current: InstalledModel | None = None  #: loaded, and not about to be replaced

    @property
    def wanted(self) -> InstalledModel | None:
        """The model that is being loaded, else the one that is loaded."""
        return self._loading.model if self._loading else self.current

    def load(self, model: InstalledModel, *, otherwise: InstalledModel | None = None) -> None:
        """Load a model in place of the one before, which comes back if this fails."""
        if otherwise is None and self._loading is not None:
            otherwise = self._loading.otherwise
        otherwise = self.current or otherwise
        if otherwise is not None and otherwise.path == model.path:
            otherwise = None  # it would fail for the same reason
        self.current = None
        self._loading = _Load(self, model, otherwise)
        self.began.emit(model)
        self._queue.submit(self._loading)

    def on_ready(self, load: _Load, event: ModelReady) -> None:
        """A load came to its end."""
        if load is not self._loading:
            return  # another model was chosen in the meantime
        self._loading = None
        self.current = load.model
        self.ready.emit(load.model, event)

    def on_failed(self, load: _Load, error: UserFacingError) -> None:
        """A load came to nothing."""
        if load is not self._loading:
            return
        self._loading = None
        self.failed.emit(error)
        if self._loading is None and load.otherwise is not None:
            self.load(load.otherwise)
        elif self._loading is None:
            self.lost.emit()


class _Load:
    """A job of the queue."""

    def __init__(
        self, switcher: ModelSwitcher, model: InstalledModel, otherwise: InstalledModel | None
    ) -> None:
        self._switcher = switcher
        self.model = model
        self.otherwise = otherwise
        self.request = LoadRequest(str(model.path))

    def on_event(self, event: EngineEvent) -> None:
        if isinstance(event, LoadProgress):
            if self._switcher.wanted is self.model:
                self._switcher.progressed.emit(event)
        elif isinstance(event, ModelReady):
            self._switcher.on_ready(self, event)

    def on_failed(self, error: UserFacingError) -> None:
        self._switcher.on_failed(self, error)

    def on_ended(self) -> None:
        """What there is to say was said."""
