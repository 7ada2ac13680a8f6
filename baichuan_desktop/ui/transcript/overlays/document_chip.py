"""The button over a question that names a document it was asked with, and shows what was given."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.look.labels import ElidedButton
from baichuan_desktop.ui.transcript.overlays.icon_button import IconButton
from baichuan_desktop.ui.transcript.rows.row import Row


class DocumentChip(IconButton, ElidedButton):
    """Names one document of a question, and how much of it the model was given.

    Signals:
        document_requested: the id of the row, and the number of the document in it, from 0.
    """

    document_requested = Signal(object, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("document", parent, says=True)
        self._row_id: int | None = None
        self._number = 0
        self.setObjectName("documentChip")
        self.clicked.connect(self._on_clicked)

    def show_document(self, row: Row, number: int) -> None:
        """Be the button of a document of this row."""
        self._row_id, self._number = row.id, number
        if self.text() != row.documents[number]:
            self.set_name(row.documents[number])

    def fitting(self, width: int, height: int) -> QSize:
        """Its size where there is so much room: a name that is too long is cut."""
        self.ensurePolished()  # without its style it is narrower
        return QSize(min(self.sizeHint().width(), width), height)

    @Slot()
    def _on_clicked(self) -> None:
        if self._row_id is not None:
            self.document_requested.emit(self._row_id, self._number)
