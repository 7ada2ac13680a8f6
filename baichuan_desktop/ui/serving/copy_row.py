"""A value to be copied, with its name before it and buttons behind it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

_NAME_WIDTH = 100  # pixels of the design
_COPIED_MS = 1500  # for which the button says so


class CopyRow(QWidget):
    """The value can be selected, and not changed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.name = plain_label(wraps=True)
        self.name.setObjectName("muted")
        self.name.setFixedWidth(theme.px(_NAME_WIDTH))
        self.field = QLineEdit()
        self.field.setObjectName("field")
        self.field.setReadOnly(True)
        self.copy = quiet_button()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(6))
        self._row.addWidget(self.name)
        self._row.addWidget(self.field, 1)
        self._row.addWidget(self.copy)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(_COPIED_MS)
        self._copied.timeout.connect(self._say_copy)
        self.copy.clicked.connect(self._copy)

    @property
    def value(self) -> str:
        """What is copied."""
        return self.field.text()

    def show_value(self, value: str) -> None:
        """Show another value, from its beginning on."""
        if value != self.field.text():
            self.field.setText(value)
            self.field.setCursorPosition(0)

    def add(self, button: QPushButton) -> None:
        """Put a button at the end."""
        self._row.addWidget(button)

    def say(self, name: str, copies: str) -> None:
        """Say what the value is, and what its button does, in the language of the window."""
        self.name.setText(name)
        self.field.setAccessibleName(name)
        self.copy.setAccessibleName(copies)
        self._say_copy()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.value)
        self.copy.setText(self.tr("Copied"))
        self._copied.start()

    @Slot()
    def _say_copy(self) -> None:
        self.copy.setText(self.tr("Copy"))


def quiet_button() -> QPushButton:
    """A button that Enter does not press from elsewhere."""
    button = QPushButton()
    button.setAutoDefault(False)
    return button
