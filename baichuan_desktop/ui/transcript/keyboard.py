"""What the keys do in the transcript: move between rows, scroll, select."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QTextCursor

from baichuan_desktop.ui.transcript.rows.flow import Key
from baichuan_desktop.ui.transcript.rows_area import RowsArea
from baichuan_desktop.ui.transcript.selection import END, Place

_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier
_MOVES = {
    (Qt.Key.Key_Left, False): QTextCursor.MoveOperation.PreviousCharacter,
    (Qt.Key.Key_Right, False): QTextCursor.MoveOperation.NextCharacter,
    (Qt.Key.Key_Left, True): QTextCursor.MoveOperation.PreviousWord,
    (Qt.Key.Key_Right, True): QTextCursor.MoveOperation.NextWord,
    (Qt.Key.Key_Up, False): QTextCursor.MoveOperation.Up,
    (Qt.Key.Key_Down, False): QTextCursor.MoveOperation.Down,
    (Qt.Key.Key_Home, False): QTextCursor.MoveOperation.StartOfLine,
    (Qt.Key.Key_End, False): QTextCursor.MoveOperation.EndOfLine,
}


class Keyboard:
    """Does what a key asks for."""

    def __init__(self, area: RowsArea) -> None:
        self._area = area

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key meant something here."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = Qt.Key(event.key())
        if modifiers & _SHIFT and (key, bool(modifiers & _CONTROL)) in _MOVES:
            return self._select(_MOVES[key, bool(modifiers & _CONTROL)])
        match key, modifiers:
            case Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier:
                self._step(-1)
            case Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier:
                self._step(1)
            case Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier:
                self._page(-1)
            case Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier:
                self._page(1)
            case Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier:
                self._page(1)
            case Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier:
                self._page(-1)
            case Qt.Key.Key_Home, _ if not modifiers & _SHIFT:
                self._go_to_edge(0)
            case Qt.Key.Key_End, _ if not modifiers & _SHIFT:
                self._go_to_edge(len(self._area.flow.keys) - 1)
            case Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier:
                return self._deselect()
            case _:
                return False
        return True

    # --- rows ----------------------------------------------------------------------------------

    def _step(self, step: int) -> None:
        """Go to the row before or after; one that is higher than the viewport is scrolled first."""
        area = self._area
        keys = area.flow.keys
        if not keys:
            return
        number = self._number()
        if number is None:
            area.set_current(area.placed[-1].view.key.row_id if area.placed else None, ring=True)
            return
        if self._hidden(number, step):
            area.set_current(area.current, ring=True)
            area.scroll_by(step * max(area.flow.viewport // 2, 1))
            return
        row_id = keys[number].row_id
        while 0 <= number < len(keys) and keys[number].row_id == row_id:
            number += step
        if 0 <= number < len(keys):
            area.set_current(keys[number].row_id, ring=True)
            area.show_row(keys[number].row_id)
        else:
            area.set_current(row_id, ring=True)
            area.scroll_by(step * area.flow.viewport)

    def _number(self) -> int | None:
        current = self._area.current
        return None if current is None else self._area.flow.index(Key(current))

    def _last_piece(self, number: int) -> int:
        keys = self._area.flow.keys
        last = number
        while last + 1 < len(keys) and keys[last + 1].row_id == keys[number].row_id:
            last += 1
        return last

    def _hidden(self, number: int, step: int) -> bool:
        """Whether more of a row that is partly in sight lies in the direction of the step."""
        flow = self._area.flow
        last = self._last_piece(number)
        top = flow.top(number) - flow.offset
        bottom = flow.top(last) + flow.height(last) - flow.offset
        if bottom <= 0 or top >= flow.viewport:
            return False
        return bottom > flow.viewport if step > 0 else top < 0

    def _is_in_sight(self, number: int) -> bool:
        flow = self._area.flow
        top = flow.top(number) - flow.offset
        return top >= 0 and top + flow.height(number) <= flow.viewport

    def _page(self, direction: int) -> None:
        area = self._area
        area.scroll_page(direction)
        if area.placed:
            whole = [p for p in area.placed if self._is_in_sight(p.number)] or area.placed
            area.set_current((whole[-1] if direction > 0 else whole[0]).view.key.row_id, ring=True)

    def _go_to_edge(self, number: int) -> None:
        area = self._area
        if not area.flow.keys:
            return
        bar = area.verticalScrollBar()
        area.set_current(area.flow.keys[number].row_id, ring=True)
        bar.setValue(0 if number == 0 else bar.maximum())

    # --- selecting -----------------------------------------------------------------------------

    def select_all(self) -> None:
        """Select every row."""
        keys = self._area.flow.keys
        if keys:
            self._area.selection.start(Place(keys[0], 0), Place(keys[-1], END))
            self._area.viewport().update()

    def _deselect(self) -> bool:
        had = self._area.selection.span() is not None
        self._area.selection.clear()
        self._area.viewport().update()
        return had

    def _select(self, move: QTextCursor.MoveOperation) -> bool:
        """Extend the selection by a step; at the end of a text it goes on in the next row."""
        area, selection = self._area, self._area.selection
        if selection.caret is None:
            number = self._number()
            if number is None:
                return True
            begin = Place(area.flow.keys[number], 0)
            selection.start(begin, begin)
        caret = selection.caret
        assert caret is not None
        moved = self._moved(caret, move)
        if moved is not None:
            selection.caret = moved
            area.set_current(moved.key.row_id, ring=area.shows_ring)
            area.bring_into_sight(moved)
            area.viewport().update()
        return True

    def _moved(self, caret: Place, move: QTextCursor.MoveOperation) -> Place | None:
        view = self._area.rows.view(caret.key)
        number = self._area.flow.index(caret.key)
        if view is None or number is None:
            return None
        cursor = QTextCursor(view.body)
        cursor.setPosition(min(caret.position, view.length))
        before = cursor.position()
        cursor.movePosition(move)
        if cursor.position() != before:
            return Place(caret.key, cursor.position())
        back = move in (
            QTextCursor.MoveOperation.PreviousCharacter,
            QTextCursor.MoveOperation.PreviousWord,
            QTextCursor.MoveOperation.Up,
        )
        forward = move in (
            QTextCursor.MoveOperation.NextCharacter,
            QTextCursor.MoveOperation.NextWord,
            QTextCursor.MoveOperation.Down,
        )
        keys = self._area.flow.keys
        if back and number > 0:
            above = self._area.rows.view(keys[number - 1])
            return Place(keys[number - 1], above.length if above is not None else END)
        if forward and number + 1 < len(keys):
            return Place(keys[number + 1], 0)
        return None
