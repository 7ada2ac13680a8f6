"""Pastes that are too long for a field, and files that are pasted: they become documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal

LONGEST_PASTE = 8_000  #: characters that go into the field


class Pasting(QObject):
    """Takes from a field what is no part of a message.

    Signals:
        files: the Paths that were pasted.
        text: a text that is too long.
    """

    files = Signal(object)
    text = Signal(str)

    def __init__(self, takes_texts: Callable[[], bool], parent: QObject | None = None) -> None:
        """`takes_texts`: whether a text can become a document now."""
        super().__init__(parent)
        self._takes_texts = takes_texts

    def take(self, source: QMimeData) -> bool:
        """Whether what is pasted was taken; else it is the field's."""
        paths = [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]
        if paths:
            self.files.emit(paths)
            return True
        text = source.text() if source.hasText() else ""
        if len(text) > LONGEST_PASTE and self._takes_texts():
            self.text.emit(text)
            return True
        return False
