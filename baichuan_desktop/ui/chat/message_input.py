"""The field a message is written in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.writing.text_field import TextField

_KEYPAD = Qt.KeyboardModifier.KeypadModifier  # as the arrows of a Mac have it


class MessageInput(TextField):
    """A text field that leads back to the last question.

    Signals:
        edit_last_requested: Up was pressed in the empty field.
        undo_requested: the keys that take back what was done last, which may be no writing.
    """

    edit_last_requested = Signal()
    undo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        #: Each may take what is pasted for itself, and says whether it did.
        self.takes: list[Callable[[QMimeData], bool]] = []

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste what nobody takes."""
        if not any(take(source) for take in self.takes):
            super().insertFromMimeData(source)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up in the empty field is about the last question."""
        is_up = event.key() == Qt.Key.Key_Up and not event.modifiers() & ~_KEYPAD
        if is_up and self.document().isEmpty() and not self.is_composing:
            self.edit_last_requested.emit()
        elif event.matches(QKeySequence.StandardKey.Undo) and not self.is_composing:
            self.undo_requested.emit()
        else:
            super().keyPressEvent(event)
