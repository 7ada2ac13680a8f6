"""The jobs of the window: the menu that begins them, the status line, what comes of them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.jobs.copies import ModelFiles, model_files
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs.desk import JobDesk
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.jobs.kinds import JobKind
from baichuan_desktop.ui.jobs.runner import JobRunner
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.measuring.desk import MeasureDesk
from baichuan_desktop.ui.measuring.kind import MeasureKind
from baichuan_desktop.ui.measuring.quality import QualityKind
from baichuan_desktop.ui.measuring.speed import SpeedKind
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.model_picker import ModelPicker
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.window.close_question import CloseQuestion
from baichuan_desktop.ui.window.menus import Menus
from baichuan_desktop.ui.window.status_line import StatusLine
from baichuan_desktop.workers.background_task import BackgroundTask


class WindowJobs(QObject):
    """Joins the jobs with the window.

    Signals:
        load_requested: a LoadChoice shall be loaded.
        failed: a UserFacingError to show.
    """

    load_requested = Signal(object)
    failed = Signal(object)

    def __init__(
        self, services: AppServices, switcher: ModelSwitcher, theme: Theme, window: QWidget
    ) -> None:
        super().__init__(window)
        self._store = services.store
        self._switcher = switcher
        self._window = window
        self._may_end_job = False  # the person said so
        self.close_question: CloseQuestion | None = None  #: while it is asked
        self._copies = JobDesk(services.store, services.job_worker, window)
        self.measuring = MeasureDesk(services, switcher, theme, window)

    def connect_to(self, menus: Menus, status: StatusLine, picker: ModelPicker) -> None:
        """Be asked by the menu, and tell of jobs in the status line and the list of models."""
        self._status, self._picker, self._menus = status, picker, menus
        self._switcher.began.connect(self._offer_nothing)
        self._switcher.stepped_aside.connect(self._offer_nothing)
        self._switcher.ready.connect(self._look_at_files)
        menus.job_requested.connect(self._open_job)
        menus.measure_speed.triggered.connect(self._measure_speed)
        menus.compare_quality.triggered.connect(self._compare_quality)
        status.job_button.clicked.connect(self._bring_up_job)
        self._copies.changed.connect(self._on_job_changed)
        self._copies.listed.connect(self._on_copy_listed)
        self._copies.load_requested.connect(self.load_requested)
        self._copies.failed.connect(self.failed)
        for runner in (self._copies.runner, self.measuring.runner):
            status.job_notice.watch(runner)
        self.measuring.changed.connect(self._on_job_changed)
        self.measuring.failed.connect(self.failed)

    @property
    def is_running(self) -> bool:
        """Whether a copy is being written."""
        return self._copies.is_running

    @property
    def dialog(self) -> JobDialog | None:
        """Of the copy that is written, or was last."""
        return self._copies.dialog

    @property
    def runner(self) -> JobRunner:
        """Of the copy that is written."""
        return self._copies.runner

    def may_close(self) -> bool:
        """Whether the window can be closed now; else the person is asked, and it closes later."""
        if not self._copies.is_running or self._may_end_job:
            return True
        if self.close_question is None:
            self.close_question = CloseQuestion(self._window)
            self.close_question.finished.connect(self._on_close_answered)
            self.close_question.open()
        return False

    def shut_down(self) -> None:
        """End what runs, at once."""
        self._copies.shut_down()
        self.measuring.shut_down()

    @Slot(int)
    def _on_close_answered(self, answer: int) -> None:
        self.close_question = None
        if answer == CloseQuestion.DialogCode.Accepted:
            self._may_end_job = True
            self._window.close()

    @Slot()
    def _offer_nothing(self) -> None:
        self._menus.show_jobs(None)

    @Slot(object)
    def _look_at_files(self, model: InstalledModel) -> None:
        task = BackgroundTask(partial(model_files, model.path), self)
        task.succeeded.connect(self._on_model_files)  # a model that is gone has no jobs
        task.start()

    @Slot(object)
    def _on_model_files(self, files: ModelFiles) -> None:
        self._menus.show_jobs(files if self._switcher.current is not None else None)

    @Slot(object)
    def _open_job(self, kind: JobKind) -> None:
        model = self._switcher.current
        if self.measuring.is_running:  # a copy beside it would slow down what is measured
            self.measuring.bring_up()
        elif model is not None:
            self._copies.open(kind, model)

    @Slot()
    def _measure_speed(self) -> None:
        self._measure(SpeedKind())

    @Slot()
    def _compare_quality(self) -> None:
        self._measure(QualityKind())

    def _measure(self, kind: MeasureKind) -> None:
        if self._copies.is_running:
            self._copies.bring_up()
        else:
            self.measuring.open(kind)

    @Slot()
    def _bring_up_job(self) -> None:
        desk = self.measuring if self.measuring.is_running else self._copies
        desk.bring_up()

    @Slot()
    def _on_job_changed(self) -> None:
        self._status.show_job(lambda: self.measuring.summary() or self._copies.summary())

    @Slot(object)
    def _on_copy_listed(self, copy: InstalledModel) -> None:
        self._picker.set_models(self._store.models)
        self._switcher.refresh(self._store.models, copy.path)
        self._status.notice(
            lambda: (
                QCoreApplication.translate("MainWindow", "The copy “{name}” is listed")
                if copy.export_of is None
                else QCoreApplication.translate(
                    "MainWindow", "The export “{name}” is a precision of its model"
                )
            ).format(name=model_texts.name(copy))
        )
