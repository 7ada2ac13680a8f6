"""The adapters of the window: joins who lists, chooses and switches them with what names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from backends.events import ModelReady
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.acquiring.acquiring import Acquiring
from baichuan_desktop.ui.acquiring.dropping import Dropping
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.error_presenter import ErrorPresenter
from baichuan_desktop.ui.models.model_library import ModelLibrary
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.picker.model_picker import ModelPicker
from baichuan_desktop.ui.models.picker.offered import AdaptersOffered
from baichuan_desktop.ui.window.adapters.adding import AddingAdapters
from baichuan_desktop.ui.window.adapters.refusals import refused_here
from baichuan_desktop.ui.window.bars.status import WindowStatus
from baichuan_desktop.ui.window.commands.menus import Menus
from baichuan_desktop.workers.background_task import BackgroundTask


@dataclass(frozen=True, slots=True)
class AdapterParts:
    """What is joined."""

    switcher: ModelSwitcher
    library: ModelLibrary
    controller: ChatController
    picker: ModelPicker
    menus: Menus
    status: WindowStatus
    errors: ErrorPresenter
    dropping: Dropping
    acquiring: Acquiring


class WindowAdapters(QObject):
    """Has adapters listed under their models, switched, added, and named in the conversation."""

    def __init__(self, parts: AdapterParts, store: ModelStore, window: QWidget) -> None:
        super().__init__(window)
        self._parts, self._store = parts, store
        self._refused: Mapping[Path, UserFacingError] = {}  # by the policy of this machine
        self._looking = 0  # id of the task that asks the policy
        self.adding = AddingAdapters(store, window)
        switcher, picker, library = parts.switcher, parts.picker, parts.library
        picker.adapters = AdaptersOffered(
            store.adapters_of, switcher.adapter_of, lambda one: self._refused.get(one.path)
        )
        picker.adapter_chosen.connect(switcher.use_adapter)
        picker.list_opening.connect(self._ask_policy)
        library.listed.connect(self._ask_policy)
        switcher.adapter_changed.connect(picker.show_loaded)
        switcher.adapter_changed.connect(self._say_notes)
        switcher.ready.connect(self._say_notes)
        switcher.adapter_failed.connect(parts.errors.show)
        parts.menus.add_adapter.triggered.connect(self.adding.choose_folder)
        parts.dropping.dropped.connect(self.adding.take)
        self.adding.others_dropped.connect(parts.acquiring.import_folders)
        self.adding.failed.connect(parts.errors.show)
        self.adding.added.connect(self._on_added)
        library.adapter_opened.connect(self._on_added)
        parts.controller.desk.adapter_name = self._kept_name
        parts.controller.source.shown_adapter = self._shown_name

    # --- names ----------------------------------------------------------------------------------

    def _kept_name(self, folder: Path) -> str:
        """The name that is kept with answers; of a folder that is not listed, its own."""
        names = (one.shown_name.en for one in self._store.adapters if one.path == folder)
        return next(names, folder.name)

    def _shown_name(self, kept: str) -> str:
        """An adapter's name in the language of the window; as it was kept where it is gone."""
        names = {one.shown_name.en: model_texts.name(one) for one in self._store.adapters}
        return names.get(kept, kept)

    @Slot(object, object)
    def _say_notes(self, _model: InstalledModel, ready: ModelReady) -> None:
        """Say what of an adapter is not used, or could not be checked."""
        if ready.adapter is not None and ready.adapter.notes:
            notes = ready.adapter.notes
            self._parts.status.notice(lambda: " ".join(map(error_texts.sentence, notes)))

    # --- the policy -------------------------------------------------------------------------------

    @Slot()
    def _ask_policy(self) -> None:
        task = BackgroundTask(partial(refused_here, self._store.adapters), self)
        task.succeeded.connect(self._on_asked)
        self._looking = task.start()

    @Slot(object, int)
    def _on_asked(self, refused: Mapping[Path, UserFacingError], task_id: int) -> None:
        if task_id == self._looking and list(refused) != list(self._refused):
            self._refused = refused
            self._parts.picker.set_models(self._store.models)

    # --- adding -----------------------------------------------------------------------------------

    @Slot(object)
    def _on_added(self, adapter: InstalledAdapter) -> None:
        """List it, and use it at once where its model is loaded, as a model that is opened is."""
        self._parts.library.tell_listed()
        current = self._parts.switcher.current
        if current is not None and any(
            one.path == adapter.path for one in self._store.adapters_of(current)
        ):
            self._parts.switcher.use_adapter(current, adapter.path)
        else:
            self._parts.status.notice_until_read(partial(self._listed_text, adapter))

    def _listed_text(self, adapter: InstalledAdapter) -> str:
        base = self._store.of_id(adapter.base)
        text = self.tr("The adapter “{name}” is listed under {model}")
        return text.format(
            name=model_texts.name(adapter),
            model=adapter.base if base is None else model_texts.name(base),
        )
