"""Editing one row in its place, wherever that is."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect, Signal, Slot

from baichuan_desktop.ui.transcript.overlays.editor import RowEditor
from baichuan_desktop.ui.transcript.rows.flow import Key
from baichuan_desktop.ui.transcript.rows.row import Row, RowAction
from baichuan_desktop.ui.transcript.rows_area import RowsArea


class Editing(QObject):
    """Holds the field over the row that is edited, and what was written when it was put away.

    The field lives as long as it is needed: it only goes out of sight with its row.

    Signals:
        edited: the id of a row, and the text that it is to have.
    """

    edited = Signal(object, str)

    def __init__(self, area: RowsArea) -> None:
        super().__init__(area)
        self._area = area
        self.editor: RowEditor | None = None
        self._written: dict[int, str] = {}  # by row, of conversations that are not on screen

    def begin(self, row: Row) -> None:
        """Open the field over a row, with what was written in it before."""
        if self.editor is not None:
            if self.editor.row_id == row.id:
                self.editor.setFocus()
                return
            self.put_away()
        text = self._written.pop(row.id, row.text)
        editor = RowEditor(row, text, self._area.style_of_rows, self._area.viewport())
        editor.confirmed.connect(self._on_confirmed)
        editor.left.connect(self._on_left)
        editor.height_changed.connect(self._fit)
        editor.let_confirm(RowAction.EDIT in row.actions)
        self.editor = editor
        self._area.flow.follows = False
        editor.resize(self._area.column().width(), editor.needed_height())
        self._fit()
        editor.show()
        self._area.show_row(row.id)
        editor.setFocus()

    def put_away(self) -> None:
        """Close the field; what was written in it is there when the row is edited again."""
        if self.editor is not None:
            if self.editor.is_changed():
                self._written[self.editor.row_id] = self.editor.text()
            self._close()

    def unfinished(self) -> dict[int, str]:
        """What was written in the place of rows, and neither confirmed nor given up."""
        if self.editor is None or not self.editor.is_changed():
            return dict(self._written)
        return {**self._written, self.editor.row_id: self.editor.text()}

    def resume(self) -> None:
        """Open the field that was put away with a row of the conversation on screen."""
        area = self._area
        if area.rows.source is None:
            return
        for row_id in self._written:
            if area.flow.index(Key(row_id)) is not None:
                self.begin(area.rows.source.row(row_id))
                return

    def follow_rows(self) -> None:
        """Put the field away if its row is gone, and let nobody confirm what cannot be taken."""
        if self.editor is None:
            return
        if self._area.flow.index(Key(self.editor.row_id)) is None:
            self.put_away()
        elif (source := self._area.rows.source) is not None:
            row = source.row(self.editor.row_id)
            self.editor.let_confirm(RowAction.EDIT in row.actions)

    def restyle(self) -> None:
        """Draw the field in the sizes of the rows."""
        if self.editor is not None:
            self.editor.set_style(self._area.style_of_rows)
            self._fit()

    @Slot()
    def place(self) -> None:
        """Put the field over its row."""
        if self.editor is None:
            return
        key = Key(self.editor.row_id)
        top = self._area.top_in_sight(key)
        view = self._area.rows.view(key)
        if top is None or view is None or not view.part.editor:
            return
        column = self._area.column()
        place = QRect(column.left(), top + view.at.origin.y(), column.width(), view.part.editor)
        if self.editor.geometry() != place:
            self.editor.setGeometry(place)

    def _close(self) -> None:
        editor, self.editor = self.editor, None
        if editor is None:
            return
        had_focus = editor.isAncestorOf(editor.window().focusWidget() or editor)
        self._area.rows.make_room_for_editor(editor.row_id, 0)
        editor.hide()
        editor.deleteLater()
        if had_focus:
            self._area.setFocus()
        self._area.arrange()

    @Slot()
    def _fit(self) -> None:
        """Make as much room for the field as its text needs."""
        if self.editor is not None:
            height = self.editor.needed_height()
            self._area.rows.make_room_for_editor(self.editor.row_id, height)
            self._area.arrange()

    @Slot(object, str)
    def _on_confirmed(self, row_id: int, text: str) -> None:
        self._close()
        self.edited.emit(row_id, text)

    @Slot()
    def _on_left(self) -> None:
        self._close()
