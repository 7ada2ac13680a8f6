"""The conversation as a list of messages, for a screen reader."""

from __future__ import annotations

import functools
from collections import OrderedDict

from PySide6.QtCore import QObject, QPoint, QRect, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
    QWindow,
)
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.transcript.overlays.placing import Overlays
from baichuan_desktop.ui.transcript.rows.flow import Key
from baichuan_desktop.ui.transcript.rows.pieces import FOLDED_LENGTH, is_long
from baichuan_desktop.ui.transcript.rows.row import Row
from baichuan_desktop.ui.transcript.rows.shown_text import shown_text
from baichuan_desktop.ui.transcript.rows_area import RowsArea

_KEPT = 200  # items that a screen reader asked for


class AccessibleRow(QAccessibleInterface):
    """One message: what was said, by whom, and the buttons that lie under it now."""

    def __init__(self, rows: AccessibleRows, row_id: int) -> None:
        super().__init__()
        self._rows = rows
        self.row_id = row_id

    def isValid(self) -> bool:
        """Whether the message is still there."""
        return self._rows.isValid() and self._rows.number_of(self.row_id) >= 0

    def object(self) -> QObject | None:  # type: ignore[override]  # the stub forbids what Qt allows
        """No object stands for a row."""
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]  # as above
        """The window that the row is in."""
        return self._rows.window()

    def parent(self) -> QAccessibleInterface:
        """The list."""
        return self._rows

    def childCount(self) -> int:
        """How many buttons lie over the row."""
        return len(self._stops())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]  # as above
        """One of the buttons."""
        stops = self._stops()
        if not 0 <= index < len(stops):
            return None
        return QAccessible.queryAccessibleInterface(stops[index])

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """The number of a button; -1 if it is another row's."""
        stops = self._stops()
        return next((n for n, stop in enumerate(stops) if stop is child.object()), -1)

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # None is Qt's null
        """The button at a point of the screen."""
        for stop in self._stops():
            if stop.rect().contains(stop.mapFromGlobal(QPoint(x, y))):
                return QAccessible.queryAccessibleInterface(stop)
        return None

    def rect(self) -> QRect:
        """Where the row is on the screen, or would be."""
        return self._rows.rect_of(self.row_id)

    def role(self) -> QAccessible.Role:
        """An item of a list."""
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        """Whether the keyboard is here, and whether the row is in sight."""
        state = QAccessible.State()
        state.focusable = True
        state.readOnly = True
        state.focused = self._rows.is_current(self.row_id)
        state.offscreen = not self._rows.is_in_sight(self.row_id)
        return state

    def text(self, text: QAccessible.Text) -> str:
        """The message with who wrote it, or what stands beside it."""
        row = self._rows.row(self.row_id)
        if row is None:
            return ""
        if text == QAccessible.Text.Name:
            return spoken(row)
        if text == QAccessible.Text.Description:
            return " ".join(part for part in (row.caution, *row.documents, row.footer) if part)
        return ""

    def setText(self, _text: QAccessible.Text, _value: str) -> None:
        """Nothing is changed this way."""

    def _stops(self) -> list[QWidget]:
        return self._rows.overlays.stops(self.row_id)


