"""What the mouse does in the transcript: selects, follows links, shows where it is."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QEnterEvent, QMouseEvent, QTextCursor
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.transcript.rows_area import RowsArea
from baichuan_desktop.ui.transcript.selection import Place

_SCROLL_MS = 33  # between two steps while a selection is drawn beyond the edge
_FASTEST = 120  # pixels of such a step


class _Unit(Enum):
    """What a selection grows by."""

    CHARACTER = 0
    WORD = 1
    PARAGRAPH = 2


class Pointer(QObject):
    """Turns what the mouse does into selections, links and the row that is under it.

    Signals:
        hovered: the id of the row under the mouse is another one, or None.
        link_hovered: the address under the mouse is another one, or None.
        link_clicked: an address was clicked.
    """

    hovered = Signal(object)
    link_hovered = Signal(object)
    link_clicked = Signal(str)

    def __init__(self, area: RowsArea) -> None:
        super().__init__(area)
        self._area = area
        self._unit = _Unit.CHARACTER
        self._is_selecting = False
        self._pressed_link: str | None = None
        self._pressed_at = QPoint()
        self._mouse = QPoint()
        self.row: int | None = None  #: the row under the mouse
        self.link: str | None = None  #: the address under it
        self._third = QTimer(self)  # runs while one more click is the third
        self._third.setSingleShot(True)
        self._scrolling = QTimer(self)
        self._scrolling.setInterval(_SCROLL_MS)
        self._scrolling.timeout.connect(self._on_scroll)
        area.arranged.connect(self._on_arranged)

    def press(self, event: QMouseEvent) -> None:
        """Begin to select, or go on with what is selected where Shift is held."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        place = self._area.place_at(point)
        if place is None:
            return
        self._pressed_at, self._pressed_link = point, self._link_at(point)
        self._is_selecting = True
        self._area.set_current(place.key.row_id, ring=False)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._extend(place)
        elif self._third.isActive():
            self._third.stop()
            self._start(place, _Unit.PARAGRAPH)
        else:
            self._start(place, _Unit.CHARACTER)

    def double_click(self, event: QMouseEvent) -> None:
        """Select a word; a third click selects the paragraph."""
        place = self._area.place_at(event.position().toPoint())
        if place is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        self._pressed_link = None
        self._is_selecting = True
        self._start(place, _Unit.WORD)
        self._third.start(QApplication.doubleClickInterval())

    def move(self, event: QMouseEvent) -> None:
        """Extend the selection, or show what is under the mouse."""
        self._mouse = event.position().toPoint()
        if not (self._is_selecting and event.buttons() & Qt.MouseButton.LeftButton):
            self._is_selecting = False
            self._look()
            return
        moved = (self._mouse - self._pressed_at).manhattanLength()
        if moved >= QApplication.startDragDistance():
            self._pressed_link = None
        self._select_to_mouse()
        outside = not 0 <= self._mouse.y() < self._area.viewport().height()
        if outside and not self._scrolling.isActive():
            self._scrolling.start()

    def release(self, event: QMouseEvent) -> None:
        """End selecting; a link that was clicked is asked for."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self._is_selecting = False
        self._scrolling.stop()
        link = self._pressed_link
        self._pressed_link = None
        if link is not None and link == self._link_at(event.position().toPoint()):
            self.link_clicked.emit(link)

    def enter(self, event: QEnterEvent) -> None:
        """Take note of where the mouse is: rows may come to a mouse that never moved here."""
        at = self._area.mapToGlobal(event.position())
        self._mouse = self._area.viewport().mapFromGlobal(at).toPoint()
        if not self._is_selecting:
            self._look()

    def leave(self) -> None:
        """Take note that the mouse is elsewhere."""
        self._set_row(None)
        self._set_link(None)

    # --- selecting ---------------------------------------------------------------------------

    def _start(self, place: Place, unit: _Unit) -> None:
        self._unit = unit
        self._area.selection.start(*self._unit_at(place))
        self._area.viewport().update()

    def _extend(self, place: Place) -> None:
        self._area.selection.extend(*self._unit_at(place))
        self._area.viewport().update()

    def _select_to_mouse(self) -> None:
        place = self._area.place_at(self._mouse)
        if place is not None:
            self._extend(place)

    def _unit_at(self, place: Place) -> tuple[Place, Place]:
        """From where to where the character, word or paragraph at a place goes."""
        view = self._area.rows.view(place.key)
        if view is None or self._unit is _Unit.CHARACTER:
            return place, place
        cursor = QTextCursor(view.body)
        cursor.setPosition(min(place.position, view.length))
        if self._unit is _Unit.WORD:
            cursor.select(QTextCursor.SelectionType.WordUnderCursor)
            begin, end = cursor.selectionStart(), cursor.selectionEnd()
        else:
            block = cursor.block()
            begin, end = block.position(), block.position() + block.length() - 1
        return Place(place.key, begin), Place(place.key, end)

    @Slot()
    def _on_scroll(self) -> None:
        """Go on beyond the edge, the faster the further the mouse is outside."""
        height = self._area.viewport().height()
        y = self._mouse.y()
        outside = y if y < 0 else max(y - height + 1, 0)
        if not outside or not self._is_selecting:
            self._scrolling.stop()
            return
        self._area.scroll_by(max(-_FASTEST, min(outside, _FASTEST)))
        self._select_to_mouse()

    # --- what is under the mouse ---------------------------------------------------------------

    @Slot()
    def _on_arranged(self) -> None:
        """Rows may have moved under a mouse that stands still."""
        if not self._is_selecting and self._area.viewport().underMouse():
            self._look()

    def _look(self) -> None:
        self._set_row(self._row_at(self._mouse))
        self._set_link(self._link_at(self._mouse))
        shape = Qt.CursorShape.PointingHandCursor if self.link else Qt.CursorShape.IBeamCursor
        column = self._area.column()
        if not column.left() <= self._mouse.x() <= column.right():
            shape = Qt.CursorShape.ArrowCursor
        if self._area.viewport().cursor().shape() != shape:
            self._area.viewport().setCursor(shape)

    def _row_at(self, point: QPoint) -> int | None:
        """The row under a point; in the gap before a row it is the one whose buttons hang there."""
        row_id, end = None, 0
        for placed in self._area.placed:
            if row_id is not None and point.y() < placed.top + placed.view.at.ring.top():
                return row_id
            row_id = placed.view.key.row_id
            end = placed.top + max(placed.view.height, placed.view.at.bar.bottom() + 1)
        return row_id if point.y() < end else None

    def _link_at(self, point: QPoint) -> str | None:
        placed = self._area.placed_at(point.y())
        return None if placed is None else placed.view.link_at(self._area.inside(placed, point))

    def _set_row(self, row_id: int | None) -> None:
        if row_id != self.row:
            self.row = row_id
            self.hovered.emit(row_id)

    def _set_link(self, link: str | None) -> None:
        if link != self.link:
            self.link = link
            self.link_hovered.emit(link)
