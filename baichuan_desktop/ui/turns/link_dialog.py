"""Asks before an address is opened, which is shown in full."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.printable import one_line
from baichuan_desktop.ui.look.labels import plain_label

_SCHEMES = ("http:", "https:", "mailto:")
_MOST_CHARACTERS = 8_000  # no browser takes more; longer ones are not opened
_SIZE = (520, 110)  # pixels, of the field with the address


def may_be_opened(address: str) -> bool:
    """Whether it is an address of the web or of mail, and not of a file or a program."""
    return len(address) <= _MOST_CHARACTERS and address.lower().startswith(_SCHEMES)


class LinkDialog(QDialog):
    """An address, and whether it shall be opened in another program.

    Signals:
        confirmed: the address.
    """

    confirmed = Signal(str)

    def __init__(self, address: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._address = address
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Open a link"))
        heading = plain_label(
            self.tr("Open this address in another program? It may reach the network."), wraps=True
        )
        heading.setObjectName("dialogHeading")
        self.field = QPlainTextEdit(one_line(address))
        self.field.setReadOnly(True)
        self.field.setTabChangesFocus(True)
        self.field.setMinimumSize(*_SIZE)
        self.field.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.field.setAccessibleName(self.tr("Address"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.open_button = buttons.addButton(
            self.tr("Open"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.copy_button = QPushButton(self.tr("Copy the address"))
        self.copy_button.setAutoDefault(False)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.accepted.connect(self._confirm)
        buttons.rejected.connect(self.reject)
        self.copy_button.clicked.connect(self._copy)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(14)
        column.addWidget(heading)
        column.addWidget(self.field)
        column.addWidget(buttons)
        cancel.setFocus()

    @Slot()
    def _confirm(self) -> None:
        self.accept()
        self.confirmed.emit(self._address)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._address)
