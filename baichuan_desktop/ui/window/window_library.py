"""The page of models in the window: what it is told, and who does what a person asks for there."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop.services.library.registry import InstalledModel, Listed
from baichuan_desktop.services.library.rows.looking import look_at_listed
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.library.page import LibraryPage
from baichuan_desktop.ui.library.removing import Removing
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_library import ModelLibrary
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.window.bars.top_bar import TopBar
from baichuan_desktop.ui.window.commands.menus import Menus
from baichuan_desktop.ui.window.dialogs import Dialogs
from baichuan_desktop.ui.window.window_pages import Page, WindowPages
from baichuan_desktop.workers.background_task import BackgroundTask
from baichuan_desktop.workers.model_looks import ModelLooks
from baichuan_desktop.workers.trash import move_to_trash
from baichuan_desktop.workers.watches.drive_watch import DriveWatch


@dataclass(frozen=True, slots=True)
class LibraryParts:
    """What is joined with the page."""

    library: ModelLibrary
    switcher: ModelSwitcher
    jobs: JobController
    dialogs: Dialogs
    pages: WindowPages
    menus: Menus
    top_bar: TopBar


class WindowLibrary(QObject):
    """Joins the page with the pages, the list of models and the model that is loaded.

    Signals:
        failed: a UserFacingError to show.
    """

    failed = Signal(object)

    def __init__(
        self, parts: LibraryParts, services: AppServices, theme: Theme, window: QWidget
    ) -> None:
        """The pages get the page of models."""
        super().__init__(window)
        self._store, self._last_used = services.store, services.last_used
        self._switcher, self._pages = parts.switcher, parts.pages
        self.page = page = LibraryPage(theme)
        self.looks = ModelLooks(partial(look_at_listed, manifests=services.manifests), self)
        self.removing = Removing(services.store, move_to_trash, window)
        self._pages.add(Page.MODELS, page, page.list, parts.menus.models_page)
        self._pages.shown.connect(self._on_shown)
        parts.top_bar.picker.library_requested.connect(self.show)
        parts.library.listed.connect(self._refresh)
        parts.jobs.ended.connect(self._refresh)  # it may have verified or brought a model
        self.looks.looked.connect(page.set_states)
        self.drives = DriveWatch(self)
        self.looks.looked.connect(self.drives.note)
        parts.library.listed.connect(self._forget_drives)
        self.drives.returned.connect(self._look)
        picker = parts.top_bar.picker
        picker.list_opening.connect(self._look)  # not before: a start looks at no model
        self.looks.looked.connect(picker.set_states)
        switcher = self._switcher
        for changed in (switcher.began, switcher.ready, switcher.lost, switcher.adapter_changed):
            changed.connect(self._show_loaded)
        self._switcher.ready.connect(self._note_use)
        page.left.connect(self._pages.show_chat)
        page.load_requested.connect(self._load)
        page.rename_requested.connect(parts.dialogs.ask_for_name_of)
        page.remove_requested.connect(self.removing.ask)
        self.removing.removed.connect(parts.library.tell_listed)
        self.removing.failed.connect(self.failed)

    @Slot()
    def show(self) -> None:
        """Show the page of models."""
        self._pages.show(Page.MODELS)

    def find(self) -> bool:
        """Begin to search the models, if their page is shown; whether it is."""
        is_shown = self._pages.current is Page.MODELS
        if is_shown:
            self.page.focus_search()
        return is_shown

    @Slot(object)
    def _on_shown(self, _page: Page) -> None:
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        """Look at everything again, while somebody sees it."""
        if self._pages.current is not Page.MODELS:
            return
        models, adapters = self._store.models, self._store.adapters
        self.page.show_policy(off_here(Feature.IMPORT))
        self.page.set_models(models, self._store.variants, adapters)
        self._show_loaded()
        self._look()
        task = BackgroundTask(self._last_used.all, self)
        task.succeeded.connect(self._on_last_used)
        task.start()

    @Slot()
    def _look(self) -> None:
        self.looks.ask(self._listed)

    @property
    def _listed(self) -> Sequence[Listed]:
        return (*self._store.models, *self._store.adapters)

    @Slot()
    def _forget_drives(self) -> None:
        self.drives.forget_others(self._listed)

    @Slot(object)
    def _on_last_used(self, last_used: Mapping[str, datetime.datetime]) -> None:
        self.page.set_last_used(last_used)

    @Slot()
    def _show_loaded(self) -> None:
        model = self._switcher.wanted
        adapter = None if model is None else self._switcher.adapter_of(model)
        self.page.set_loaded(model, adapter)

    @Slot(object)
    def _note_use(self, model: InstalledModel) -> None:
        BackgroundTask(partial(self._last_used.note, model.id), self).start()

    @Slot(object)
    def _load(self, one: Listed) -> None:
        self._pages.show_chat()
        if isinstance(one, InstalledModel):
            self._switcher.load(one)
            return
        store = self._store
        models = (self._switcher.wanted, store.of_id(one.base), *store.models)
        bases = (model for model in models if model is not None and one in store.adapters_of(model))
        if (base := next(bases, None)) is not None:
            self._switcher.use_adapter(base, one.path)
