"""What the pages of a job's dialog are made of."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget


def page_column(page: QWidget) -> QVBoxLayout:
    """The column in which a page stands, with its margins."""
    column = QVBoxLayout(page)
    column.setContentsMargins(24, 22, 24, 18)
    column.setSpacing(10)
    return column
