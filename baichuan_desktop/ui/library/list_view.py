"""The list itself: what clicks and keys of a person mean, told by signals."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget
from typing_extensions import override

from baichuan_desktop.services.library.rows.actions import Action
from baichuan_desktop.services.library.rows.values import Entry, Heading, Key, Row
from baichuan_desktop.ui.library.list_model import ListModel
from baichuan_desktop.ui.library.row_painter import RowPainter
from baichuan_desktop.ui.look.theme import INTERFACE, Theme

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_CONTROL = Qt.KeyboardModifier.ControlModifier


class ListView(QListView):
    """A click chooses a row; nothing is loaded or removed by a click alone.

    Signals:
        row_changed: the Row that has the keyboard, or None.
        opened: Enter was pressed on a row, or it was clicked: what is known of it shall be seen.
        action_requested: the Action that a key asks for, and its Row.
        menu_requested: a Row or None, and a QPoint on the screen.
        up_pressed: the keyboard shall go to what is above the list.
    """

    row_changed = Signal(object)
    opened = Signal()
    action_requested = Signal(object, object)
    menu_requested = Signal(object, QPoint)
    up_pressed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("libraryList")
        self._theme = theme
        self.rows = ListModel(self)
        self.painter = RowPainter(self.rows, theme, self)
        self.note = ""  #: what is said where there are no rows
        self.setModel(self.rows)
        self.setItemDelegate(self.painter)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.selectionModel().currentChanged.connect(self._on_current)
        theme.changed.connect(self._restyle)

    # --- what is shown ----------------------------------------------------------------------------

    def show_entries(self, entries: Sequence[Entry], note: str) -> None:
        """Have these rows, or a note where there are none; the keyboard stays where it was."""
        row, number = self.current_row, max(self.currentIndex().row(), 0)
        self.note = note
        if self.rows.show_entries(entries):
            again = self.rows.place_of(row.key) if row is not None else None
            self._choose(self._nearest(number) if again is None else again)
        elif row is not None and self.current_row is not row:
            self.row_changed.emit(self.current_row)
        self.viewport().update()

    @property
    def current_row(self) -> Row | None:
        """The row that has the keyboard."""
        return self.rows.row(self.currentIndex())

    @Slot()
    def enter(self) -> None:
        """Give the keyboard to the row that is chosen."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def choose(self, model_id: str) -> None:
        """Choose the row of a model, and bring it into view; nothing where it is not shown."""
        self.choose_key(("model", model_id))

    def choose_key(self, key: Key) -> None:
        """The same of any row."""
        place = self.rows.place_of(key)
        if place is not None:
            self._choose(place)
            self.scrollTo(self.currentIndex())

    def _nearest(self, number: int) -> int | None:
        """The row itself or the next one that can be chosen; where none follows, one before it."""
        entries = self.rows.entries
        for places in (range(number, len(entries)), range(min(number, len(entries)) - 1, -1, -1)):
            for place in places:
                if not isinstance(entries[place], Heading):
                    return place
        return None

    def _choose(self, place: int | None) -> None:
        index = self.rows.index(place) if place is not None else QModelIndex()
        if index != self.currentIndex():
            self.selectionModel().setCurrentIndex(
                index, QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
        if not index.isValid():
            self.row_changed.emit(None)

    @Slot(QModelIndex)
    def _on_current(self, index: QModelIndex) -> None:
        self.row_changed.emit(self.rows.row(index))

    @Slot()
    def _restyle(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    # --- keys and clicks --------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Have F2 rename the model that is chosen, and not the conversation."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_F2
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter shows what is known, Ctrl+Enter loads, F2 renames, Delete asks to remove."""
        row, pressed = self.current_row, event.key()
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        match row:
            case _ if pressed == Qt.Key.Key_Menu or (pressed == Qt.Key.Key_F10 and shift):
                self._open_menu_by_key()
            case _ if pressed == Qt.Key.Key_Home:  # Qt would stop before a heading
                self._choose(self._nearest(0))
            case _ if pressed == Qt.Key.Key_Up and self.currentIndex().row() == self._nearest(0):
                self.up_pressed.emit()
            case None:
                super().keyPressEvent(event)
            case _ if pressed in _ENTER and event.modifiers() & _CONTROL:
                self.action_requested.emit(Action.LOAD, row)
            case _ if pressed in _ENTER:
                self.opened.emit()
            case _ if pressed == Qt.Key.Key_F2:
                self.action_requested.emit(Action.RENAME, row)
            case _ if pressed == Qt.Key.Key_Delete:
                self.action_requested.emit(Action.REMOVE, row)
            case _:
                super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click shows what is known of the row."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and self.rows.row(index) is not None:
            self.opened.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of the row under the mouse, or of the row that has the keyboard."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self._open_menu_by_key()
            return
        self.menu_requested.emit(self.rows.row(self.indexAt(event.pos())), event.globalPos())

    def _open_menu_by_key(self) -> None:
        index = self.currentIndex()
        self.scrollTo(index)
        rect = self.visualRect(index) if index.isValid() else QRect(0, 0, 0, 0)
        place = self.viewport().mapToGlobal(rect.bottomLeft() + QPoint(rect.height(), 0))
        self.menu_requested.emit(self.rows.row(index), place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid():
            self._choose(self._nearest(0))

    # --- drawing ----------------------------------------------------------------------------------

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or what is said where there are none."""
        super().paintEvent(event)
        if self.rows.entries or not self.note:
            return
        px = self._theme.px
        painter = QPainter(self.viewport())
        painter.setPen(QColor(self._theme.colours.muted))
        painter.setFont(self._theme.font(INTERFACE))
        room = self.viewport().rect().adjusted(px(12), px(12), -px(12), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, self.note)
        painter.end()
