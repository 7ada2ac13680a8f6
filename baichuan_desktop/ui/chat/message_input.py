"""The field a message is written in."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from baichuan_desktop.ui.chat.long_lines import break_long_lines

_MOST_LINES = 8
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class MessageInput(QPlainTextEdit):
    """A field that grows with its text from one to eight lines.

    Signals:
        entered: Enter was pressed, and not to confirm an input method's text.
        long_lines_broken: so many pasted lines were too long for one line.
        focus_changed: whether the field has the keyboard.
    """

    entered = Signal()
    long_lines_broken = Signal(int)
    focus_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._composing = False  # an input method has text that is not confirmed yet
        font = self.font()
        font.setPointSizeF(font.pointSizeF() + 1)
        self.setFont(font)
        self.setTabChangesFocus(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(2)
        self.document().documentLayout().documentSizeChanged.connect(self._fit_height)
        self._fit_height()

    def set_text(self, text: str) -> None:
        """Put a text in place of what is there, the cursor at its end."""
        self.setPlainText(break_long_lines(text)[0])
        self.moveCursor(self.textCursor().MoveOperation.End)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter sends, Shift+Enter is a new line, Enter in an input method is its own."""
        if event.key() not in _ENTER:
            super().keyPressEvent(event)
        elif self._composing:
            event.accept()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.insertPlainText("\n")  # not the line separator that Qt would put
            self.ensureCursorVisible()
        else:
            self.entered.emit()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Note whether an input method is in the middle of a text."""
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste plain text, its longest lines broken: whole, but laid out in no time."""
        text, broken = break_long_lines(source.text())
        self.insertPlainText(text)
        self.ensureCursorVisible()
        if broken:
            self.long_lines_broken.emit(broken)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell the frame around the field, which is drawn differently then."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell the frame around the field, which is drawn differently then."""
        self._composing = False
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the height: a narrower field needs more lines."""
        super().resizeEvent(event)
        self._fit_height()

    @Slot()
    def _fit_height(self) -> None:
        needed = max(int(self.document().size().height()), 1)
        lines = min(needed, _MOST_LINES)
        height = lines * self.fontMetrics().lineSpacing() + 2 * self.document().documentMargin() + 4
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded
            if needed > _MOST_LINES
            else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        self.setFixedHeight(int(height))
