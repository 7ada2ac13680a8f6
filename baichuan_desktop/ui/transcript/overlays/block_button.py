"""The button that copies a code card or a table."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.transcript.overlays.icon_button import IconButton
from baichuan_desktop.ui.transcript.rows.flow import Key


class BlockButton(IconButton):
    """Copies one block of an entry.

    Signals:
        copy_requested: the key of the entry, and the number of the block in it.
    """

    copy_requested = Signal(object, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("copy", parent, says=True)
        self.key: Key | None = None
        self.number = 0
        self._is_table = False
        self.clicked.connect(self._on_clicked)

    def show_block(self, key: Key, number: int, *, is_table: bool) -> None:
        """Be the button of this block."""
        if (key, number, is_table) != (self.key, self.number, self._is_table):
            self.key, self.number, self._is_table = key, number, is_table
            self.retranslate()

    def retranslate(self) -> None:
        """Name it in the window's language."""
        self.set_name(self.tr("Copy"))
        what = self.tr("Copy the table") if self._is_table else self.tr("Copy the code")
        self.setAccessibleName(what)
        self.setToolTip(what)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    @Slot()
    def _on_clicked(self) -> None:
        if self.key is not None:
            self.copy_requested.emit(self.key, self.number)
            self.show_done()
