"""The button under a long text that shows all of it, or its beginning alone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.transcript.overlays.icon_button import IconButton
from baichuan_desktop.ui.transcript.rows.row import Row


class FoldButton(IconButton):
    """Shows all of a long text, or less of it again.

    Signals:
        fold_requested: the id of the row.
    """

    fold_requested = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("chevron", parent, says=True)
        self._row_id: int | None = None
        self._length = 0  # characters
        self._is_unfolded = False
        self.clicked.connect(self._on_clicked)

    def show_row(self, row: Row, *, is_unfolded: bool) -> None:
        """Be the button of this row."""
        now = (row.id, len(row.text), is_unfolded)
        if now != (self._row_id, self._length, self._is_unfolded):
            self._row_id, self._length, self._is_unfolded = now
            self.retranslate()

    def retranslate(self) -> None:
        """Name it in the window's language."""
        if self._is_unfolded:
            self.set_icon("chevron-up")
            self.set_name(self.tr("Show less"))
        else:
            self.set_icon("chevron")
            text = self.tr("Show all {count} characters")
            self.set_name(text.format(count=f"{self._length:,}"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    @Slot()
    def _on_clicked(self) -> None:
        if self._row_id is not None:
            self.fold_requested.emit(self._row_id)
