"""Loading models one instead of the other, and going back where a new one cannot be loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from backends.errors import ExportRefusedError, UserFacingError
from backends.events import EngineEvent, LoadProgress, ModelReady
from backends.protocol.requests import LoadRequest, UnloadRequest
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.fallback import (
    WantedModel,
    alternatives,
    may_run_on_export,
)
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.models.request_queue import RequestQueue

#: A model, how it was wanted, and with which exports: what is the same has the same end.
_Attempt = tuple[Path, LoadWish, tuple[Path, ...]]


class ModelSwitcher(QObject):
    """Knows which model is loaded and which one is wanted.

    Signals:
        began: loading of an InstalledModel.
        progressed: a LoadProgress of it.
        ready: the InstalledModel that is loaded now, and its ModelReady.
        failed: the UserFacingError for which a model could not be loaded, and its WantedModel.
        lost: no model is loaded, nor will be until one is chosen.
        made_room: the model that was set aside holds no memory any more.
    """

    began = Signal(object)
    progressed = Signal(object)
    ready = Signal(object, object)
    failed = Signal(object, object)
    lost = Signal()
    made_room = Signal()

    def __init__(
        self,
        queue: RequestQueue,
        measurements: Measurements,
        settings: SettingsFile,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._measurements = measurements
        self._settings = settings
        self._loading: _Load | None = None
        self._current: WantedModel | None = None
        self._aside: WantedModel | None = None  # was loaded, and shall be again
        self._unloading: _Unload | None = None
        self._refused: dict[Path, ExportRefusedError] = {}  # by folder of the export
        self._wishes: dict[Path, LoadWish] = {}  # of models that ran before, until the app ends
        self.running: ModelReady | None = None  #: what the engine said of the model loaded last

    @property
    def current(self) -> InstalledModel | None:
        """The model that is loaded, and not about to be replaced."""
        return self._current.model if self._current else None

    @property
    def wish(self) -> LoadWish:
        """How the model that is loaded was wanted."""
        return self._current.wish if self._current else LoadWish()

    @property
    def is_fallback(self) -> bool:
        """The model that is loaded took the place of one that could not be."""
        return self._current is not None and self._current.is_fallback

    @property
    def wanted(self) -> InstalledModel | None:
        """The model that is being loaded, else the one that is loaded."""
        return self._loading.choice.model if self._loading else self.current

    def load(
        self,
        model: InstalledModel,
        wish: LoadWish | None = None,
        *,
        otherwise: InstalledModel | None = None,
        keep: bool = False,
    ) -> None:
        """Load a model in place of the one before, which comes back if this fails.

        Without a wish it is loaded as it was before. `keep` has the wish hold at the next start.
        """
        if wish is None:
            choice = WantedModel(model, self._remembered(model))
        else:
            choice = WantedModel(model, wish, is_asked=True, is_kept=keep)
            if may_run_on_export(wish):  # which may have been made anew
                for folder in model.exports:
                    self._refused.pop(folder, None)
        back = None
        if otherwise is not None:
            back = WantedModel(otherwise, self._remembered(otherwise))
        if back is None and self._loading is not None:
            pending = self._loading.choice
            ran = self._wishes.get(pending.model.path) == pending.wish
            back = self._loading.otherwise or (pending if ran else None)
        self._begin(choice, self._current or self._aside or back)

    def keep(self, wish: LoadWish) -> None:
        """Have the model that is loaded loaded so from now on; it is what runs already."""
        if self._current is not None:
            self._current = replace(self._current, wish=wish)
            self._wishes[self._current.model.path] = wish
            self._settings.keep_precision(self._current.model.path, wish)

    def set_aside(self) -> None:
        """End the engine of the model that is loaded, after the answer that it gives."""
        assert self._current is not None, "nothing is loaded"
        self._aside, self._current = self._current, None
        self._unloading = _Unload(self)
        self._queue.submit(self._unloading)

    def bring_back(self) -> None:
        """Load the model that was set aside, if nothing took its place."""
        if self._aside is not None:
            self._begin(replace(self._aside, is_asked=False, is_kept=False), None)

    def _begin(
        self,
        choice: WantedModel,
        otherwise: WantedModel | None,
        tried: frozenset[_Attempt] = frozenset(),
    ) -> None:
        self._current = self._aside = None
        usable = replace(choice.model, exports=self._usable_exports(choice.model))
        request = choice.wish.request(usable, self._measurements)
        tried |= {self._attempt(choice)}
        self._loading = _Load(self, choice, otherwise, request, tried)
        self.began.emit(choice.model)
        self._queue.submit(self._loading)
        if self._unloading is not None:  # the load may have taken its place in the queue
            self.on_unloaded(self._unloading)

    def reloaded(self, event: ModelReady) -> None:
        """A fresh engine loaded the model again, after a crash."""
        self.running = event
        self._measurements.loaded(event)

    def refresh(self, models: Sequence[InstalledModel], written: Path) -> None:
        """The models are described anew: the one that is loaded may have another export.

        `written` is the folder that was written meanwhile.
        """
        self._refused.pop(written, None)
        for model in models:
            if self._current is not None and model.path == self._current.model.path:
                self._current = replace(self._current, model=model)

    def on_unloaded(self, unload: _Unload) -> None:
        """The engine has ended."""
        if unload is self._unloading:
            self._unloading = None
            self.made_room.emit()

    def on_progress(self, load: _Load, event: LoadProgress) -> None:
        """A load has come so far."""
        if load is self._loading:
            self.progressed.emit(event)

    def on_ready(self, load: _Load, event: ModelReady) -> None:
        """A load came to its end."""
        if load is not self._loading:
            return  # another model was chosen in the meantime
        self._loading = None
        self._current = load.choice
        self._wishes[load.choice.model.path] = load.choice.wish
        if load.choice.is_kept:
            self.keep(load.choice.wish)
        self.reloaded(event)
        self.ready.emit(load.choice.model, event)

    def on_failed(self, load: _Load, error: UserFacingError) -> None:
        """A load came to nothing."""
        if load is not self._loading:
            return
        self._loading = None
        choice = load.choice
        if isinstance(error, ExportRefusedError):
            exports = self._usable_exports(choice.model)
            named = [folder for folder in exports if str(folder) == error.facts["folder"]]
            self._refused.update(dict.fromkeys(named or exports, error))
        self.failed.emit(error, choice)
        if self._loading is not None:
            return
        for instead in alternatives(choice, error, load.otherwise, self._kept(choice.model)):
            if self._attempt(instead) not in load.tried:
                self._begin(instead, load.otherwise, load.tried)
                return
        self.lost.emit()

    def refused_exports(self, model: InstalledModel) -> Sequence[ExportRefusedError]:
        """Why exports of a model are left out until they are asked for."""
        return [self._refused[folder] for folder in model.exports if folder in self._refused]

    def _usable_exports(self, model: InstalledModel) -> tuple[Path, ...]:
        return tuple(folder for folder in model.exports if folder not in self._refused)

    def _attempt(self, choice: WantedModel) -> _Attempt:
        return (choice.model.path, choice.wish, self._usable_exports(choice.model))

    def _kept(self, model: InstalledModel) -> LoadWish:
        return self._settings.current.precisions.get(model.path, LoadWish())

    def _remembered(self, model: InstalledModel) -> LoadWish:
        """How a model ran before."""
        return self._wishes.get(model.path, self._kept(model))


class _Load:
    """A job of the queue."""

    def __init__(
        self,
        switcher: ModelSwitcher,
        choice: WantedModel,
        otherwise: WantedModel | None,
        request: LoadRequest,
        tried: frozenset[_Attempt],
    ) -> None:
        self._switcher = switcher
        self.choice = choice
        self.otherwise = otherwise
        self.request = request
        self.tried = tried

    def on_event(self, event: EngineEvent) -> None:
        if isinstance(event, LoadProgress):
            self._switcher.on_progress(self, event)
        elif isinstance(event, ModelReady):
            self._switcher.on_ready(self, event)

    def on_failed(self, error: UserFacingError) -> None:
        self._switcher.on_failed(self, error)

    def on_ended(self) -> None:
        """What there is to say was said."""


class _Unload:
    """A job of the queue."""

    request = UnloadRequest()

    def __init__(self, switcher: ModelSwitcher) -> None:
        self._switcher = switcher

    def on_event(self, event: EngineEvent) -> None:
        """There are none."""

    def on_failed(self, error: UserFacingError) -> None:
        """An engine that is gone needs no unloading."""

    def on_ended(self) -> None:
        self._switcher.on_unloaded(self)
