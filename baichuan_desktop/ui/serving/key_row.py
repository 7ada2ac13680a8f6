"""The key that programs show: hidden until it is asked for, copied, made anew."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit

from backends.errors import ServerError
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.serving.copy_row import CopyRow, quiet_button


class Key(Protocol):
    """A key that is kept in a file."""

    def text(self) -> str:
        """The key; it is made where there is none. Raises KeyFileError."""
        ...

    def renew(self) -> str:
        """Another key, which holds from now on. Raises KeyFileError."""
        ...


class KeyRow(CopyRow):
    """Shows dots in place of the key.

    Signals:
        failed: the UserFacingError for which there is no key; None: there is one.
    """

    failed = Signal(object)

    def __init__(self, key: Key, theme: Theme) -> None:
        super().__init__(theme)
        self._key = key
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.show_key, self.renew = quiet_button(), quiet_button()
        self.show_key.setCheckable(True)
        self.add(self.show_key)
        self.add(self.renew)
        self.show_key.toggled.connect(self._on_shown)
        self.renew.clicked.connect(self._renew)

    def read(self) -> None:
        """Take the key as it is in its file now."""
        try:
            self.show_value(self._key.text())
        except ServerError as error:
            self.show_value("")
            self.failed.emit(error)

    @Slot()
    def _renew(self) -> None:
        try:
            self.show_value(self._key.renew())
            self.failed.emit(None)
        except ServerError as error:
            self.failed.emit(error)

    @Slot(bool)
    def _on_shown(self, is_shown: bool) -> None:
        modes = QLineEdit.EchoMode
        self.field.setEchoMode(modes.Normal if is_shown else modes.Password)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.say(self.tr("Key"), self.tr("Copy the key"))
        is_shown = self.show_key.isChecked()
        self.show_key.setText(self.tr("Hide") if is_shown else self.tr("Show"))
        self.show_key.setAccessibleName(self.tr("Show the key"))
        self.renew.setText(self.tr("New key"))
        self.renew.setToolTip(self.tr("Programs need the new one from then on"))
