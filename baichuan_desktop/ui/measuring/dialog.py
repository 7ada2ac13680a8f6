"""The dialog that measures the precisions of a model, and draws what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
)
from typing_extensions import override

from backends.errors import UserFacingError
from baichuan_desktop.services.engines.one_shot import PrecisionBegun, PrecisionFailed
from baichuan_desktop.services.measuring.rows import MeasuredRow, measured_rows
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.jobs.entry import Asked
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.measuring.chart import MeasureChart
from baichuan_desktop.ui.measuring.text_picker import TextPicker
from baichuan_desktop.ui.measuring.view import MeasureView, Measuring, title
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.workers.background_task import BackgroundTask

_WIDTH = 820  # pixels


class MeasureDialog(JobDialog):
    """Shows what was measured of a model's precisions, and measures those that are ticked."""

    def __init__(self, view: MeasureView, asked: Asked) -> None:
        super().__init__(asked.window)
        self._view = view
        self._services, self._model = asked.services, asked.model
        self._is_looking = True
        self._measured: Sequence[MeasuredRow] = ()  # by the job, in their order
        self._row: MeasuredRow | None = None  # that is measured now
        self._notes: list[Callable[[], str]] = []
        self._refusals: list[UserFacingError] = []  # of precisions; the notes tell them
        self.heading, self.explanation, self.room, self.step, self.left, self.notes = (
            plain_label(wraps=True) for _ in range(6)
        )
        self.heading.setObjectName("dialogHeading")
        for label in (self.explanation, self.room, self.left, self.notes):
            label.setObjectName("muted")
        self.chart = MeasureChart(view, asked.theme)
        self.text = TextPicker()
        self.text.setVisible(view.is_comparison)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        buttons = QDialogButtonBox()
        self.measure, self.cancel, self.close_button = (QPushButton() for _ in range(3))
        for button in (self.cancel, self.close_button):
            button.setAutoDefault(False)
        self.measure.setDefault(True)
        buttons.addButton(self.cancel, QDialogButtonBox.ButtonRole.DestructiveRole)
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.measure, QDialogButtonBox.ButtonRole.ActionRole)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        column.addWidget(self.heading)
        column.addWidget(self.explanation)
        column.addSpacing(8)
        column.addWidget(self.chart)
        column.addSpacing(4)
        column.addWidget(self.text)
        for widget in (self.notes, self.room, self.step, self.bar, self.left):
            column.addWidget(widget)
        column.addStretch(1)
        column.addSpacing(8)
        column.addWidget(buttons)
        self.setFixedWidth(_WIDTH)
        self.chart.ticked.connect(self.refresh)
        self.measure.clicked.connect(self._measure)
        self.cancel.clicked.connect(self.cancel_job)
        buttons.rejected.connect(self.close)
        self.retranslate()
        self._look(asked)

    def _look(self, asked: Asked) -> None:
        """Find out, in the background, what can be measured and what was."""
        find = partial(measured_rows, asked.services.precisions, asked.model, asked.ready)
        task = BackgroundTask(find, self)
        task.succeeded.connect(self._on_rows)
        task.failed.connect(self._on_no_rows)
        task.start()

    @Slot(object)
    def _on_rows(self, rows: Sequence[MeasuredRow]) -> None:
        self._is_looking = False
        self.chart.show_rows(rows)
        self.retranslate()

    @Slot(object)
    def _on_no_rows(self, error: UserFacingError) -> None:
        self.close()
        self.failed.emit(error)

    # --- what is shown -------------------------------------------------------------------------

    @override
    def show_event(self, event: object) -> None:
        match event:
            case PrecisionBegun():
                self._row = self._measured[event.number - 1]
                self.chart.show_measuring(self._row)
            case PrecisionFailed() if self._row is not None:
                self.chart.show_measuring(None)
                self.chart.show_failed(self._row)
                self._refusals.append(event.error)
                self._note(partial(self._failure, self._row, event.error))
            case _ if self._row is not None:
                found = self._view.found(self._row, event)
                if found is not None:
                    row, note = found
                    self.chart.show_measuring(None)
                    self.chart.update_row(row)
                    self._note(note)

    def _failure(self, row: MeasuredRow, error: UserFacingError) -> str:
        text = self.tr("{precision}: {sentence}")
        return text.format(precision=title(row), sentence=error_texts.message(error))

    def _note(self, text: Callable[[], str]) -> None:
        self._notes.append(text)
        self.retranslate()

    @override
    def show_record(self) -> None:
        record = self.record
        if record is None:
            return
        if not record.state.is_over and not self.bar.isHidden() and not record.is_cancelling:
            self._show_progress()
            return
        if record.state.is_over:
            self._row = None
            self.chart.show_measuring(None)
            self.chart.lock(locked=False)
            self.measure.setDefault(True)
            if record.error is not None and record.error not in self._refusals:
                self._notes.append(partial(error_texts.message, record.error))
        self.retranslate()

    def _show_progress(self) -> None:
        if self.record is not None:
            self.bar.setValue(self.record.meter.percent)
            left = texts.time_left(self.record)
            self.step.setText(texts.step(self.record))
            self.left.setText(left)

    @property
    def needs_room(self) -> bool:
        """Whether the chat's model has to be unloaded for what is ticked."""
        chosen = self.chart.chosen
        return self._view.can_begin(chosen) and any(not row.fits_beside for row in chosen)

    @Slot()
    def refresh(self) -> None:
        """Say what a click on the button means now."""
        self.measure.setEnabled(self._view.can_begin(self.chart.chosen) and not self.is_pending)
        is_room_shown = self.needs_room and not self.is_pending
        if is_room_shown != (not self.room.isHidden()):
            self.room.setVisible(is_room_shown)
            self.fit()

    def fit(self) -> None:
        """As high as what is shown."""
        self._column.activate()
        self.setFixedHeight(self._column.totalHeightForWidth(_WIDTH))

    @Slot()
    def _measure(self) -> None:
        rows = self._measured = self._view.ordered(self.chart.chosen)
        self._notes, self._refusals = [], []
        self.chart.lock(locked=True)
        asked = Measuring(self._services, self._model, rows, self.text.path)
        self.begin(self._view.job(asked))
        self.close_button.setFocus()

    @override
    def retranslate(self) -> None:
        words, is_pending = self._view.words(), self.is_pending
        self.setWindowTitle(words.title)
        self.heading.setText(words.heading.format(name=model_texts.name(self._model)))
        looking = self.tr("Looking at this machine…")
        self.explanation.setText(looking if self._is_looking else words.explanation)
        self.room.setText(
            self.tr(
                "The memory does not suffice for both: the model of the chat is unloaded before "
                "it begins, and loaded again when it has ended. The conversation stays."
            )
        )
        self._show_progress()
        self.bar.setAccessibleName(self.tr("Progress"))
        notes = dict.fromkeys(text for note in self._notes if (text := note()))
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self.measure.setText(words.button)
        self.cancel.setText(texts.cancel_button(self.record))
        self.cancel.setEnabled(self.record is None or not self.record.is_cancelling)
        self.close_button.setText(self.tr("Hide") if is_pending else self.tr("Close"))
        for widget in (self.step, self.left, self.bar, self.cancel):
            widget.setVisible(is_pending)
        self.measure.setVisible(not is_pending)
        self.chart.setVisible(not self._is_looking)
        self.text.setEnabled(not is_pending)
        self.refresh()
        self.fit()
