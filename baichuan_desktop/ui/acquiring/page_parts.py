"""What the pages of this room are made of."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def scrolled(body: QWidget) -> QScrollArea:
    """An area as wide as there is room, in which a body is scrolled that is too high for it.

    One that is too wide, for a long word in large letters, is scrolled too: nothing is cut off.
    """
    area = QScrollArea()
    area.setObjectName("settingsScroll")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has the keyboard
    area.setWidgetResizable(True)
    area.setWidget(body)
    return area