class AccessibleRows(QAccessibleInterface):
    """The list of all messages, those out of sight too."""

    def __init__(self, area: RowsArea, overlays: Overlays) -> None:
        super().__init__()
        self._area = area
        self.overlays = overlays
        self._items: OrderedDict[int, tuple[int, AccessibleRow]] = OrderedDict()

    # --- for its items -----------------------------------------------------------------------

    def number_of(self, row_id: int) -> int:
        """The number of a row, from 0; -1 if it is none."""
        return self._area.rows.position(row_id)

    def row(self, row_id: int) -> Row | None:
        """A row, asked for anew."""
        return self._area.rows.asked(row_id) if self.number_of(row_id) >= 0 else None

    def is_current(self, row_id: int) -> bool:
        """Whether the keyboard is at a row."""
        return self._area.hasFocus() and self._area.current == row_id

    def is_in_sight(self, row_id: int) -> bool:
        """Whether anything of a row is in sight."""
        return any(placed.view.key.row_id == row_id for placed in self._area.placed)

    def rect_of(self, row_id: int) -> QRect:
        """Where a row is on the screen, or would be."""
        area = self._area
        top = area.top_in_sight(Key(row_id))
        number = area.flow.index(Key(row_id))
        if top is None or number is None:
            return QRect()
        column = area.column()
        inside = QRect(column.left(), top, column.width(), area.flow.height(number))
        return QRect(area.viewport().mapToGlobal(inside.topLeft()), inside.size())

    def item(self, row_id: int) -> AccessibleRow:
        """The item of a row; the same one each time, as long as it is kept."""
        if row_id in self._items:
            self._items.move_to_end(row_id)
            return self._items[row_id][1]
        made = AccessibleRow(self, row_id)
        self._items[row_id] = (QAccessible.registerAccessibleInterface(made), made)
        if len(self._items) > _KEPT:
            _, (oldest, _item) = self._items.popitem(last=False)
            QAccessible.deleteAccessibleInterface(oldest)
        return made

    def forget_items(self) -> None:
        """Give back the items: Qt does not know that they belong to the transcript."""
        while self._items:
            _, (number, _item) = self._items.popitem()
            QAccessible.deleteAccessibleInterface(number)

    # --- the interface -------------------------------------------------------------------------

    def isValid(self) -> bool:
        """Whether the list is still there."""
        return True

    def object(self) -> QObject:
        """The transcript."""
        return self._area

    def window(self) -> QWindow | None:  # type: ignore[override]  # the stub forbids what Qt allows
        """The window that the list is in."""
        return self._area.window().windowHandle()

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]  # as above
        """What the transcript lies in."""
        above = self._area.parentWidget()
        return None if above is None else QAccessible.queryAccessibleInterface(above)

    def childCount(self) -> int:
        """How many messages there are."""
        return self._area.rows.count()

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]  # as above
        """A message by its number."""
        row_id = self._area.rows.id_at(index)
        return None if row_id is None else self.item(row_id)

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """The number of a message; -1 if it is none."""
        return self.number_of(child.row_id) if isinstance(child, AccessibleRow) else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # None is Qt's null
        """The message at a point of the screen."""
        point = self._area.viewport().mapFromGlobal(QPoint(x, y))
        if not self._area.viewport().rect().contains(point):
            return None
        placed = self._area.placed_at(point.y())
        return None if placed is None else self.item(placed.view.key.row_id)

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]  # as above
        """The message that the keyboard is at."""
        current = self._area.current
        return self.item(current) if current is not None and self.is_current(current) else None

    def rect(self) -> QRect:
        """Where the list is on the screen."""
        return QRect(self._area.mapToGlobal(QPoint(0, 0)), self._area.size())

    def role(self) -> QAccessible.Role:
        """A list."""
        return QAccessible.Role.List

    def state(self) -> QAccessible.State:
        """Whether it can have the keyboard, and has."""
        state = QAccessible.State()
        state.focusable = True
        state.focused = self._area.hasFocus()
        state.invisible = not self._area.isVisible()
        return state

    def text(self, text: QAccessible.Text) -> str:
        """The name of the list."""
        return self._area.accessibleName() if text == QAccessible.Text.Name else ""

    def setText(self, _text: QAccessible.Text, _value: str) -> None:
        """Nothing is changed this way."""


class Accessible(QObject):
    """Gives a transcript its interface, and tells a screen reader what happens in it."""

    def __init__(self, area: RowsArea, overlays: Overlays) -> None:
        super().__init__(area)
        self._area = area
        self.rows = AccessibleRows(area, overlays)
        area.destroyed.connect(self._on_destroyed)
        _install()

    def say(self, sentence: str) -> None:
        """Have a sentence read out."""
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._area, sentence))

    def tell_current(self) -> None:
        """Have the row read out that the keyboard came to."""
        current = self._area.current
        if current is not None and self._area.hasFocus() and QAccessible.isActive():
            event = QAccessibleEvent(self.rows.item(current), QAccessible.Event.Focus)
            QAccessible.updateAccessibility(event)

    @Slot()
    def _on_destroyed(self) -> None:
        self.rows.forget_items()


def spoken(row: Row) -> str:
    """A row as it is read out: who wrote it, and the text without its marks."""
    text = row.text[:FOLDED_LENGTH] if is_long(row.text) else shown_text(row)
    text = text or row.waiting
    return f"{row.speaker}: {text}" if row.speaker else text


@functools.cache
def _install() -> None:
    """Have Qt ask here for the interface of a transcript; once, it cannot be taken back."""
    QAccessible.installFactory(_made)


def _made(_name: str, thing: QObject | None) -> QAccessibleInterface | None:
    accessible = getattr(thing, "accessible", None)
    return accessible.rows if isinstance(accessible, Accessible) else None
