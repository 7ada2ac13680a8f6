"""From what a person asks for to the jobs that bring models into the library."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QDialog, QWidget

from backends.errors import UserFacingError
from backends.files.small_files import is_folder
from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop.services.getting.values import Getting
from baichuan_desktop.services.getting.ways import ways_to_get
from baichuan_desktop.services.jobs.model_files.importing import import_job
from baichuan_desktop.services.library.finding.known_places import known_places
from baichuan_desktop.services.library.finding.search import find, recognise
from baichuan_desktop.services.library.finding.values import Place
from baichuan_desktop.services.library.importing.model_folders import model_folders, with_folder
from baichuan_desktop.services.library.importing.planning import plan_import
from baichuan_desktop.services.library.importing.unfinished import (
    discard,
    resume_plan,
    unfinished,
)
from baichuan_desktop.services.library.importing.values import (
    ImportPlan,
    ModelFolder,
    Unfinished,
    Way,
)
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.ui.acquiring.finding.find_dialog import FindDialog, Search
from baichuan_desktop.ui.acquiring.getting.get_dialog import GetDialog
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.background_task import BackgroundTask

_AFTER_START_MS = 500
_UNSEEN_MS = 300  # a folder that is recognised sooner is asked about at once


class Acquiring(QObject):
    """Opens the dialogs, one at a time, and has the jobs done that were chosen in them.

    What the policy of this machine turned off is said, and nothing else is done.

    Signals:
        begun: jobs were begun.
        unfinished: the Unfinisheds that were found at the start.
        failed: a UserFacingError to show.
    """

    begun = Signal()
    unfinished = Signal(object)
    failed = Signal(object)

    def __init__(
        self, services: AppServices, jobs: JobController, theme: Theme, window: QWidget
    ) -> None:
        super().__init__(window)
        self._services = services
        self._jobs = jobs
        self._theme = theme
        self._window = window
        self.dialog: QDialog | None = None  #: the one that is open
        self._sources: dict[Path, Path] = {}  # of the imports that were begun, by their targets

    # --- models that are here ---------------------------------------------------------------------

    @Slot()
    def find(self) -> None:
        """Ask where models shall be looked for; nothing is read before the person says so."""
        if self._may_import():
            dialog = self._find_dialog()
            dialog.show_places()
            dialog.show()

    @Slot()
    def choose_folder(self) -> None:
        """Have the person choose a folder to import."""
        if self._may_import():
            folder = choose_folder(self._window, self.tr("Import a model folder"))
            if folder is not None:
                self.import_folders([folder])

    @Slot(object)
    def import_folders(self, paths: Sequence[Path]) -> None:
        """Ask how the models in these folders, or of these files, shall come into the library.

        A folder above a model stands for it, and so does one below it.
        """
        if not self._may_import():
            return
        dialog = self._find_dialog()
        dialog.examine(partial(_recognised, self._services.store, paths))
        QTimer.singleShot(_UNSEEN_MS, dialog, dialog.show_if_open)

    def _find_dialog(self) -> FindDialog:
        services = self._services
        search = Search(
            places=self._places,
            find=lambda folders, cancel: find(services.store, folders, cancel=cancel),
            plan=partial(plan_import, services.store),
            folders=self._folders,
        )
        names = {variant.id: variant.name for variant in services.store.variants}
        dialog = FindDialog(search, names, self._theme, self._window)
        dialog.begun.connect(self._begin)
        dialog.failed.connect(self.failed)
        self._open(dialog)
        return dialog

    def _places(self) -> Sequence[tuple[Place, Path]]:
        """Where models may lie, the folders that imports go into among them."""
        own = (*self._services.settings.current.model_folders, self._services.model_folder)
        return [(one.place, one.folder) for one in known_places(own)]

    def _folders(self) -> Sequence[ModelFolder]:
        chosen = self._services.settings.current.model_folders
        return model_folders(chosen, self._services.model_folder)

    @Slot(object)
    def _begin(self, plans: Sequence[ImportPlan]) -> None:
        for plan in plans:
            self._add(self._apart(plan))
        written = [plan.target.parent for plan in plans if plan.way is not Way.LINK]
        folders = self._folders_with(written)
        if folders != self._services.settings.current.model_folders:
            self._services.settings.change(model_folders=folders)

    def _folders_with(self, written: Sequence[Path]) -> tuple[Path, ...]:
        """The folders that a person chose: one that was taken now comes first the next time."""
        chosen = self._services.settings.current.model_folders
        is_own = bool(written) and written[0] == self._services.model_folder
        if not written or (is_own and not chosen):
            return chosen
        return with_folder(chosen, written[0])

    def _apart(self, plan: ImportPlan) -> ImportPlan:
        """A plan with a target that no earlier one has, whose import may not have begun."""
        if (
            plan.way is Way.LINK
            or self._sources.setdefault(plan.target, plan.source) == plan.source
        ):
            return plan
        names = (plan.target.with_name(f"{plan.target.name}-{n}") for n in itertools.count(2))
        target = next(one for one in names if one not in self._sources)
        self._sources[target] = plan.source
        return replace(plan, target=target)

    def _add(self, plan: ImportPlan) -> None:
        self._jobs.add(import_job(self._services.store, self._services.manifests, plan))
        self.begun.emit()

    def _may_import(self) -> bool:
        error = off_here(Feature.IMPORT)
        if error is not None:
            self.failed.emit(error)
        return error is None

    # --- imports that were ended ------------------------------------------------------------------

    def look_for_unfinished(self) -> None:
        """Find out which imports were ended or killed on their way: once the start is over."""
        QTimer.singleShot(_AFTER_START_MS, self, self._look_for_unfinished)

    @Slot()
    def _look_for_unfinished(self) -> None:
        folders = [*self._services.settings.current.model_folders, self._services.model_folder]
        task = BackgroundTask(partial(unfinished, folders), self)
        task.succeeded.connect(self._on_unfinished)
        task.start_alone()  # a drive of the network may not answer

    @Slot(object, int)
    def _on_unfinished(self, found: Sequence[Unfinished], _task_id: int) -> None:
        if found:
            self.unfinished.emit(found)

    @Slot(object)
    def go_on(self, found: Unfinished) -> None:
        """Go on with an import."""
        if self._may_import():
            task = BackgroundTask(partial(resume_plan, found), self)
            task.succeeded.connect(self._on_resumable)
            task.failed.connect(self._on_failed)
            task.start()

    @Slot(object, int)
    def _on_resumable(self, plan: ImportPlan, _task_id: int) -> None:
        self._add(plan)

    @Slot(object)
    def delete(self, found: Unfinished) -> None:
        """Take away what an import copied; its source is as it was."""
        task = BackgroundTask(partial(discard, found), self)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, _task_id: int) -> None:
        self.failed.emit(error)

    # --- models that are elsewhere ----------------------------------------------------------------

    @Slot()
    def get(self) -> None:
        """Tell how to get a model."""
        self.get_variant(None)

    @Slot(object)
    def get_variant(self, variant_id: str | None) -> None:
        """Tell how to get a released model; None: the person chooses."""
        look = partial(_gettings, self._services.store, self._services.precisions)
        dialog = GetDialog(look, variant_id, self._theme, self._window)
        dialog.find_requested.connect(self.find)
        dialog.failed.connect(self.failed)
        self._open(dialog)
        dialog.show()

    # --- both -------------------------------------------------------------------------------------

    def _open(self, dialog: QDialog) -> None:
        before, self.dialog = self.dialog, dialog
        if before is not None:
            before.finished.disconnect(self._on_closed)
            before.reject()
        dialog.finished.connect(self._on_closed)

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None


def _recognised(
    store: ModelStore, paths: Sequence[Path], cancel: threading.Event
) -> Iterator[object]:
    """The models that paths stand for, each once; of the others, the error that says what is so."""
    seen = set()
    for path in paths:
        found = recognise(path, store, cancel)
        if not is_folder(
            path
        ):  # a file stands for the model that it is of, not for what lies beside
            found = [one for one in found if one.folder == path.parent]
        for one in found:
            if one.folder not in seen:
                seen.add(one.folder)
                yield one
        if not found and not cancel.is_set():
            try:
                store.describe(path)
            except UserFacingError as error:
                yield error


def _gettings(store: ModelStore, precisions: Precisions) -> Sequence[Getting]:
    machine = precisions.now()
    return [ways_to_get(variant, machine) for variant in store.variants if not variant.bundled]
