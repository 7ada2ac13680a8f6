"""The dialog in which a person asks a model and what was trained of it, side by side."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.training.trying.answers import TrialAnswers
from baichuan_desktop.ui.training.trying.trial import Trial
from baichuan_desktop.ui.transcript.area import Transcript
from baichuan_desktop.ui.writing.text_field import TextField

_SIZE = (1080, 700)  # pixels of the design; never more than the window has
_SHARE = 0.94  # of the window
_LINES = 3  # of a question


class TryDialog(QDialog):
    """Leaves the window usable; nothing of it is kept as a conversation.

    Signals:
        closed: it is gone, and so is its engine.
    """

    closed = Signal()

    def __init__(
        self, trial: Trial, theme: Theme, rendering: RenderServices, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.trial = trial
        trial.setParent(self)
        self._theme = theme
        self._makes_room = False  # the model of the chat
        self._is_stopping = False  # of the last question
        self.explanation, self.note = plain_label(wraps=True), plain_label(wraps=True)
        self.explanation.setObjectName("muted")
        self.note.setObjectName("note")
        self.columns = [_Column(side, theme, rendering) for side in trial.sides]
        self.question = TextField()
        self.question.set_most_lines(_LINES)
        self.ask_button, self.stop_button, self.close_button = (QPushButton() for _ in range(3))
        self.ask_button.setObjectName("primary")
        for button in (self.ask_button, self.stop_button, self.close_button):
            button.setAutoDefault(False)
        self._lay_out(parent.window())
        self.question.entered.connect(self.ask)
        self.question.textChanged.connect(self._refresh)
        self.ask_button.clicked.connect(self.ask)
        self.stop_button.clicked.connect(trial.stop)
        self.close_button.clicked.connect(self.close)
        trial.changed.connect(self._refresh)
        self.retranslate()
        self.question.setFocus()

    def _lay_out(self, window: QWidget) -> None:
        px = self._theme.px
        both, foot = QHBoxLayout(), QHBoxLayout()
        both.setSpacing(px(12))
        for one in self.columns:
            both.addWidget(one, 1)
        field = QFrame()
        field.setObjectName("field")
        inside = QVBoxLayout(field)
        inside.setContentsMargins(px(4), px(2), px(4), px(2))
        inside.addWidget(self.question)
        foot.setSpacing(px(8))
        foot.addWidget(field, 1)
        for button in (self.stop_button, self.ask_button, self.close_button):
            foot.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[px(edge) for edge in (18, 16, 18, 14)])
        column.setSpacing(px(10))
        column.addWidget(self.explanation)
        column.addLayout(both, 1)
        column.addWidget(self.note)
        column.addLayout(foot)
        width, height = (px(length) for length in _SIZE)
        self.resize(
            min(width, int(_SHARE * window.width())), min(height, int(_SHARE * window.height()))
        )

    # --- what the person wants ----------------------------------------------------------------

    @Slot()
    def ask(self) -> None:
        """Have both answer what is written."""
        question = self.question.text().strip()
        if question and not self.trial.is_busy:
            self.question.clear()
            self._is_stopping = False
            self.trial.ask(question)

    def say_room(self, *, makes_room: bool) -> None:
        """Say whether the model of the chat makes room."""
        self._makes_room = makes_room
        self._refresh()

    def bring_up(self) -> None:
        """Show the dialog over the window."""
        self.show()
        self.raise_()
        self.activateWindow()

    def reject(self) -> None:
        """Esc: stop first, and close with the next press."""
        if self.trial.is_busy and not self._is_stopping:
            self._is_stopping = True
            self.trial.stop()
        else:
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the engine."""
        event.accept()
        self.trial.shut_down()
        self.closed.emit()

    # --- what is shown ------------------------------------------------------------------------

    @Slot()
    def _refresh(self) -> None:
        is_busy = self.trial.is_busy
        if is_busy and self.ask_button.hasFocus():
            self.question.setFocus()  # before the keyboard is given to whatever follows
        self.ask_button.setEnabled(not is_busy and bool(self.question.text().strip()))
        if not is_busy and self.stop_button.hasFocus():
            self.question.setFocus()
        self.stop_button.setEnabled(is_busy)
        self.note.setText(
            self.tr(
                "The memory does not suffice for both: the model of the chat makes room, and "
                "comes back as it was when this is closed."
            )
        )
        self.note.setVisible(self._makes_room)

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        tried = self.trial.tried
        base = model_texts.name(tried.base)
        self.setWindowTitle(self.tr("Try “{name}”").format(name=tried.name))
        self.explanation.setText(
            self.tr(
                "Each question is asked to both for itself, and nothing of it is kept. What the "
                "chat is set to stays as it is."
            )
        )
        before, after = self.columns
        before.set_title(self.tr("Before: {name}").format(name=base))
        if tried.tuned is None:
            text = model_texts.with_adapter(base, tried.name)
        else:
            text = model_texts.name(tried.tuned)
        after.set_title(self.tr("After: {name}").format(name=text))
        self.question.setPlaceholderText(self.tr("A question for both"))
        self.question.setAccessibleName(self.tr("A question for both"))
        self.ask_button.setText(self.tr("Ask both"))
        self.stop_button.setText(self.tr("Stop"))
        self.close_button.setText(self.tr("Close"))
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


class _Column(QFrame):
    """What one side says."""

    def __init__(self, side: TrialAnswers, theme: Theme, rendering: RenderServices) -> None:
        super().__init__()
        self.setObjectName("side")
        self.title = ElidedLabel()
        self.title.setObjectName("menuHeading")
        self.transcript = Transcript(theme, rendering)
        self.transcript.setMinimumSize(theme.px(120), theme.px(40))
        column = QVBoxLayout(self)
        column.setContentsMargins(1, theme.px(12), 1, theme.px(8))
        column.setSpacing(theme.px(4))
        self.title.setContentsMargins(theme.px(16), 0, theme.px(16), 0)
        column.addWidget(self.title)
        column.addWidget(self.transcript, 1)
        side.added.connect(self._on_added)
        side.changed.connect(self.transcript.refresh_row)
        side.finished.connect(self._on_finished)
        self.transcript.show_source(side)

    @Slot()
    def _on_added(self) -> None:
        self.transcript.refresh_ids()
        self.transcript.go_to_end()

    @Slot(int)
    def _on_finished(self, row_id: int) -> None:
        self.transcript.refresh_row(row_id)
        self.transcript.finish_row(row_id)

    def set_title(self, text: str) -> None:
        """Say who answers here."""
        self.title.setText(text)
        self.title.setToolTip(model_texts.as_tooltip(text))
        self.transcript.setAccessibleName(text)
