"""Where a person writes: the field, and the one button that sends or stops."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from baichuan_desktop.ui.chat.message_input import MessageInput
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.theme import Theme


class Composer(QFrame):
    """The field and its button. A draft leaves the field only when `submitted` has been taken.

    Signals:
        submitted: the person wants this text to be sent; the field still holds it.
        stop_requested: the person wants the answer to end.
        long_lines_broken: so many pasted lines were broken.
    """

    submitted = Signal(str)
    stop_requested = Signal()
    long_lines_broken = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._state = ChatState.WAITING
        self._completes = False
        self._has_text_above = False
        self.setObjectName("composer")
        self.input = MessageInput(self)
        self.button = QPushButton(self)
        self.button.setObjectName("primary")
        self.button.setIconSize(QSize(18, 18))
        self.button.setAutoDefault(False)
        self._hint = QLabel(self)
        self._hint.setObjectName("muted")
        self._hint.setIndent(2)  # in line with the text above
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout()
        row.addWidget(self._hint, 1)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 10, 10)
        layout.setSpacing(6)
        layout.addWidget(self.input)
        layout.addLayout(row)
        self.setFocusProxy(self.input)
        self.input.entered.connect(self._submit)
        self.input.textChanged.connect(self._refresh)
        self.input.long_lines_broken.connect(self.long_lines_broken)
        self.input.focus_changed.connect(self._show_focus)
        self.button.clicked.connect(self._press)
        theme.changed.connect(self._draw_icons)
        self._draw_icons()

    @property
    def state(self) -> ChatState:
        """What the button does now."""
        return self._state

    def text(self) -> str:
        """The draft in the field."""
        return self.input.toPlainText()

    def set_text(self, text: str) -> None:
        """Put a draft into the field, in place of what is there."""
        self.input.set_text(text)

    def clear(self) -> None:
        """Empty the field."""
        self.input.clear()

    def set_state(self, state: ChatState) -> None:
        """Have the button do what the state of the chat allows."""
        self._state = state
        self._refresh()

    def set_completion(self, completes: bool, *, has_text_above: bool = False) -> None:
        """Write for a base model; with text above, an empty field continues that text."""
        self._completes = completes
        self._has_text_above = has_text_above
        self._refresh()

    @Slot()
    def _press(self) -> None:
        if self._state is ChatState.ANSWERING:
            self.stop_requested.emit()
        else:
            self._submit()
        self.input.setFocus()

    @Slot()
    def _submit(self) -> None:
        if self._can_send():
            self.submitted.emit(self.text())

    def _can_send(self) -> bool:
        if self._state is not ChatState.READY:
            return False
        return bool(self.text().strip()) or (self._completes and self._has_text_above)

    @Slot(bool)
    def _show_focus(self, focused: bool) -> None:
        self.setProperty("focused", focused)
        self.style().unpolish(self)
        self.style().polish(self)

    @Slot()
    def _draw_icons(self) -> None:
        on, off = QColor(self._theme.colours.on_accent), QColor(self._theme.colours.disabled)
        self._icons = {
            name: line_icon(name, on, disabled=off, size=18) for name in ("send", "stop")
        }
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        stops = self._state in (ChatState.ANSWERING, ChatState.STOPPING)
        self.button.setText(self._button_text())
        self.button.setEnabled(self._state is ChatState.ANSWERING or self._can_send())
        self.button.setIcon(self._icons["stop" if stops else "send"])
        self.button.setToolTip(self.tr("Esc") if stops else self.tr("Enter"))
        self.input.setPlaceholderText(
            self.tr("Write the beginning of a text…")
            if self._completes
            else self.tr("Write a message…")
        )
        self.input.viewport().update()  # Qt leaves the placeholder of before on the screen
        self.input.setAccessibleName(
            self.tr("Text to continue") if self._completes else self.tr("Message")
        )
        self._hint.setText(self._hint_text())

    def _button_text(self) -> str:
        match self._state:
            case ChatState.ANSWERING:
                return self.tr("Stop")
            case ChatState.STOPPING:
                return self.tr("Stopping…")
        return self.tr("Continue") if self._completes else self.tr("Send")

    def _hint_text(self) -> str:
        match self._state:
            case ChatState.WAITING:
                return self.tr("You can write already; sending works when the model is loaded.")
            case ChatState.ANSWERING:
                return self.tr("Esc stops the answer")
            case ChatState.STOPPING:
                return ""
        if self._completes and self._has_text_above and not self.text():
            return self.tr("Enter continues the text above, or write a new beginning")
        if self._completes:
            return self.tr("Enter continues your text · Shift+Enter is a new line")
        return self.tr("Enter sends · Shift+Enter is a new line")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._refresh()
