"""Copy and Select all: of the field that has the focus, else of the conversation."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit

from baichuan_desktop.ui.transcript.area import Transcript


class EditCommands(QObject):
    """What the Edit menu does with text."""

    def __init__(self, transcript: Transcript, parent: QObject) -> None:
        super().__init__(parent)
        self._transcript = transcript

    @Slot()
    def copy(self) -> None:
        """Copy what is selected."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QPlainTextEdit | QLineEdit):
            focused.copy()
        elif self._transcript.isVisible():
            self._transcript.copy()

    @Slot()
    def select_all(self) -> None:
        """Select the whole text."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QPlainTextEdit | QLineEdit):
            focused.selectAll()
        elif self._transcript.isVisible():
            self._transcript.select_all()
