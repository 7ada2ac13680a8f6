"""Which row the menu is shown for, and where."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Slot

from baichuan_desktop.ui.transcript.overlays.placing import Overlays
from baichuan_desktop.ui.transcript.overlays.row_menu import RowFacts, RowMenu
from baichuan_desktop.ui.transcript.rows.flow import Key
from baichuan_desktop.ui.transcript.rows_area import RowsArea


class RowMenus(QObject):
    """Shows the one menu for the row that it is wanted for."""

    def __init__(self, area: RowsArea, overlays: Overlays) -> None:
        super().__init__(area)
        self._area = area
        self._overlays = overlays
        self.menu = RowMenu(area)

    @Slot(object)
    def show_for(self, row_id: int) -> None:
        """Show it under the last button of a row: about the row, whatever is selected."""
        bar = self._overlays.bars.get(row_id)
        if bar is not None:
            below = bar.more.mapToGlobal(QPoint(0, bar.more.height()))
            self._show(row_id, below, has_selection=False)

    def show_at(self, point: QPoint) -> None:
        """Show it for the row at a point of the viewport, and for what is selected."""
        placed = self._area.placed_at(point.y())
        if placed is not None:
            at = self._area.viewport().mapToGlobal(point)
            self._show(placed.view.key.row_id, at, has_selection=self._has_selection())

    def show_by_key(self) -> None:
        """Show it for the row that the keyboard is at, and for what is selected."""
        area = self._area
        if area.current is None and area.placed:
            area.set_current(area.placed[-1].view.key.row_id, ring=True)
        if area.current is None:
            return
        top = area.top_in_sight(Key(area.current)) or 0
        inside = min(max(top, 0), area.viewport().height() - 1)
        at = area.viewport().mapToGlobal(QPoint(area.column().left(), inside))
        self._show(area.current, at, has_selection=self._has_selection())

    def _has_selection(self) -> bool:
        return self._area.selection.span() is not None

    def _show(self, row_id: int, at: QPoint, *, has_selection: bool) -> None:
        view = self._area.rows.view(Key(row_id))
        if view is None:
            return
        facts = RowFacts(self._area.rows.is_plain(row_id), has_selection, view.links())
        self.menu.show_row(view.row, facts)
        self.menu.popup(at)
