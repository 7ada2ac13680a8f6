"""What the pages of a job's dialog are made of."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget


def page_column(page: QWidget) -> QVBoxLayout:
    """The column in which a page stands, with its margins."""
    column = QVBoxLayout(page)
    column.setContentsMargins(24, 22, 24, 18)
    column.setSpacing(10)
    return column


def page_label() -> QLabel:
    """A label of plain text, over several lines where it is long."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
