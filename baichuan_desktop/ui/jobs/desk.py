"""From the File menu's jobs to the copies they make: dialog, engine, list of models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from backends.events import CopyReady, JobProgress
from backends.protocol.requests import Request
from baichuan_desktop.services.jobs.copies import JobChoice, MadeCopy, list_copy
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.measuring.job_source import JobEvent
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.jobs.kinds import JobKind
from baichuan_desktop.ui.jobs.runner import JobRunner
from baichuan_desktop.workers.background_task import BackgroundTask
from baichuan_desktop.workers.engine_worker import GenerationWorker


class JobDesk(QObject):
    """One job at a time, beside the chat.

    Signals:
        changed: `summary` or `is_running` may be others now.
        listed: an InstalledModel was added to the store.
        load_requested: a WantedModel shall be loaded.
        failed: a UserFacingError to show.
    """

    changed = Signal()
    listed = Signal(object)
    load_requested = Signal(object)
    failed = Signal(object)

    def __init__(
        self, store: ModelStore, make_worker: Callable[[], GenerationWorker], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._window = parent
        self._store = store
        self.runner = JobRunner(make_worker, self)  #: of the job that runs
        self._ready: CopyReady | None = None
        self._source: InstalledModel | None = None
        self._request: Request | None = None  # of the job that runs, or ran last
        self._made: MadeCopy | None = None
        self._finding = 0  # id of the task that looks for the choices of the dialog
        self.dialog: JobDialog | None = None  #: of the job that runs, or ran last
        self.runner.produced.connect(self._on_event)
        self.runner.failed.connect(self._on_failed)
        self.runner.ended.connect(self._on_ended)

    @property
    def is_running(self) -> bool:
        """Whether a copy is being written."""
        return self.runner.is_running

    def summary(self) -> str:
        """What the status bar says of the job; empty where none runs."""
        return self.dialog.progress.summary() if self.dialog and self.is_running else ""

    def open(self, kind: JobKind, model: InstalledModel) -> None:
        """Ask what a job shall make of a model; where a job runs, show that one."""
        if self.is_running:
            self.bring_up()
            return
        if self.dialog is not None:
            self.dialog.deleteLater()
        self._source = model
        dialog = self.dialog = JobDialog(kind, model, self._window)
        dialog.options.begun.connect(self._begin)
        dialog.progress.cancel_requested.connect(self._cancel)
        dialog.done_page.load_requested.connect(self._load_copy)
        task = BackgroundTask(partial(_choices, self._store, kind, model), dialog)
        task.succeeded.connect(self._on_choices)
        task.failed.connect(self._on_no_choices)
        self._finding = task.start()
        dialog.bring_up()

    @Slot()
    def bring_up(self) -> None:
        """Show the dialog of the job that runs."""
        if self.dialog is not None:
            self.dialog.bring_up()

    def shut_down(self) -> None:
        """End the job that runs, at once."""
        self.runner.shut_down()

    # --- options --------------------------------------------------------------------------------

    @Slot(object, int)
    def _on_choices(self, choices: list[JobChoice], task_id: int) -> None:
        if self.dialog is not None and task_id == self._finding:
            self.dialog.options.show_choices(choices)
            self.dialog.fit()

    @Slot(object, int)
    def _on_no_choices(self, error: UserFacingError, task_id: int) -> None:
        if self.dialog is not None and task_id == self._finding:
            self.dialog.close()
            self.failed.emit(error)

    @Slot(object)
    def _begin(self, request: Request) -> None:
        if self.dialog is None or self.is_running:
            return
        self._ready, self._request = None, request
        self.dialog.begin()
        self.runner.start(request)
        self.changed.emit()

    # --- the job --------------------------------------------------------------------------------

    @Slot()
    def _cancel(self) -> None:
        self.runner.cancel()
        if self.dialog is not None:
            self.dialog.progress.show_cancelling()

    @Slot(object)
    def _on_event(self, event: JobEvent) -> None:
        match event:
            case JobProgress() if self.dialog is not None:
                self.dialog.show_progress(event)
                self.changed.emit()
            case CopyReady():
                self._ready = event

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        self.failed.emit(error)

    @Slot()
    def _on_ended(self) -> None:
        self.changed.emit()
        if self._ready is None:  # cancelled, or failed: another try, with another folder
            if self.dialog is not None:
                self.dialog.show_options()
            return
        assert self._source is not None
        assert self._request is not None
        folder = Path(self._ready.folder)
        enlist = partial(list_copy, self._store, self._source, self._request, folder)
        task = BackgroundTask(enlist, self)
        task.succeeded.connect(self._on_listed)
        task.failed.connect(self.failed)
        task.start()

    @Slot(object)
    def _on_listed(self, made: MadeCopy) -> None:
        self._made = made
        if self.dialog is not None and self._ready is not None:
            self.dialog.show_copy(made, self._ready)
        self.listed.emit(made.listed)

    @Slot()
    def _load_copy(self) -> None:
        if self.dialog is not None:
            self.dialog.close()
        if self._made is not None:
            made = self._made
            is_kept = made.wish != LoadWish()
            self.load_requested.emit(WantedModel(made.model, made.wish, is_kept=is_kept))


def _choices(store: ModelStore, kind: JobKind, model: InstalledModel) -> Sequence[JobChoice]:
    """What a job can make of a model.

    Raises CheckpointError, and RegistryError if a copy could not be listed: its end, in minutes,
    would be too late to hear of that.
    """
    store.require_writable()
    return kind.choices(model.path)
