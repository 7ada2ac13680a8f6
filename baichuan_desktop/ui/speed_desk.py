"""From “Measure speed…” to the chart: dialog, engines, and the chat's model making room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.benchmark import PrecisionMeasured, SpeedJob
from baichuan_desktop.services.job_engine import PrecisionBegun, PrecisionFailed
from baichuan_desktop.services.jobs import JobEvent
from baichuan_desktop.services.speed_rows import SpeedRow, speed_rows
from baichuan_desktop.workers.background_task import BackgroundTask

from .app_services import AppServices
from .job_runner import JobRunner
from .model_switcher import ModelSwitcher
from .speed_dialog import SpeedDialog
from .theme import Theme


class SpeedDesk(QObject):
    """One measurement at a time.

    Signals:
        changed: `summary` or `is_running` may be others now.
        set_aside: the chat's model is unloaded to make room.
        failed: a UserFacingError to show.
    """

    changed = Signal()
    set_aside = Signal()
    failed = Signal(object)

    def __init__(
        self, services: AppServices, switcher: ModelSwitcher, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._switcher = switcher
        self._theme = theme
        self._window = parent
        self._runner = JobRunner(services.job_worker, self)
        self._rows: Sequence[SpeedRow] = ()  # that are measured, in their order
        self._number = 0  # of the row that is measured now
        self._waiting: SpeedJob | None = None  # for room
        self.dialog: SpeedDialog | None = None  #: opened last
        self._runner.produced.connect(self._on_event)
        self._runner.failed.connect(self.failed)
        self._runner.ended.connect(self._on_ended)
        switcher.made_room.connect(self._on_room)

    @property
    def is_running(self) -> bool:
        """Whether something is being measured, or about to be."""
        return self._runner.is_running or self._waiting is not None

    def summary(self) -> str:
        """What the status bar says of the measurement; empty where none runs."""
        return self.dialog.summary() if self.dialog and self.is_running else ""

    def open(self) -> None:
        """Show what was measured of the model in use, and what can be."""
        model = self._switcher.current
        if self.is_running:
            self.bring_up()
        elif model is not None:
            if self.dialog is not None:
                self.dialog.close()
                self.dialog.deleteLater()
            services = self._services
            dialog = self.dialog = SpeedDialog(model, self._theme, self._window)
            dialog.begun.connect(self._begin)
            dialog.cancel_requested.connect(self._cancel)
            find = partial(
                speed_rows,
                model.path,
                services.measurements,
                partial(services.look, self._switcher.running),
                services.look_now,
                model.exports,
            )
            task = BackgroundTask(find, dialog)
            task.succeeded.connect(self._on_rows)
            task.failed.connect(self._on_no_rows)
            task.start()
            dialog.bring_up()

    @Slot()
    def bring_up(self) -> None:
        """Show the dialog."""
        if self.dialog is not None:
            self.dialog.bring_up()

    def shut_down(self) -> None:
        """End the measurement, at once."""
        self._waiting = None
        self._runner.shut_down()

    @Slot(object)
    def _on_rows(self, rows: list[SpeedRow]) -> None:
        if self.dialog is not None and self.sender().parent() is self.dialog:
            self.dialog.show_rows(rows)

    @Slot(object)
    def _on_no_rows(self, error: UserFacingError) -> None:
        if self.dialog is not None and self.sender().parent() is self.dialog:
            self.dialog.close()
            self.failed.emit(error)

    # --- the measurement -------------------------------------------------------------------------

    @Slot(object)
    def _begin(self, rows: list[SpeedRow]) -> None:
        if self.dialog is None or self.is_running:
            return
        self._rows = rows
        wishes = [row.wish for row in rows if row.wish is not None]
        model = self.dialog.model
        job = SpeedJob(model.path, wishes, model.exports)
        needs_room = self.dialog.needs_room and self._switcher.current is not None
        self.dialog.begin()
        if needs_room:
            self._waiting = job
            self._switcher.set_aside()
            self.set_aside.emit()
        else:
            self._runner.start(job)
        self.changed.emit()

    @Slot()
    def _on_room(self) -> None:
        job, self._waiting = self._waiting, None
        if job is not None:
            self._runner.start(job)

    @Slot()
    def _cancel(self) -> None:
        if self._waiting is not None:
            self._waiting = None
            self._on_ended()
            return
        self._runner.cancel()
        if self.dialog is not None:
            self.dialog.show_cancelling()

    @Slot(object)
    def _on_event(self, event: JobEvent) -> None:
        if self.dialog is None:
            return
        match event:
            case PrecisionBegun():
                self._number = event.number
                self.dialog.show_measuring(self._rows[self._number - 1])
            case PrecisionMeasured():
                row = replace(self._rows[self._number - 1], benchmark=event.benchmark)
                self.dialog.show_measured(row)
            case PrecisionFailed():
                self.dialog.show_failed(self._rows[self._number - 1], event.error)
        self.dialog.show_event(event)
        self.changed.emit()

    @Slot()
    def _on_ended(self) -> None:
        if self.dialog is not None:
            self.dialog.end()
        self.changed.emit()
        self._switcher.bring_back()
