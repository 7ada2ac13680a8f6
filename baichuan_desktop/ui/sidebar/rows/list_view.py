"""The list itself: what clicks, keys and drags of a person mean, told by signals."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QFrame, QListView, QWidget
from typing_extensions import override

from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    ConversationEntry,
    Entry,
    FolderEntry,
    Group,
    Heading,
    HitEntry,
    conversation_of,
)
from baichuan_desktop.ui.sidebar.rows.drops import Drop, drop_at
from baichuan_desktop.ui.sidebar.rows.list_model import ListModel
from baichuan_desktop.ui.sidebar.rows.measures import ROW
from baichuan_desktop.ui.sidebar.rows.row_painter import RowPainter

_TURN_MS = 120  # between two steps of the ring: it is seen to turn, and costs little
_TURN_DEGREES = 40

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ListView(QListView):
    """No key deletes anything; what deletes is in the menu of a row, which a key opens too.

    Signals:
        chosen: an Entry was clicked, or Enter was pressed on it.
        menu_requested: an Entry or None, and a QPoint on the screen.
        new_folder_requested: of the button of a heading.
        fold_requested: a FolderEntry, and whether it shall be open.
        renamed: an Entry and its new name.
        dropped: a Drop: what was dragged, and where to.
        left: Esc was pressed.
        rename_ended: the field of a title is closed.
    """

    chosen = Signal(object)
    menu_requested = Signal(object, QPoint)
    new_folder_requested = Signal()
    fold_requested = Signal(object, bool)
    renamed = Signal(object, str)
    dropped = Signal(object)
    left = Signal()
    rename_ended = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = ListModel(self)
        self.painter = RowPainter(self.rows, theme, self)
        self._theme = theme
        self._drop: Drop | None = None
        self._renames: Entry | None = None
        self._pressed = QPersistentModelIndex()
        self.note = ""  #: what is said where there are no rows
        self.setModel(self.rows)
        self.setItemDelegate(self.painter)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(False)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._turning = QTimer(self)
        self._turning.setInterval(_TURN_MS)
        self._turning.timeout.connect(self._turn)
        self.painter.closeEditor.connect(self._end_rename)
        theme.changed.connect(self._restyle)

    # --- what is shown ----------------------------------------------------------------------------

    @property
    def is_renaming(self) -> bool:
        """Whether a title is being written; rows that move would end that."""
        return self._renames is not None

    def show_entries(self, entries: list[Entry], note: str) -> None:
        """Have these rows, or a note where there are none; the keyboard stays where it was."""
        current, row = self.rows.entry(self.currentIndex()), self.currentIndex().row()
        self.note = note
        self.rows.show_entries(entries)
        if current is not None:
            self._set_current(self._row_again(current, row))
        self.viewport().update()

    def _row_again(self, entry: Entry, row: int) -> int | None:
        """Where an entry is now, or what stands in its place."""
        again = self.rows.row_of(entry.key)
        conversation = conversation_of(entry)
        if again is None and isinstance(entry, ConversationEntry) and conversation is not None:
            again = self.rows.row_of_conversation(conversation.id)
        return self._nearest(row) if again is None else again

    def show_open(self, conversation_id: int | None) -> None:
        """Mark the conversation that is open, and bring it into view."""
        self.rows.show_open(conversation_id)
        if conversation_id is None:
            return
        row = self.rows.row_of_conversation(conversation_id)
        current = self.rows.entry(self.currentIndex())
        is_there = isinstance(current, ConversationEntry) and self.rows.is_open(current)
        if row is not None and not is_there:
            self._set_current(row)

    def show_generating(self, ids: frozenset[int]) -> None:
        """Mark the conversations that are being answered."""
        self.rows.show_generating(ids)
        self._turn_or_rest()

    @Slot()
    def enter(self) -> None:
        """Give the keyboard to the first row that can be chosen."""
        row = self._nearest(0)
        if row is not None:
            self._set_current(row)
            self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def first_entry(self) -> Entry | None:
        """The first row that can be chosen."""
        row = self._nearest(0)
        return None if row is None else self.rows.entries[row]

    def rename(self, entry: Entry) -> None:
        """Open a field over the title of a row."""
        row = self.rows.row_of(entry.key)
        if row is None or not self.rows.flags(self.rows.index(row)) & Qt.ItemFlag.ItemIsEditable:
            return
        self._set_current(row)
        self.edit(self.rows.index(row))
        if self.state() == QAbstractItemView.State.EditingState:
            self._renames = entry

    def _nearest(self, row: int) -> int | None:
        """The row itself or the next one that can be chosen; where none follows, one before it."""
        entries = self.rows.entries
        for places in (range(max(row, 0), len(entries)), range(min(row, len(entries)) - 1, -1, -1)):
            for place in places:
                if not isinstance(entries[place], Heading):
                    return place
        return None

    def _set_current(self, row: int | None) -> None:
        index = self.rows.index(row) if row is not None else QModelIndex()
        if index != self.currentIndex():
            self.selectionModel().setCurrentIndex(
                index, QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    def _turn_or_rest(self) -> None:
        if not self.rows.generating or not self.isVisible():
            self._turning.stop()
        elif not self._turning.isActive():
            self._turning.start()

    @Slot()
    def _turn(self) -> None:
        """Turn the rings that are seen."""
        self.painter.turn = (self.painter.turn + _TURN_DEGREES) % 360
        for row in self.seen_rows():
            if self.rows.is_generating(self.rows.entries[row]):
                self.update(self.rows.index(row))

    def seen_rows(self) -> range:
        """The rows of which something is in the view."""
        height = self._theme.px(ROW)
        top = self.verticalScrollBar().value()
        bottom = top + self.viewport().height()
        return range(top // height, min(-(-bottom // height), len(self.rows.entries)))

    @Slot()
    def _restyle(self) -> None:
        self.painter.forget_drawings()
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def showEvent(self, event: QShowEvent) -> None:
        """Have the rings turn again."""
        super().showEvent(event)
        self._turn_or_rest()

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen does not turn."""
        super().hideEvent(event)
        self._turn_or_rest()

    # --- renaming ---------------------------------------------------------------------------------

    @override
    def commitData(self, editor: QWidget) -> None:
        """Tell the new name instead of writing it into the rows."""
        text = editor.property("text")
        if self._renames is not None and isinstance(text, str):
            self.renamed.emit(self._renames, text)

    @Slot(QWidget, QAbstractItemDelegate.EndEditHint)
    def _end_rename(self) -> None:
        self._renames = None
        self.rename_ended.emit()

    # --- keys and clicks --------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Have F2 and Esc mean what they mean here, and not what they mean in the window."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_F2, Qt.Key.Key_Escape)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, F2 renames, left and right fold, the menu key opens the menu."""
        entry = self.rows.entry(self.currentIndex())
        pressed, shift = event.key(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        match entry:
            case _ if self.is_renaming:
                event.ignore()  # the field of a title leaves Enter over; it is not for the row
            case _ if pressed in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
                event.ignore()
            case _ if pressed == Qt.Key.Key_Escape:
                self.left.emit()
            case _ if pressed == Qt.Key.Key_Menu or (pressed == Qt.Key.Key_F10 and shift):
                self._open_menu_by_key()
            case _ if pressed == Qt.Key.Key_Home:  # Qt would stop before a heading
                self._set_current(self._nearest(0))
            case None:
                super().keyPressEvent(event)
            case _ if pressed in _ENTER:
                self.chosen.emit(entry)
            case _ if pressed == Qt.Key.Key_F2:
                self.rename(entry)
            case FolderEntry() if pressed in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                self.fold_requested.emit(entry, pressed == Qt.Key.Key_Right)
            case ConversationEntry(place=int(folder_id)) if pressed == Qt.Key.Key_Left:
                self._set_current(self.rows.row_of(("folder", folder_id)))
            case _:
                super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click opens what it is on; the buttons in the rows open a menu, or make a folder."""
        was_dragging = self.state() == QAbstractItemView.State.DraggingState
        super().mouseReleaseEvent(event)
        if event.button() != Qt.MouseButton.LeftButton or was_dragging:
            return
        index = self.indexAt(event.position().toPoint())
        entry = self.rows.entry(index)
        if isinstance(entry, Heading):
            if entry.group is Group.FOLDERS and self._is_on_button(index, event):
                self.new_folder_requested.emit()
        elif entry is None or self._pressed != index:
            return
        elif self._is_on_button(index, event) and not isinstance(entry, HitEntry):
            self.menu_requested.emit(entry, event.globalPosition().toPoint())
        else:
            self.chosen.emit(entry)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a click begins."""
        self._pressed = QPersistentModelIndex(self.indexAt(event.position().toPoint()))
        super().mousePressEvent(event)

    def _is_on_button(self, index: QModelIndex, event: QMouseEvent) -> bool:
        button = self.painter.button(self.visualRect(index), self)
        return button.left() <= event.position().x() <= button.right()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of the row under the mouse, or of the row that has the keyboard."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self._open_menu_by_key()
            return
        index = self.indexAt(event.pos())
        self.menu_requested.emit(self.rows.entry(index), event.globalPos())

    def _open_menu_by_key(self) -> None:
        index = self.currentIndex()
        self.scrollTo(index)
        rect = self.visualRect(index) if index.isValid() else QRect(0, 0, 0, 0)
        place = self.viewport().mapToGlobal(rect.bottomLeft() + QPoint(rect.height(), 0))
        self.menu_requested.emit(self.rows.entry(index), place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is: on the row that is open, or on the first one."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid():
            self._set_current(self._nearest(0))

    # --- dragging ---------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take what was dragged out of this list."""
        if event.source() is self:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where it would go."""
        super().dragMoveEvent(event)  # scrolls near the edges
        self._show_drop(self._drop_of(event))
        if self._drop is None:
            event.ignore()
        else:
            event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing would go anywhere."""
        super().dragLeaveEvent(event)
        self._show_drop(None)

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell what was dropped where; whoever hears it moves the row."""
        drop = self._drop_of(event)
        self._show_drop(None)
        self.stopAutoScroll()
        self.setState(QAbstractItemView.State.NoState)
        if drop is None:
            event.ignore()
            return
        event.accept()
        self.dropped.emit(drop)

    def _drop_of(self, event: QDropEvent) -> Drop | None:
        point = event.position().toPoint()
        index = self.indexAt(point)
        rect = self.visualRect(index)
        share = (point.y() - rect.top()) / rect.height() if index.isValid() else 1.0
        row = index.row() if index.isValid() else len(self.rows.entries) - 1
        return drop_at(self.rows.entries, event.mimeData(), row, share)

    def _show_drop(self, drop: Drop | None) -> None:
        self._drop = drop
        self.painter.drop_row = None if drop is None else drop.into_row
        self.viewport().update()

    # --- drawing ----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, and over them where what is dragged would go between two of them."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        colours, px = self._theme.colours, self._theme.px
        if not self.rows.entries and self.note:
            painter.setPen(QColor(colours.muted))
            painter.setFont(self._theme.font(NOTE))
            room = self.viewport().rect().adjusted(px(20), px(12), -px(20), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, self.note)
        if self._drop is not None and self._drop.before_row is not None:
            row = min(self._drop.before_row, len(self.rows.entries) - 1)
            rect = self.visualRect(self.rows.index(row))
            y = rect.top() if row == self._drop.before_row else rect.bottom()
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawLine(rect.left() + px(12), y, rect.right() - px(12), y)
        painter.end()
