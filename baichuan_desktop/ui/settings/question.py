"""Asks before something is changed that cannot be taken back by one more click."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from baichuan_desktop.ui.look.labels import plain_label

_WIDTH = 380  # pixels


class Question(QDialog):
    """Is accepted where the person wants it. Shown with `open`, which does not block."""

    def __init__(self, heading: str, text: str, note: str, yes: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(heading)
        head = plain_label(heading, wraps=True)
        head.setObjectName("dialogHeading")
        self.text, left = plain_label(text, wraps=True), plain_label(note, wraps=True)
        left.setObjectName("muted")
        for label in (head, self.text, left):
            label.setMinimumWidth(_WIDTH)
            label.setVisible(bool(label.text()))
        buttons = QDialogButtonBox()
        self.yes, self.no = QPushButton(yes), QPushButton(self.tr("Cancel"))
        self.yes.setAutoDefault(False)
        self.no.setDefault(True)
        buttons.addButton(self.yes, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.no, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(12)
        for label in (head, self.text, left):
            column.addWidget(label)
        column.addSpacing(6)
        column.addWidget(buttons)
        self._column = column

    def insert(self, widget: QWidget) -> None:
        """Put something above the buttons."""
        self._column.insertWidget(self._column.count() - 2, widget)
