"""The dialog of a training: what is asked, how it goes, how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from backends.errors import NotAdmittedError, UserFacingError
from backends.training.events import TrainingStep
from backends.training.values import TrainingRequest
from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.training.job import training_job
from baichuan_desktop.services.training.runs import UnfinishedRun
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.jobs.entry import Asked
from baichuan_desktop.ui.training.asking.inquiry import Inquiry
from baichuan_desktop.ui.training.asking.page import AskingPage
from baichuan_desktop.ui.training.curves.chart import LossChart
from baichuan_desktop.ui.training.curves.thinned import ThinnedCurve
from baichuan_desktop.ui.training.progress.done_page import TrainedPage
from baichuan_desktop.ui.training.progress.running_page import TrainingPage
from baichuan_desktop.ui.training.progress.stopped_page import StoppedPage

_SIZE = (980, 700)  # pixels of the design
_SHARE = 0.94  # of the screen, at most
_ROW_CHART = 160  # pixels of the design


class TrainingDialog(JobDialog):
    """Its pages follow the job; what was chosen is there again for another try.

    Signals:
        refused: the NotAdmittedError of the base, what asks once more, the base, and this dialog.
        forget_requested: the Path of a folder whose checkpoints shall be deleted.
        try_requested: the Trained that shall be tried.
    """

    refused = Signal(object, object, object, object)
    forget_requested = Signal(object)
    try_requested = Signal(object)

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.window)
        services, theme = asked.services, asked.theme
        self._services, self._theme = services, theme
        self._request: TrainingRequest | None = None  # of the job
        self._base, self._name = asked.model, ""
        self._step = 0  # that was computed last
        self._inquiry = Inquiry(services.tuner, services.preview, self)
        models = _trainable(services.store.models)
        first = [asked.model, *(one for one in models if one.path != asked.model.path)]
        self.asking = AskingPage(self._inquiry, first, theme)
        self.running = TrainingPage(theme)
        self.stopped = StoppedPage(theme)
        self.done_page = TrainedPage(theme)
        self._row_chart = LossChart(theme, height=_ROW_CHART)
        self.pages = QStackedWidget()
        for page in (self.asking, self.running, self.stopped, self.done_page):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self._connect()
        self._fit()
        self.retranslate()

    def _connect(self) -> None:
        asking, running, stopped = self.asking, self.running, self.stopped
        asking.begun.connect(self._begin)
        asking.dismissed.connect(self.close)
        asking.refused.connect(self._on_refused)
        running.hidden.connect(self.close)
        running.pause_requested.connect(self.pause_job)
        running.stop_requested.connect(self.cancel_job)
        stopped.resume_requested.connect(self._resume)
        stopped.forget_requested.connect(self._forget)
        stopped.change_requested.connect(self._change)
        stopped.dismissed.connect(self.close)
        self.done_page.try_requested.connect(self.try_requested)
        self.done_page.dismissed.connect(self.close)

    def _fit(self) -> None:
        px, screen = self._theme.px, self.screen().availableSize()
        most = QSize(int(_SHARE * screen.width()), int(_SHARE * screen.height()))
        self.resize(QSize(*map(px, _SIZE)).boundedTo(most))

    # --- beginning ----------------------------------------------------------------------------

    @Slot(object, object, str)
    def _begin(self, request: TrainingRequest, base: InstalledModel, name: str) -> None:
        self._start(request, base, name, ThinnedCurve(), None)

    def resume_run(self, run: UnfinishedRun, base: InstalledModel) -> None:
        """Go on with a training of another session of the app."""
        self.asking.show_request(run.request, base, run.name)
        curve = ThinnedCurve(run.total_steps)
        self._step = run.step
        self._start(run.resumed, base, run.name, curve, run.step)

    @Slot()
    def _resume(self) -> None:
        if self._request is not None:
            request = replace(self._request, resume=True)
            self._start(
                request, self._base, self._name, self.running.chart.curve, self.running.kept_step
            )

    def _start(
        self,
        request: TrainingRequest,
        base: InstalledModel,
        name: str,
        curve: ThinnedCurve,
        kept_step: int | None,
    ) -> None:
        self._request, self._base, self._name = request, base, name
        self.asking.stop()
        self.row_part = self._row_chart = LossChart(self._theme, height=_ROW_CHART)
        for chart in (self.running.chart, self._row_chart):
            chart.show_curve(curve)
        self.running.begin(base.shown_name, kept_step)
        self.begin(training_job(self._services.tuner, base, request, name))

    @Slot(object)
    def _on_refused(self, error: NotAdmittedError) -> None:
        self.refused.emit(error, self.asking.begin, self.asking.model, self)

    @override
    def bring_up(self) -> None:
        self.asking.offer(_trainable(self._services.store.models))
        super().bring_up()

    def stop_asking(self) -> None:
        """Look at nothing any more, for the end of the window."""
        self.asking.stop()

    # --- while it runs, and when it is over ---------------------------------------------------

    @override
    def show_event(self, event: object) -> None:
        if isinstance(event, TrainingStep):
            self._step = event.step
        self.running.read(event)
        self._row_chart.follow(self.running.chart.curve)

    @override
    def show_record(self) -> None:
        record = self.record
        if record is None:
            return
        if not record.state.is_over:
            self.running.show_record(record)
            if self._turn_to(self.running):
                self.running.hide_button.setFocus()
        elif record.state is JobState.DONE and record.result is not None:
            self.done_page.show_result(record.result)
            self._turn_to(self.done_page)
        else:
            self._show_end(record)

    def _show_end(self, record: JobRecord) -> None:
        """It was stopped, or failed: before its first step the settings are looked at again."""
        kept = self.running.kept_step
        if not kept and not self._has_begun:
            self.asking.show_error(record.error)
            self._turn_to(self.asking)
            self.asking.begin_button.setFocus()
            return
        self.stopped.chart.show_curve(self.running.chart.curve)
        self.stopped.show_end(self._step, kept, record.error)
        self._turn_to(self.stopped)

    @property
    def folder(self) -> Path | None:
        """The folder of the result of its training."""
        return None if self._request is None else Path(self._request.keeping.output)

    @property
    def _has_begun(self) -> bool:
        return not self.running.chart.curve.is_empty

    def _turn_to(self, page: QWidget) -> bool:
        """Whether another page was shown before."""
        is_another = self.pages.currentWidget() is not page
        self.pages.setCurrentWidget(page)
        return is_another

    @Slot()
    def _change(self) -> None:
        """Look at the settings again: another training in another folder."""
        self._turn_to(self.asking)
        self.asking.ask_anew()

    @Slot()
    def _forget(self) -> None:
        if self.folder is not None:
            self.forget_requested.emit(self.folder)

    def on_forgotten(self, folder: Path) -> None:
        """The checkpoints in a folder are deleted."""
        if (
            self.folder == folder
            and not self.is_pending
            and self.pages.currentWidget() is self.stopped
        ):
            self.running.kept_step = None
            self._change()

    def say(self, error: UserFacingError) -> None:
        """Say why something that was asked for here is not done."""
        page = self.pages.currentWidget()
        if page is self.done_page:
            self.done_page.say(error)
        elif page is self.stopped:
            self.stopped.say(error)
        else:
            self.asking.show_error(error)

    @property
    @override
    def is_done(self) -> bool:
        return self.pages.currentWidget() is self.done_page

    @override
    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Fine-tuning"))


def _trainable(models: Sequence[InstalledModel]) -> Sequence[InstalledModel]:
    """What can be trained: an export holds nothing to train."""
    return [one for one in models if one.export_of is None]
