"""The field that text is written in which is sent with Enter: messages, and edits of them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QResizeEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from baichuan_desktop.ui.writing import long_lines

_MOST_LINES, _FEWEST_LINES = 8, 2
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ENDING = (*_ENTER, Qt.Key.Key_Escape)  # an input method's text
#: With one of them a key is a command, also in the middle of an input method's text.
_COMMANDING = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


class TextField(QPlainTextEdit):
    """A field that grows with its text from one to eight lines.

    Its text is `text()`: what Qt calls the plain text has breaks that only the layout needs.

    Signals:
        entered: Enter was pressed, and not to confirm an input method's text.
        focus_changed: whether the field has the keyboard.
    """

    entered = Signal()
    focus_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._composing = False  # an input method has text that is not confirmed yet
        self._has_confirmed = False  # by an Enter that came to us while it had
        # The text was confirmed or given up just now: the key that did it may still come, for some
        # input methods send it after what it did. It is in the queue already.
        self._just_composed = QTimer(self)
        self._just_composed.setSingleShot(True)
        self.setTabChangesFocus(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._most_lines = _MOST_LINES
        self.document().setDocumentMargin(2)
        self.document().documentLayout().documentSizeChanged.connect(self._fit_height)
        self._fit_height()

    # --- the text -----------------------------------------------------------------------------

    def set_most_lines(self, lines: int) -> None:
        """Grow to so many lines where the window is too low for eight."""
        lines = min(max(lines, _FEWEST_LINES), _MOST_LINES)
        if lines != self._most_lines:
            self._most_lines = lines
            self._fit_height()

    def text(self) -> str:
        """What was written and pasted; its lines end with a line feed."""
        whole = QTextCursor(self.document())
        whole.select(QTextCursor.SelectionType.Document)
        return long_lines.text_of(whole)

    @property
    def is_composing(self) -> bool:
        """Whether an input method has text that is not confirmed yet; the field has none of it."""
        return self._composing

    def is_blank(self) -> bool:
        """Whether there is nothing but blanks; quick, for it is asked at every key."""
        return not self.toPlainText().strip()

    def set_text(self, text: str) -> None:
        """Put a text in place of what is there, the cursor at its end."""
        self.clear()
        self._insert(text)
        self.document().clearUndoRedoStacks()

    def insert(self, text: str) -> None:
        """Put a text where the cursor is, in place of what is selected; it can be undone."""
        self._insert(text)

    def _insert(self, text: str) -> None:
        cursor = self.textCursor()
        long_lines.insert(cursor, text)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Text alone; a file that is dropped is no text, and its path is not what was meant."""
        return source.hasText() and not any(url.isLocalFile() for url in source.urls())

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste plain text, of any length."""
        if self.canInsertFromMimeData(source):
            self._insert(source.text())

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy what was written, without the breaks of the layout."""
        data = QMimeData()
        data.setText(long_lines.text_of(self.textCursor()))
        return data

    # --- keys ---------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Take the keys of an input method's text from whoever has them for a shortcut."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_command = bool(event.modifiers() & _COMMANDING)
            if self._is_of_input_method(event) and not is_command:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter sends, Shift+Enter is a new line, Enter in an input method is its own."""
        key = event.key()
        if key in _ENDING and self._is_of_input_method(event):
            self._has_confirmed = self._composing
            self._just_composed.stop()
            event.accept()
        elif key in _ENTER:
            self._press_enter(event)
        else:
            self._join_before_erasing(event)
            super().keyPressEvent(event)

    def _press_enter(self, event: QKeyEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            cursor = self.textCursor()
            long_lines.insert_line(cursor)
            self.setTextCursor(cursor)
            self.ensureCursorVisible()
        else:
            self.entered.emit()

    def _is_of_input_method(self, event: QKeyEvent) -> bool:
        """Whether a key is meant for an input method that has text, or had it until just now."""
        if self._composing:
            return True
        return event.key() in _ENDING and self._just_composed.isActive()

    def _join_before_erasing(self, event: QKeyEvent) -> None:
        """Erase over a break of the layout as if there were none."""
        cursor = self.textCursor()
        if cursor.hasSelection() or event.key() not in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            return
        if event.key() == Qt.Key.Key_Backspace:
            if cursor.atBlockStart() and long_lines.goes_on(cursor.block()):
                cursor.deletePreviousChar()
        elif cursor.atBlockEnd() and long_lines.goes_on(cursor.block().next()):
            cursor.deleteChar()

    # --- input methods --------------------------------------------------------------------------

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Note whether an input method is in the middle of a text, and take what it has."""
        was_composing, self._composing = self._composing, bool(event.preeditString())
        if was_composing and not self._composing and not self._has_confirmed:
            self._just_composed.start(0)
        if not self._composing:
            self._has_confirmed = False
        text = event.commitString()
        if long_lines.is_short_line(text):
            super().inputMethodEvent(event)
            return
        # A clipboard of the input method's own: a paste like others.
        rest = QInputMethodEvent(event.preeditString(), event.attributes())
        rest.setCommitString("", event.replacementStart(), event.replacementLength())
        super().inputMethodEvent(rest)
        self._insert(text)

    # --- focus and size -------------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell the frame around the field, which is drawn differently then."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell the frame around the field, which is drawn differently then."""
        self._composing = self._has_confirmed = False
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the height: a narrower field needs more lines."""
        super().resizeEvent(event)
        self._fit_height()

    @Slot()
    def _fit_height(self) -> None:
        needed = max(int(self.document().size().height()), 1)
        lines = min(needed, self._most_lines)
        height = lines * self.fontMetrics().lineSpacing() + 2 * self.document().documentMargin() + 4
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded
            if needed > self._most_lines
            else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        self.setFixedHeight(int(height))
