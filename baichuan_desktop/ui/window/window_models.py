"""Models in the window: how they are found, listed and loaded, and what keeps them from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import NotAdmittedError
from backends.policy.site_policy import off_here, site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.services.jobs.model_files.relocating import relocate_job
from baichuan_desktop.services.jobs.model_files.verifying import verify_job
from baichuan_desktop.services.library.integrity.values import Verification
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.ui.acquiring.acquiring import Acquiring
from baichuan_desktop.ui.acquiring.dropping import Dropping
from baichuan_desktop.ui.acquiring.offer_bar import OfferBar
from baichuan_desktop.ui.acquiring.unfinished import UnfinishedNotice
from baichuan_desktop.ui.admission.admitting import Admitting, Gate, Refusal
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.library.page import LibraryPage
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.error_presenter import ErrorPresenter
from baichuan_desktop.ui.models.list_watcher import ListWatcher
from baichuan_desktop.ui.models.model_library import ModelLibrary
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.picker.model_picker import ModelPicker
from baichuan_desktop.ui.window.bars.status import WindowStatus
from baichuan_desktop.ui.window.commands.menus import Menus
from baichuan_desktop.ui.window.dialogs import Dialogs
from baichuan_desktop.ui.window.window_pages import Page, WindowPages

_LEAST_HEIGHT = 480  # pixels of a window in which something is offered


@dataclass(frozen=True, slots=True)
class ModelParts:
    """What is joined."""

    switcher: ModelSwitcher
    library: ModelLibrary
    picker: ModelPicker
    jobs: JobController
    dialogs: Dialogs
    menus: Menus
    status: WindowStatus
    pages: WindowPages


class WindowModels(QObject):
    """Joins who finds, lists, verifies and loads models with the menus, and with what says it."""

    def __init__(
        self, parts: ModelParts, services: AppServices, theme: Theme, window: QWidget
    ) -> None:
        super().__init__(window)
        self._parts, self._services = parts, services
        self._more_bars: list[OfferBar] = []
        self._verifying: dict[JobRecord, Refusal] = {}  # loads that wait for a job
        self._relocating: dict[JobRecord, Path] = {}  # where each lies until its job is done
        gate = Gate(services.store, services.acceptances, services.manifests, site_policy)
        self.admitting = Admitting(gate, window)
        self.errors = ErrorPresenter(
            parts.switcher, services.precisions, self.admitting, theme, window
        )
        self.lists = ListWatcher(services.store.files, self)
        self.acquiring = Acquiring(services, parts.jobs, theme, window)
        self.unfinished = UnfinishedNotice(theme)
        self.dropping = Dropping(theme, window)
        self._connect_list()
        self._connect_loads()
        self._connect_acquiring()
        self.show_policy()
        self._window, self.theme = window, theme
        window.installEventFilter(self)
        parts.pages.shown.connect(self._give_room)
        theme.changed.connect(self._give_room)

    @property
    def bars(self) -> Sequence[OfferBar]:
        """What is offered under the top bar."""
        return (self.unfinished, *self._more_bars)

    def add_bar(self, bar: OfferBar) -> None:
        """Offer something more there."""
        self._more_bars.append(bar)

    @property
    def tab_order(self) -> Sequence[QWidget]:
        """What of the bars can have the keyboard, as one reads."""
        return [widget for bar in self.bars for widget in bar.tab_order]

    @Slot()
    def _give_room(self) -> None:
        """Offer things over the chat alone, and not where a low window needs all its height."""
        is_high = self._window.height() >= self.theme.px(_LEAST_HEIGHT)
        for bar in self.bars:
            bar.give_room(is_high and self._parts.pages.current is Page.CHAT)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Hear of the window's size."""
        if event.type() is QEvent.Type.Resize:
            self._give_room()
        return False

    def _connect_list(self) -> None:
        """Join the list of models with what shows it, and with what changes it."""
        parts = self._parts
        library, picker, dialogs = parts.library, parts.picker, parts.dialogs
        library.listed.connect(picker.set_models)
        library.unkept.connect(parts.status.show_unkept)
        library.failed.connect(self.errors.show)
        library.away.connect(parts.status.show_failed_load)
        library.problems_found.connect(self.errors.show_all)
        picker.list_opening.connect(self.lists.look)
        self.lists.changed.connect(library.look_again)
        parts.menus.open_folder.triggered.connect(dialogs.ask_for_folder)
        picker.open_requested.connect(dialogs.ask_for_folder)
        picker.rename_requested.connect(dialogs.ask_for_name)
        dialogs.folder_chosen.connect(library.open_folder)
        dialogs.renamed.connect(library.tell_listed)

    def _connect_loads(self) -> None:
        """Join what is loaded, and what is not, with who is asked and told."""
        parts = self._parts
        switcher, errors, jobs = parts.switcher, self.errors, parts.jobs
        picker, status, menus = parts.picker, parts.status, parts.menus
        picker.chosen.connect(switcher.load)
        switcher.began.connect(picker.show_loading)
        switcher.began.connect(status.show_loading)
        switcher.ready.connect(picker.show_loaded)
        switcher.ready.connect(menus.show_loaded)
        switcher.stepped_aside.connect(status.show_set_aside)
        for show_none in (picker.show_no_model, status.show_no_model, menus.show_no_model):
            switcher.lost.connect(show_none)
        switcher.failed.connect(errors.show_of_load)
        switcher.failed_meanwhile.connect(status.show_failed_load)
        errors.load_requested.connect(switcher.load_wanted)
        errors.again_requested.connect(switcher.load_again)
        jobs.load_requested.connect(switcher.load_wanted)
        jobs.ended.connect(self._on_job_ended)
        jobs.failed.connect(errors.show)
        self.admitting.verify_requested.connect(self._verify_refused)
        menus.licence.triggered.connect(self._show_licence)
        menus.verify.triggered.connect(self._verify_loaded)

    def _connect_acquiring(self) -> None:
        """Join what brings models here with who asks for it."""
        menus, acquiring = self._parts.menus, self.acquiring
        for menu in (menus.folded, menus.models):  # of the bar, only the second is opened
            menu.aboutToShow.connect(self.show_policy)
        menus.find_models.triggered.connect(acquiring.find)
        menus.import_model.triggered.connect(acquiring.choose_folder)
        menus.get_model.triggered.connect(acquiring.get)
        self.unfinished.continue_requested.connect(acquiring.go_on)
        self.unfinished.delete_requested.connect(acquiring.delete)
        acquiring.unfinished.connect(self.unfinished.show_unfinished)
        acquiring.failed.connect(self.errors.show)
        acquiring.begun.connect(self._show_jobs)

    def listen_to(self, page: LibraryPage) -> None:
        """Do what is asked for on the page of models."""
        page.find_requested.connect(self.acquiring.find)
        page.get_requested.connect(self.acquiring.get_variant)
        page.import_requested.connect(self.acquiring.choose_folder)
        page.verify_requested.connect(self.verify)

    @Slot()
    def show_policy(self) -> None:
        """Offer what the policy of this machine allows; the rest says who turned it off."""
        self._parts.menus.show_import(off_here(Feature.IMPORT))

    # --- licences and verifying -------------------------------------------------------------------

    @Slot()
    def _show_licence(self) -> None:
        model = self._parts.switcher.current
        if model is not None:
            self.admitting.show_licence(model)

    @Slot()
    def _verify_loaded(self) -> None:
        model = self._parts.switcher.current
        if model is not None:
            self.verify(model)

    @Slot(object)
    def verify(self, model: Listed) -> None:
        """Verify a model's files, as a job beside the chat."""
        self._verify(model)
        self._show_jobs()

    @Slot(object, object)
    def _verify_refused(self, model: Listed, refusal: Refusal) -> None:
        """The same for a model that is not loaded until then."""
        self._verifying[self._verify(model)] = refusal
        self._show_jobs()

    def _verify(self, model: Listed) -> JobRecord:
        return self._parts.jobs.add(verify_job(self._services.manifests, model))

    @Slot(object, object)
    def relocate(self, models: Sequence[Listed], model_folder: Path) -> None:
        """Have models that the app copied lie in another model folder: each is a job."""
        services = self._services
        for one in models:
            job = relocate_job(services.store, services.manifests, one, model_folder)
            self._relocating[self._parts.jobs.add(job)] = one.path
        self._show_jobs()

    @Slot()
    def _show_jobs(self) -> None:
        self._parts.pages.show(Page.JOBS)

    # --- what comes of jobs -----------------------------------------------------------------------

    @Slot(object)
    def _on_job_ended(self, record: JobRecord) -> None:
        refusal = self._verifying.pop(record, None)
        found = record.result.found if record.result is not None else None
        before = self._relocating.pop(record, None)
        if before is not None and isinstance(found, Listed):
            self._services.settings.relocate(before, found.path)
        if isinstance(found, Listed):
            self._parts.library.tell_listed()
        is_seen = self._parts.pages.current is Page.JOBS
        is_news = isinstance(found, Listed | Verification) and not is_seen
        if is_news and record.result is not None:
            self._parts.status.notice_until_read(partial(texts.result, record.result))
        if refusal is not None and record.state is JobState.DONE:
            refusal.again()  # what failed once more is asked about once more
        if isinstance(record.error, NotAdmittedError):
            self.errors.ask(record.error, partial(self._add_again, record))

    def _add_again(self, record: JobRecord) -> None:
        self._parts.jobs.add(record.job)
