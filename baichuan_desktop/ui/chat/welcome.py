"""The page before anything was said."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from backends.events import ModelKind
from baichuan_desktop.ui.chat.model_use import Introduction
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import app_icon
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.models import model_texts

_WIDTH = 560  # pixels
_MOST_SUGGESTIONS = 4


class Welcome(QScrollArea):
    """Says what the model is and proposes a beginning.

    Signals:
        suggested: a text; whether it shall be sent at once or only be written into the field.
        as_chat_requested: the base model shall be used as a chat model.
    """

    suggested = Signal(str, bool)
    as_chat_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._introduction = Introduction(None)
        self.setObjectName("welcome")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        page.setObjectName("welcomePage")
        self._icon = QLabel()
        self._icon.setPixmap(app_icon().pixmap(64, 64))
        self.heading, self.text, self.notes = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("welcomeHeading")
        for label in (self.text, self.notes):
            label.setObjectName("welcomeText")
        font = self.text.font()
        font.setPointSizeF(font.pointSizeF() + 1)
        self.text.setFont(font)
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addStretch(3)
        for label in (self._icon, self.heading, self.text, self.notes):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addSpacing(14)
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._group.buttonClicked.connect(self._on_clicked)
        self.buttons = [QPushButton() for _ in range(_MOST_SUGGESTIONS)]
        for button in self.buttons:
            button.setObjectName("suggestion")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            self._group.addButton(button)
            column.addWidget(button)
        self.as_chat = QPushButton()
        self.as_chat.setObjectName("suggestion")
        self.as_chat.clicked.connect(self.as_chat_requested)
        column.addWidget(self.as_chat)
        column.addStretch(4)
        middle = QWidget()
        middle.setMaximumWidth(_WIDTH)
        middle.setLayout(column)
        row = QHBoxLayout(page)
        row.setContentsMargins(20, 16, 20, 8)
        row.addStretch(1)
        row.addWidget(middle, 1000)
        row.addStretch(1)
        self.setWidget(page)
        self.retranslate()

    def introduce(self, introduction: Introduction) -> None:
        """Show what there is to say of a model."""
        self._introduction = introduction
        self.retranslate()

    @property
    def _completes(self) -> bool:
        model = self._introduction.model
        return model is not None and model.kind is ModelKind.BASE and not self._introduction.as_chat

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        model, notes = self._introduction.model, self._introduction.notes
        suggestions: tuple[str, ...] = ()
        if model is None:
            self.heading.setText(self.tr("Welcome"))
            self.text.setText(self.tr("Choose a model at the top, or open a model folder."))
        elif model.bundled:
            self.heading.setText(self.tr("How can I help you with this app?"))
            self.text.setText(
                self.tr(
                    "This is the guide that ships with the app: a small model that answers "
                    "questions about Baichuan Desktop. It is not a general assistant. Open a "
                    "Baichuan model folder to chat about anything."
                )
            )
            suggestions = (
                self.tr("How do I open a model folder?"),
                self.tr("Does it work offline?"),
                self.tr("How much memory does a 7B model need?"),
                self.tr("How do I stop an answer?"),
            )
        elif self._completes:
            self.heading.setText(model_texts.name(model))
            self.text.setText(
                self.tr(
                    "This is a base model: it continues the text you write and does not chat. "
                    "Write the beginning of a text, such as this one:"
                )
            )
            suggestions = (
                self.tr("登鹳雀楼->王之涣\n夜雨寄北->", "a poem's title and its poet; keep it"),
            )
        elif self._introduction.as_chat:
            self.heading.setText(model_texts.name(model))
            self.text.setText(
                self.tr(
                    "This is a base model that you use as a chat model. It answers well only if it "
                    "was fine-tuned on conversations. “Use as chat model” in the Edit menu takes "
                    "this back."
                )
            )
        else:
            self.heading.setText(model_texts.name(model))
            self.text.setText(
                self.tr("What you write stays on this machine. What would you like to know?")
            )
        self.notes.setText("\n".join(map(error_texts.sentence, notes)))
        self.notes.setVisible(bool(notes))
        for button, text in zip(self.buttons, suggestions, strict=False):
            button.setProperty("suggestion", text)
            button.setText(text.replace("&", "&&"))
        for number, button in enumerate(self.buttons):
            button.setVisible(number < len(suggestions))
            button.setEnabled(self._introduction.is_loaded or self._completes)
        self.as_chat.setText(self.tr("It was fine-tuned on conversations: use as chat model"))
        self.as_chat.setVisible(self._completes)
        self.as_chat.setEnabled(self._introduction.is_loaded)

    @Slot(QAbstractButton)
    def _on_clicked(self, button: QAbstractButton) -> None:
        self.suggested.emit(button.property("suggestion"), not self._completes)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
