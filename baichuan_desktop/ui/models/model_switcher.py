"""Loading models one instead of the other, and going back where a new one cannot be loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import (
    AdapterError,
    EngineEndedError,
    ExportRefusedError,
    NotAdmittedError,
    UserFacingError,
)
from backends.events import AdapterInUse, EngineEvent, Finished, LoadProgress, ModelReady
from backends.protocol.engine_requests import UnloadRequest
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.fallback import (
    WantedModel,
    alternatives,
    may_run_on_export,
)
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.models.switching.adapter_switch import AdapterSwitch
from baichuan_desktop.ui.models.switching.loads import Attempt, Load
from baichuan_desktop.ui.models.switching.refused import RefusedExports
from baichuan_desktop.ui.models.switching.wishes import Wishes
from baichuan_desktop.workers.engine_worker import EngineWorker


class ModelSwitcher(QObject):
    """Loads a model in place of another, and knows which one is loaded and which is wanted.

    Signals:
        chosen: a load is asked for, not only a model that comes back or stands in for another.
        began: loading of an InstalledModel.
        progressed: a LoadProgress of it.
        ready: the InstalledModel that is loaded now, and its ModelReady.
        described: the model that is loaded has another name or another export: the InstalledModel
            as it is now, and its ModelReady.
        failed: the UserFacingError for which a model could not be loaded, and its WantedModel.
        failed_meanwhile: the same of a load in whose place another was asked for.
        lost: no model is loaded, nor will be until one is chosen.
        adapter_changed: the model that is loaded answers with another adapter, or without one: the
            InstalledModel, and its ModelReady as it is now.
        adapter_failed: the UserFacingError for which it answers without an adapter.
        adapter_settled: no adapter is being changed any more.
        stepped_aside: the model that was loaded makes room, and comes back by itself.
        settled: no model is being loaded or unloaded any more.
    """

    chosen = Signal()
    began = Signal(object)
    progressed = Signal(object)
    ready = Signal(object, object)
    described = Signal(object, object)
    failed = Signal(object, object)
    failed_meanwhile = Signal(object, object)
    lost = Signal()
    adapter_changed = Signal(object, object)
    adapter_failed = Signal(object)
    adapter_settled = Signal()
    stepped_aside = Signal()
    settled = Signal()

    def __init__(
        self,
        worker: EngineWorker,
        precisions: Precisions,
        settings: SettingsFile,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._measurements = precisions.measurements
        self._wishes = Wishes(settings)
        self._loading: Load | None = None
        self._superseded: dict[int, WantedModel] = {}  # by request, until that has ended
        self._current: WantedModel | None = None
        self._aside: WantedModel | None = None  # was loaded, and shall be again
        self.is_asleep = False  #: it is set aside until somebody asks it something
        self.keeps_aside = False  #: what it made room for goes on, whatever jobs end meanwhile
        self._unloading: int | None = None  # id of the request
        self._adapters = AdapterSwitch(worker, self)
        self._adapters.changed.connect(self._take_adapter)
        self._adapters.failed.connect(self.adapter_failed)
        self._adapters.ended.connect(self.adapter_settled)
        self._refused = RefusedExports()
        self.running: ModelReady | None = None  #: what the engine said of the model loaded last
        worker.produced.connect(self._on_event)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)

    @property
    def loaded(self) -> WantedModel | None:
        """The model that is loaded, and not about to be replaced, and how it was wanted."""
        return self._current

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
        """Whether the model that is loaded took the place of one that could not be."""
        return self._current is not None and self._current.is_fallback

    @property
    def wanted(self) -> InstalledModel | None:
        """The model that is being loaded, else the one that is loaded."""
        return self._loading.wanted.model if self._loading else self.current

    @property
    def is_settled(self) -> bool:
        """Whether no model is being loaded or unloaded."""
        return self._loading is None and self._unloading is None

    @property
    def is_changing_adapter(self) -> bool:
        """Whether the model that is loaded is about to answer with another adapter."""
        return self._adapters.is_pending

    def adapter_of(self, model: InstalledModel) -> Path | None:
        """The folder of the adapter that a model answers with, will, or did when it ran last."""
        is_current = self._current is not None and self._current.model.path == model.path
        if is_current and self._adapters.is_pending:
            return self._adapters.wanted
        return self._wish_of(model).adapter

    def _wish_of(self, model: InstalledModel) -> LoadWish:
        """How a model is wanted that is being loaded or loaded; how another one ran before."""
        wanted = self._loading.wanted if self._loading is not None else self._current
        is_wanted = wanted is not None and wanted.model.path == model.path
        return wanted.wish if wanted is not None and is_wanted else self._wishes.of(model)

    @property
    def aside(self) -> ModelReady | None:
        """What the engine said of the model that was set aside; None where none was."""
        return self.running if self._aside is not None and not self.is_asleep else None

    @Slot(object)
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
            wanted = WantedModel(model, self._wishes.of(model))
        else:
            wanted = WantedModel(model, wish, is_asked=True, is_kept=keep)
            if may_run_on_export(wish):  # which may have been made anew
                self._refused.forget(model.exports)
        back = None
        if otherwise is not None:
            back = WantedModel(otherwise, self._wishes.of(otherwise))
        if back is None and self._loading is not None:
            pending = self._loading.wanted
            ran = self._wishes.has_run(pending.model, pending.wish)
            back = self._loading.otherwise or (pending if ran else None)
        self.chosen.emit()
        self._begin(wanted, self._current or self._aside or back)

    def load_instead(self, model: InstalledModel) -> None:
        """Load a model that nobody asked for, because another one is not here."""
        self._begin(WantedModel(model, self._wishes.of(model), is_fallback=True), None)

    @Slot(object)
    def load_wanted(self, wanted: WantedModel) -> None:
        """Load what somebody proposed, who says nothing of threads and adapter: they are kept."""
        wish, current = wanted.wish, self._current
        if current is not None and current.model.path == wanted.model.path:
            wish = self.with_own(wish)
        self.load(wanted.model, wish, keep=wanted.is_kept)

    def with_own(self, wish: LoadWish) -> LoadWish:
        """A wish for the model that is loaded, with its threads, and its adapter if it can be."""
        if (current := self._current) is None:
            return wish
        is_export = wish.precision is not None and wish.precision.is_onnx
        adapter = None if is_export else self.adapter_of(current.model)
        return replace(wish, threads=current.wish.threads, adapter=adapter)

    @Slot(object)
    def load_again(self, wanted: WantedModel) -> None:
        """Load what was refused before, exactly as it was wanted then."""
        self.chosen.emit()
        self._begin(wanted, self._current or self._aside)

    @Slot(object)
    def use_threads(self, threads: int | None) -> None:
        """Load the model again with another number of threads; None: what the app chooses."""
        if (current := self._current) is not None and threads != current.wish.threads:
            self.load(current.model, replace(current.wish, threads=threads), keep=True)

    def use_adapter(self, model: InstalledModel, adapter: Path | None) -> None:
        """Have a model answer with the adapter of a folder, or without one, from now on.

        The model that is loaded goes on, unless it runs on an export; another one is loaded.
        """
        current = self._current
        is_on_export = self.running is not None and self.running.precision.is_onnx
        if current is None or current.model.path != model.path:
            self.load(model, replace(self._wish_of(model), adapter=adapter), keep=True)
        elif adapter is not None and is_on_export:  # whose weights cannot be changed
            self.load(model, replace(current.wish, adapter=adapter, precision=None), keep=True)
        elif adapter != self.adapter_of(model):
            self._adapters.ask(adapter)
        else:
            self._wishes.keep_adapter(model, adapter)

    @Slot(object, object)
    def _take_adapter(self, folder: Path | None, in_use: AdapterInUse | None) -> None:
        """Take note of the adapter, and keep it: how the model is kept is otherwise as it was."""
        self._note_adapter(folder, in_use)
        if self._current is not None:
            self._wishes.keep_adapter(self._current.model, folder)

    def _note_adapter(self, folder: Path | None, in_use: AdapterInUse | None) -> None:
        current, running = self._current, self.running
        if current is None or running is None:
            return
        self._current = replace(current, wish=replace(current.wish, adapter=folder))
        self._wishes.note(current.model, self._current.wish)
        self.running = replace(running, adapter=in_use)
        self.adapter_changed.emit(current.model, self.running)

    @Slot()
    def lose_adapter(self) -> None:
        """Take note that, after a crash, the model answers without its adapter; it stays kept."""
        if not self._adapters.is_pending:
            self._note_adapter(None, None)

    def keep(self, wish: LoadWish) -> None:
        """Have the model that is loaded loaded so from now on; it is what runs already."""
        if self._current is not None:
            self._current = replace(self._current, wish=wish)
            self._wishes.keep(self._current.model, wish)

    def set_aside(self, *, asleep: bool = False) -> None:
        """End the engine of the model that is loaded, after the answer that it gives.

        One that sleeps comes back by `wake` alone.
        """
        self.is_asleep = asleep
        assert self._current is not None, "nothing is loaded"
        if self._adapters.is_pending:
            wish = replace(self._current.wish, adapter=self._adapters.wanted)
            self._current = replace(self._current, wish=wish)
            self._adapters.forget()
        self._aside, self._current = self._current, None
        self._unloading = self._worker.start_instead(UnloadRequest())
        self.stepped_aside.emit()

    def bring_back(self) -> None:
        """Load the model that was set aside, unless something took its place, or its memory."""
        if self._aside is not None and not self.is_asleep and not self.keeps_aside:
            self._begin(replace(self._aside, is_asked=False, is_kept=False), None)

    def wake(self) -> None:
        """Load the model that sleeps."""
        if self.is_asleep:
            self.is_asleep = False
            self.bring_back()

    def _begin(
        self,
        wanted: WantedModel,
        otherwise: WantedModel | None,
        tried: frozenset[Attempt] = frozenset(),
    ) -> None:
        still = self._current if self.is_settled else None
        self._current = self._aside = None
        self.is_asleep = False
        self._adapters.forget()
        if self._loading is not None:
            self._superseded[self._loading.request_id] = self._loading.wanted
        usable = replace(wanted.model, exports=self._refused.usable(wanted.model))
        request = wanted.wish.request(usable, self._measurements)
        request_id = self._worker.start_instead(request)
        self._loading = Load(request_id, wanted, otherwise, tried | {self._attempt(wanted)}, still)
        self.began.emit(wanted.model)

    @Slot(object)
    def reloaded(self, event: ModelReady) -> None:
        """Take note that a fresh engine loaded the model again, after a crash."""
        self.running = event
        self._measurements.loaded(event)

    @Slot(object)
    def answered(self, finished: Finished) -> None:
        """Remember how fast the model is, as an answer that has ended tells."""
        if self.running is not None:
            self._measurements.answered(self.running, finished)

    def refresh(self, models: Sequence[InstalledModel], written: Path) -> None:
        """Take the models as they are described now; the loaded one may have another export.

        `written` is the folder that was written meanwhile.
        """
        self._refused.forget([written])
        self.describe(models)

    def describe(self, models: Sequence[InstalledModel]) -> None:
        """Take the models as they are described now: with another name, or another export."""
        for model in models:
            current = self._current
            if current is None or model.path != current.model.path or model == current.model:
                continue
            self._current = replace(current, model=model)
            if self.running is not None:
                self.described.emit(model, self.running)

    @Slot(object, int)
    def _on_event(self, event: EngineEvent, request_id: int) -> None:
        load = self._loading
        if load is None or load.request_id != request_id:
            return  # an answer's, or another model was chosen in the meantime
        match event:
            case LoadProgress():
                self.progressed.emit(event)
            case ModelReady():
                self._loading = None
                self._current = load.wanted
                self._wishes.note(load.wanted.model, load.wanted.wish)
                if load.wanted.is_kept:
                    self.keep(load.wanted.wish)
                self.reloaded(event)
                self.ready.emit(load.wanted.model, event)
                self._tell_if_settled()

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, request_id: int) -> None:
        load = self._loading
        if load is None or load.request_id != request_id:
            superseded = self._superseded.get(request_id)
            # An engine that was ended for the other load is no failure of this one.
            if superseded is not None and not isinstance(error, EngineEndedError):
                self.failed_meanwhile.emit(error, superseded)
            elif isinstance(error, AdapterError):
                self.lose_adapter()
            return
        self._loading = None
        wanted = load.wanted
        if isinstance(error, ExportRefusedError):
            self._refused.note(wanted.model, error)
        self.failed.emit(error, wanted)
        if self._loading is not None:
            return
        if isinstance(error, NotAdmittedError) and load.still is not None and self.running:
            self._current = load.still
            self.ready.emit(load.still.model, self.running)
            self._tell_if_settled()
            return
        for instead in alternatives(wanted, error, load.otherwise, self._wishes.kept(wanted.model)):
            if self._attempt(instead) not in load.tried:
                self._begin(instead, load.otherwise, load.tried)
                return
        self.lost.emit()
        self._tell_if_settled()

    @Slot(int)
    def _on_ended(self, request_id: int) -> None:
        self._superseded.pop(request_id, None)
        if request_id == self._unloading:
            self._unloading = None
            self._tell_if_settled()

    def _tell_if_settled(self) -> None:
        if self.is_settled:
            self.settled.emit()

    def refused_exports(self, model: InstalledModel) -> Sequence[ExportRefusedError]:
        """Why exports of a model are left out until they are asked for."""
        return self._refused.of(model)

    def _attempt(self, wanted: WantedModel) -> Attempt:
        return (wanted.model.path, wanted.wish, self._refused.usable(wanted.model))
