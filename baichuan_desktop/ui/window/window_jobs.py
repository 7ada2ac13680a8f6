"""The jobs of the window: the menu that begins them, the top bar, what comes of them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication, QWidget

from baichuan_desktop.services.jobs.copies import MadeCopy, ModelFiles, model_files
from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.jobs.copy_dialog import CopyDialog
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.remedies import ExportWithAdapter
from baichuan_desktop.ui.window.bars.remarks import Remarks
from baichuan_desktop.ui.window.bars.status import WindowStatus
from baichuan_desktop.ui.window.bars.top_bar import TopBar
from baichuan_desktop.ui.window.commands.job_entries import EXPORT
from baichuan_desktop.ui.window.commands.menus import Menus
from baichuan_desktop.ui.window.window_pages import Page, WindowPages
from baichuan_desktop.workers.background_task import BackgroundTask


class WindowJobs(QObject):
    """Joins the jobs with the menus, the top bar, the pages and the list of models."""

    def __init__(
        self,
        jobs: JobController,
        store: ModelStore,
        switcher: ModelSwitcher,
        pages: WindowPages,
        menus: Menus,
        status: WindowStatus,
        remarks: Remarks,
        top_bar: TopBar,
        window: QWidget,
    ) -> None:
        """`pages` gets the page of jobs."""
        super().__init__(window)
        self._jobs = jobs
        self._store, self._switcher = store, switcher
        self._pages, self._window = pages, window
        self._menus, self._status, self._picker = menus, status, top_bar.picker
        self._looking = 0  # id of the task that looks at the files of the model that is loaded
        pages.add(Page.JOBS, jobs.page, jobs.page.back, menus.jobs_page)
        switcher.began.connect(self._offer_nothing)
        switcher.stepped_aside.connect(self._offer_nothing)
        switcher.ready.connect(self._look_at_files)
        menus.job_requested.connect(jobs.open)
        top_bar.job_button.clicked.connect(self._show_jobs)
        remarks.job_notice.watch(jobs)
        jobs.page.left.connect(pages.show_chat)
        jobs.changed.connect(self._on_changed)
        jobs.ended.connect(self._on_ended)

    # --- what is offered --------------------------------------------------------------------------

    @Slot()
    def _offer_nothing(self) -> None:
        self._looking = 0
        self._menus.show_jobs(None)

    @Slot(object)
    def _look_at_files(self, model: InstalledModel) -> None:
        task = BackgroundTask(partial(model_files, model.path), self)
        task.succeeded.connect(self._on_model_files)  # a model that is gone has no jobs
        self._looking = task.start()

    @Slot(object, int)
    def _on_model_files(self, files: ModelFiles, task_id: int) -> None:
        if task_id == self._looking:
            self._menus.show_jobs(files)

    @Slot()
    def _show_jobs(self) -> None:
        self._pages.show(Page.JOBS)

    @Slot(object)
    def export_with_adapter(self, wanted: ExportWithAdapter) -> None:
        """Export the model that is loaded with the adapter that is on, beside the model."""
        if self._switcher.current == wanted.model:
            self._jobs.open(EXPORT)
            if isinstance(self._jobs.dialog, CopyDialog):
                self._jobs.dialog.begin_at_once(wanted.precision)

    # --- what the window says ---------------------------------------------------------------------

    @Slot()
    def _on_changed(self) -> None:
        self._status.show_job(self._jobs.summary)

    @Slot(object)
    def _on_ended(self, record: JobRecord) -> None:
        if record.result is not None and isinstance(record.result.found, MadeCopy):
            self._on_listed(record.result.found.listed)
        if record.state is JobState.FAILED and not self._is_seen:
            self._status.notice_until_read(partial(texts.failure, record))
            QApplication.alert(self._window)

    @property
    def _is_seen(self) -> bool:
        """Whether the person looks at the page of jobs."""
        is_shown = self._pages.current is Page.JOBS
        return is_shown and self._window.isActiveWindow() and not self._window.isMinimized()

    def _on_listed(self, copy: InstalledModel) -> None:
        self._picker.set_models(self._store.models)
        self._switcher.refresh(self._store.models, copy.path)
        self._status.notice_until_read(
            lambda: (
                self.tr("The copy “{name}” is listed")
                if copy.export_of is None
                else self.tr("The export “{name}” is a precision of its model")
            ).format(name=model_texts.name(copy))
        )
