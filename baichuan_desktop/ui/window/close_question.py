"""Asked before a window is closed while a job runs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

_WIDTH = 400  # pixels


class CloseQuestion(QDialog):
    """Accepted: close. Shown with `open`, which does not block."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("A copy is being written"))
        heading = QLabel(self.tr("Close the window and end the copy that is being written?"))
        heading.setObjectName("dialogHeading")
        text = QLabel(
            self.tr(
                "What is written so far stays in a folder that ends in “.partial”; the same copy, "
                "begun again, goes on from there."
            )
        )
        for label in (heading, text):
            label.setWordWrap(True)
            label.setMinimumWidth(_WIDTH)
        buttons = QDialogButtonBox()
        self.close_window = QPushButton(self.tr("Close the window"))
        self.close_window.setAutoDefault(False)
        self.stay = QPushButton(self.tr("Go on"))
        self.stay.setDefault(True)
        buttons.addButton(self.close_window, QDialogButtonBox.ButtonRole.DestructiveRole)
        buttons.addButton(self.stay, QDialogButtonBox.ButtonRole.RejectRole)
        self.close_window.clicked.connect(self.accept)
        self.stay.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(12)
        column.addWidget(heading)
        column.addWidget(text)
        column.addSpacing(6)
        column.addWidget(buttons)
