"""The dialog that measures the precisions of a model, and draws what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from baichuan_desktop.services.engines.one_shot import PrecisionBegun
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.measuring.job_source import JobEvent
from baichuan_desktop.services.measuring.rows import MeasuredRow
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.measuring.chart import MeasureChart
from baichuan_desktop.ui.measuring.kind import MeasureKind, title
from baichuan_desktop.ui.measuring.text_choice import TextChoice

_WIDTH = 820  # pixels


class MeasureDialog(QDialog):
    """Leaves the window usable. Closing it while it measures only hides it.

    Signals:
        begun: the ticked MeasuredRows shall be measured.
        cancel_requested: the measurement shall end.
    """

    begun = Signal(object)
    cancel_requested = Signal()

    def __init__(
        self, kind: MeasureKind, model: InstalledModel, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.kind = kind
        self.model = model
        self.setWindowModality(Qt.WindowModality.NonModal)
        self._progress = kind.progress()
        self._begun: PrecisionBegun | None = None
        self._step: Callable[[], str] = str
        self._is_running = self._is_cancelling = False
        self._is_looking = True
        self._notes: list[Callable[[], str]] = []
        self.heading, self.explanation, self.room, self.step, self.notes = (
            _label() for _ in range(5)
        )
        self.heading.setObjectName("dialogHeading")
        for label in (self.explanation, self.room, self.notes):
            label.setObjectName("muted")
        self.chart = MeasureChart(kind, theme)
        self.text = TextChoice()
        self.text.setVisible(kind.needs_text)
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
        for widget in (self.notes, self.room, self.step, self.bar):
            column.addWidget(widget)
        column.addStretch(1)
        column.addSpacing(8)
        column.addWidget(buttons)
        self.setFixedWidth(_WIDTH)
        self.chart.ticked.connect(self.refresh)
        self.measure.clicked.connect(self._measure)
        self.cancel.clicked.connect(self.cancel_requested)
        buttons.rejected.connect(self.close)
        self.retranslate()

    # --- what is shown -------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[MeasuredRow]) -> None:
        """What can be measured, and what was."""
        self._is_looking = False
        self.chart.show_rows(rows)
        self.retranslate()

    def begin(self) -> None:
        """The measurement begins."""
        self._progress, self._begun = self.kind.progress(), None
        self._is_running, self._is_cancelling = True, False
        self._notes, self._step = [], str
        self.chart.lock(locked=True)
        self.retranslate()
        self.close_button.setFocus()

    def show_measuring(self, row: MeasuredRow) -> None:
        """A precision is being measured now."""
        self.chart.show_measuring(row)

    def show_event(self, event: JobEvent) -> None:
        """The measurement has come so far."""
        self._progress.read(event)
        if isinstance(event, PrecisionBegun):
            self._begun = event
        if self._begun is not None:
            begun = self._begun
            self._step = lambda: self.kind.step(begun, event)
        self.bar.setValue(self._progress.percent)
        self.step.setText(self._step_text())

    def show_measured(self, row: MeasuredRow, event: JobEvent) -> None:
        """A precision is measured: the row has its figures, from this event."""
        self.chart.show_measuring(None)
        self.chart.update_row(row)
        self._note(lambda: self.kind.note(row, event))

    def show_failed(self, row: MeasuredRow, error: UserFacingError) -> None:
        """A precision could not be measured."""
        self.chart.show_measuring(None)
        self.chart.show_failed(row)
        self._note(
            lambda: self.tr("{precision}: {sentence}").format(
                precision=title(row), sentence=error_texts.message(error)
            )
        )

    def show_cancelling(self) -> None:
        """A cancel takes until the step that is being computed has ended."""
        self._is_cancelling = True
        self.retranslate()

    def end(self) -> None:
        """Nothing is measured any more."""
        self._is_running = False
        self.chart.show_measuring(None)
        self.chart.lock(locked=False)
        self.measure.setDefault(True)
        self.retranslate()

    def summary(self) -> str:
        """What the status bar says."""
        return self.kind.summary(self._progress.percent)

    @property
    def needs_room(self) -> bool:
        """Whether the chat's model has to be unloaded for what is ticked."""
        chosen = self.chart.chosen
        return self.kind.can_begin(chosen) and any(not row.fits_beside for row in chosen)

    @Slot()
    def refresh(self) -> None:
        """Say what a click on the button means now."""
        self.measure.setEnabled(self.kind.can_begin(self.chart.chosen) and not self._is_running)
        is_room_shown = self.needs_room and not self._is_running
        if is_room_shown != (not self.room.isHidden()):
            self.room.setVisible(is_room_shown)
            self.fit()

    def fit(self) -> None:
        """As high as what is shown."""
        self._column.activate()
        self.setFixedHeight(self._column.totalHeightForWidth(_WIDTH))

    def bring_up(self) -> None:
        """Show the dialog over the window."""
        self.show()
        self.raise_()
        self.activateWindow()

    # --- inside --------------------------------------------------------------------------------

    @Slot()
    def _measure(self) -> None:
        self.begun.emit(self.kind.ordered(self.chart.chosen))

    def _note(self, text: Callable[[], str]) -> None:
        self._notes.append(text)
        self.retranslate()

    def _step_text(self) -> str:
        return self._step() or self.tr("Starting…")

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.setWindowTitle(self.kind.title())
        self.heading.setText(self.kind.heading(self.model))
        looking = self.tr("Looking at this machine…")
        self.explanation.setText(looking if self._is_looking else self.kind.explanation())
        self.room.setText(
            self.tr(
                "The memory does not suffice for both: the model of the chat is unloaded before "
                "it begins, and loaded again when it has ended. The conversation stays."
            )
        )
        self.step.setText(self._step_text())
        self.bar.setValue(self._progress.percent)
        self.bar.setAccessibleName(self.tr("Progress"))
        notes = dict.fromkeys(text for note in self._notes if (text := note()))
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self.measure.setText(self.kind.button())
        self.cancel.setText(self.tr("Cancelling…") if self._is_cancelling else self.tr("Cancel"))
        self.cancel.setEnabled(not self._is_cancelling)
        self.close_button.setText(self.tr("Hide") if self._is_running else self.tr("Close"))
        for widget in (self.step, self.bar, self.cancel):
            widget.setVisible(self._is_running)
        self.measure.setVisible(not self._is_running)
        self.chart.setVisible(not self._is_looking)
        self.text.setEnabled(not self._is_running)
        self.refresh()
        self.fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _label() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
