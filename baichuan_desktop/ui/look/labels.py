"""Labels whose text is shown as it is: names and messages come from files that anybody wrote."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def plain_label(text: str = "", *, wraps: bool = False) -> QLabel:
    """A label that takes no markup; one that wraps has as many lines as its text needs."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    return label
