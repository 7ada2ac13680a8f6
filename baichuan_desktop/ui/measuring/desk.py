"""From the menu to what was measured: dialog, engines, and the chat's model making room."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.engines.one_shot import PrecisionBegun, PrecisionFailed
from baichuan_desktop.services.measuring.job_source import Job, JobEvent
from baichuan_desktop.services.measuring.rows import MeasuredRow, measured_rows
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs.runner import JobRunner
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.measuring.dialog import MeasureDialog
from baichuan_desktop.ui.measuring.kind import MeasureKind
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.workers.background_task import BackgroundTask


class MeasureDesk(QObject):
    """One measurement at a time.

    Signals:
        changed: `summary` or `is_running` may be others now.
        failed: a UserFacingError to show.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(
        self, services: AppServices, switcher: ModelSwitcher, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._switcher = switcher
        self._theme = theme
        self._window = parent
        self.runner = JobRunner(services.job_worker, self)  #: of what is measured
        self._rows: Sequence[MeasuredRow] = ()  # that are measured, in their order
        self._number = 0  # of the row that is measured now
        self._waiting: Job | None = None  # for room
        self._finding = 0  # id of the task that looks for the rows of the dialog
        self.dialog: MeasureDialog | None = None  #: opened last
        self.runner.produced.connect(self._on_event)
        self.runner.failed.connect(self.failed)
        self.runner.ended.connect(self._on_ended)
        switcher.made_room.connect(self._on_room)

    @property
    def is_running(self) -> bool:
        """Whether something is being measured, or about to be."""
        return self.runner.is_running or self._waiting is not None

    def summary(self) -> str:
        """What the status bar says of the measurement; empty where none runs."""
        return self.dialog.summary() if self.dialog and self.is_running else ""

    def open(self, kind: MeasureKind) -> None:
        """Show what was measured of the model in use, and what can be; what runs goes first."""
        model = self._switcher.current
        if self.is_running:
            self.bring_up()
        elif model is not None:
            if self.dialog is not None:
                self.dialog.close()
                self.dialog.deleteLater()
            services = self._services
            dialog = self.dialog = MeasureDialog(kind, model, self._theme, self._window)
            dialog.begun.connect(self._begin)
            dialog.cancel_requested.connect(self._cancel)
            find = partial(measured_rows, services.precisions, model, self._switcher.running)
            task = BackgroundTask(find, dialog)
            task.succeeded.connect(self._on_rows)
            task.failed.connect(self._on_no_rows)
            self._finding = task.start()
            dialog.bring_up()

    @Slot()
    def bring_up(self) -> None:
        """Show the dialog."""
        if self.dialog is not None:
            self.dialog.bring_up()

    def shut_down(self) -> None:
        """End the measurement, at once."""
        self._waiting = None
        self.runner.shut_down()

    @Slot(object, int)
    def _on_rows(self, rows: list[MeasuredRow], task_id: int) -> None:
        if self.dialog is not None and task_id == self._finding:
            self.dialog.show_rows(rows)

    @Slot(object, int)
    def _on_no_rows(self, error: UserFacingError, task_id: int) -> None:
        if self.dialog is not None and task_id == self._finding:
            self.dialog.close()
            self.failed.emit(error)

    # --- the measurement -------------------------------------------------------------------------

    @Slot(object)
    def _begin(self, rows: list[MeasuredRow]) -> None:
        if self.dialog is None or self.is_running:
            return
        self._rows = rows
        job = self.dialog.kind.job(self.dialog.model, rows, self.dialog.text.path)
        needs_room = self.dialog.needs_room and self._switcher.current is not None
        self.dialog.begin()
        if needs_room:
            self._waiting = job
            self._switcher.set_aside()
        else:
            self.runner.start(job)
        self.changed.emit()

    @Slot()
    def _on_room(self) -> None:
        job, self._waiting = self._waiting, None
        if job is not None:
            self.runner.start(job)

    @Slot()
    def _cancel(self) -> None:
        if self._waiting is not None:
            self._waiting = None
            self._on_ended()
            return
        self.runner.cancel()
        if self.dialog is not None:
            self.dialog.show_cancelling()

    @Slot(object)
    def _on_event(self, event: JobEvent) -> None:
        if self.dialog is None:
            return
        match event:
            case PrecisionBegun():
                self._number = event.number
                self.dialog.show_measuring(self._row)
            case PrecisionFailed():
                self.dialog.show_failed(self._row, event.error)
            case _ if self._number > 0:
                measured = self.dialog.kind.measured(self._row, event)
                if measured is not None:
                    self.dialog.show_measured(measured, event)
        self.dialog.show_event(event)
        self.changed.emit()

    @property
    def _row(self) -> MeasuredRow:
        return self._rows[self._number - 1]

    @Slot()
    def _on_ended(self) -> None:
        if self.dialog is not None:
            self.dialog.end()
        self.changed.emit()
        self._switcher.bring_back()
