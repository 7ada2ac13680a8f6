"""The sidebar: its controls around the list, joined with who decides."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.ui.look.icons import line_icon, line_pixmap
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import INTERFACE, NOTE, Theme
from baichuan_desktop.ui.sidebar import sheet
from baichuan_desktop.ui.sidebar.controller import Showing, SidebarController
from baichuan_desktop.ui.sidebar.row_commands import RowCommands
from baichuan_desktop.ui.sidebar.row_menu import EntryMenu
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    ConversationEntry,
    Entry,
    FolderEntry,
    HitEntry,
)
from baichuan_desktop.ui.sidebar.rows.drops import Drop
from baichuan_desktop.ui.sidebar.rows.list_view import ListView
from baichuan_desktop.ui.sidebar.rows.measures import ICON
from baichuan_desktop.ui.sidebar.shelf import Shelf
from baichuan_desktop.ui.sidebar.trash_head import TrashHead
from baichuan_desktop.ui.sidebar.undo_toast import UndoToast
from baichuan_desktop.ui.writing.search_field import SearchField

_WIDTH, _BUTTON, _TOOL = 264, 36, 32  # pixels


class Sidebar(QFrame):
    """Shows the conversations; what is opened, made or duplicated is asked of the window.

    Ids are objects in these signals: they have 63 bits, and Qt's int has 32.

    Signals:
        new_chat_requested, settings_requested, collapse_requested: of their buttons.
        temporary_chat_requested: of a menu.
        open_requested: a conversation's id, a message's id or None, and the text searched for.
        duplicate_requested: a conversation's id.
        export_requested: the id of a conversation or None, and of a folder or None.
        left: the person is done here; the keyboard shall go back to where messages are written.
    """

    new_chat_requested = Signal()
    temporary_chat_requested = Signal()
    settings_requested = Signal()
    collapse_requested = Signal()
    open_requested = Signal(object, object, str)
    duplicate_requested = Signal(object)
    export_requested = Signal(object, object)
    left = Signal()

    def __init__(self, shelf: Shelf, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self._theme = theme
        self.controller = SidebarController(shelf, self)
        self.new_chat = QPushButton()
        self.new_chat.setObjectName("newChat")
        self.search = SearchField(theme, lambda: self.tr("Search chats"))
        self.trash_head = TrashHead(theme)
        self.list = ListView(theme)
        self.toast = UndoToast(theme)
        self._commands = RowCommands(self.controller, self.list, self)
        self.collapse, self.trash, self.settings = QToolButton(), QToolButton(), QToolButton()
        self.trash.setCheckable(True)
        self._lock, self.promise = QLabel(), plain_label()
        self.promise.setObjectName("muted")
        self._lay_out()
        self._connect()
        theme.changed.connect(self._restyle)
        self._restyle()
        self._retranslate()

    def _lay_out(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        for button in (self.collapse, self.trash, self.settings):
            button.setObjectName("sidebarTool")
        head.addWidget(self.new_chat, 1)
        head.addWidget(self.collapse)
        for widget in (self._lock, self.promise):
            foot.addWidget(widget)
        foot.addStretch(1)
        foot.addWidget(self.trash)
        foot.addWidget(self.settings)
        self._head, self._foot = head, foot
        self._column = QVBoxLayout(self)
        self._column.addLayout(head)
        self._search_row, self._toast_row = QHBoxLayout(), QHBoxLayout()
        self._search_row.addWidget(self.search)
        self._search_row.addWidget(self.trash_head)
        self._toast_row.addWidget(self.toast)
        self._column.addLayout(self._search_row)
        self._column.addWidget(self.list, 1)
        self._column.addLayout(self._toast_row)
        self._column.addLayout(foot)

    def _connect(self) -> None:
        controller, rows, commands = self.controller, self.list, self._commands
        commands.new_chat_requested.connect(self.new_chat_requested)
        commands.temporary_chat_requested.connect(self.temporary_chat_requested)
        commands.duplicate_requested.connect(self.duplicate_requested)
        commands.export_requested.connect(self.export_requested)
        commands.list_wanted.connect(self.close_search)
        self.new_chat.clicked.connect(self.new_chat_requested)
        self.new_chat.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.new_chat.customContextMenuRequested.connect(self._open_new_menu)
        self.collapse.clicked.connect(self.collapse_requested)
        self.settings.clicked.connect(self.settings_requested)
        self.trash.clicked.connect(controller.show_trash)
        self.trash_head.back_requested.connect(self._close_trash)
        self.trash_head.empty_requested.connect(commands.ask_to_empty_trash)
        self.search.searched.connect(controller.search)
        self.search.down_pressed.connect(rows.enter)
        self.search.entered.connect(self._open_first)
        self.search.left.connect(self.left)
        rows.chosen.connect(self._choose)
        rows.menu_requested.connect(self._open_menu)
        rows.new_folder_requested.connect(commands.make_folder)
        rows.fold_requested.connect(self._fold)
        rows.renamed.connect(self._rename)
        rows.rename_ended.connect(self._show_entries)
        rows.dropped.connect(self._drop)
        rows.left.connect(self._leave_list)
        self.toast.undo_requested.connect(controller.undo)
        controller.changed.connect(self._show_entries)
        controller.can_undo.connect(self.toast.show_deletion)
        undo = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self)
        undo.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        undo.activated.connect(controller.undo)

    # --- what the window tells and asks -----------------------------------------------------------

    @Slot(object)
    def show_open(self, conversation_id: int | None) -> None:
        """Mark the conversation that is open; None is a new one that is not kept yet."""
        if conversation_id is not None:
            self.controller.unfold_for(conversation_id)
        self.list.show_open(conversation_id)

    @Slot(object)
    def show_generating(self, ids: frozenset[int]) -> None:
        """Mark the conversations that are being answered."""
        self.list.show_generating(ids)

    @Slot(object)
    def refresh(self, conversation_id: int) -> None:
        """Show a conversation as it is kept now."""
        self.controller.refresh(conversation_id)

    @Slot()
    def read_again(self) -> None:
        """Show everything as it is kept now."""
        self.controller.reload()

    def focus_search(self) -> None:
        """Give the keyboard to the search."""
        self._close_trash()
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @Slot(result=bool)
    def close_search(self) -> bool:
        """Show the conversations again; whether something else was shown."""
        if self.controller.showing is Showing.LIST:
            return False
        self._close_trash()
        self.search.clear_now()
        return True

    def rename_open(self) -> None:
        """Open the field for the title of the conversation that is open."""
        open_id = self.list.rows.open_id
        if open_id is None:
            return
        self.close_search()
        self.controller.unfold_for(open_id)
        row = self.list.rows.row_of_conversation(open_id)
        if row is not None:
            self.list.rename(self.list.rows.entries[row])

    # --- what is shown ----------------------------------------------------------------------------

    @Slot()
    def _show_entries(self) -> None:
        """Show what the controller says, unless a title is being written just now."""
        if self.list.is_renaming:
            return
        showing = self.controller.showing
        notes = {
            Showing.LIST: self.tr("Your conversations will be listed here."),
            Showing.SEARCH: self.tr("Nothing was found."),
            Showing.TRASH: self.tr("The trash is empty."),
        }
        is_trash = showing is Showing.TRASH
        self.search.setVisible(not is_trash)
        self.trash_head.setVisible(is_trash)
        self.trash_head.show_count(len(self.controller.entries))
        self.trash.setChecked(is_trash)
        self.list.setAccessibleName(
            self.tr("Deleted conversations") if is_trash else self.tr("Conversations")
        )
        self.list.show_entries(self.controller.entries, notes[showing])
        if showing is Showing.LIST and not self.list.hasFocus():  # it may be new in the list
            self.list.show_open(self.list.rows.open_id)

    @Slot()
    def _close_trash(self) -> None:
        self.controller.show_trash(False)

    @Slot()
    def _leave_list(self) -> None:
        """Esc in the list: back to what was shown before, and then out of the sidebar."""
        match self.controller.showing:
            case Showing.LIST:
                self.left.emit()
            case Showing.TRASH:
                self._close_trash()
            case Showing.SEARCH:
                self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- what a person does -----------------------------------------------------------------------

    @Slot()
    def _open_first(self) -> None:
        entry = self.list.first_entry()
        if entry is not None and self.controller.showing is Showing.SEARCH:
            self._choose(entry)

    @Slot(object)
    def _choose(self, entry: Entry) -> None:
        match entry:
            case ConversationEntry(conversation):
                self.open_requested.emit(conversation.id, None, self.controller.query)
            case HitEntry(conversation, hit):
                self.open_requested.emit(conversation.id, hit.message_id, self.controller.query)
            case FolderEntry(folder, _, is_open):
                self.controller.set_folder_open(folder.id, not is_open)

    @Slot(object, bool)
    def _fold(self, entry: FolderEntry, is_open: bool) -> None:
        self.controller.set_folder_open(entry.folder.id, is_open)

    @Slot(object, str)
    def _rename(self, entry: Entry, name: str) -> None:
        match entry:
            case FolderEntry(folder):
                self.controller.rename_folder(folder.id, name)
            case ConversationEntry(conversation):
                self.controller.rename(conversation.id, name)

    @Slot(object)
    def _drop(self, drop: Drop) -> None:
        if drop.conversation_id is not None:
            self.controller.file(drop.conversation_id, drop.folder_id)
        elif drop.folder_id is not None:
            self.controller.move_folder(drop.folder_id, drop.place)

    @Slot(object, QPoint)
    def _open_menu(self, entry: Entry | None, place: QPoint) -> None:
        menu = EntryMenu(entry, self.controller.folders, self)
        menu.commanded.connect(self._commands.run)
        menu.popup(place)

    @Slot(QPoint)
    def _open_new_menu(self, place: QPoint) -> None:
        self._open_menu(None, self.new_chat.mapToGlobal(place))

    # --- look -------------------------------------------------------------------------------------

    @Slot()
    def _restyle(self) -> None:
        px, colours = self._theme.px, self._theme.colours
        self.setStyleSheet(sheet.stylesheet(self._theme))
        self.updateGeometry()
        self._column.setContentsMargins(0, px(10), 1, px(8))
        self._column.setSpacing(0)
        self._head.setContentsMargins(px(10), 0, px(11), 0)
        self._head.setSpacing(px(6))
        self._search_row.setContentsMargins(px(10), px(6), px(9), 0)
        self._toast_row.setContentsMargins(px(10), px(6), px(9), 0)
        self._foot.setContentsMargins(px(18), px(6), px(9), 0)
        self._foot.setSpacing(px(6))
        self.new_chat.setFixedHeight(px(_BUTTON))
        self.new_chat.setFont(self._theme.font(INTERFACE))
        self.promise.setFont(self._theme.font(NOTE))
        text, muted = QColor(colours.text), QColor(colours.muted)
        size = QSize(px(ICON + 1), px(ICON + 1))
        self.new_chat.setIcon(line_icon("plus", text, size=size.width()))
        self.new_chat.setIconSize(size)
        for button, name in (
            (self.collapse, "sidebar"),
            (self.trash, "trash"),
            (self.settings, "gear"),
        ):
            button.setFixedSize(px(_TOOL), px(_TOOL))
            button.setIcon(line_icon(name, muted, size=size.width()))
            button.setIconSize(size)
        scale = self.devicePixelRatioF()
        self._lock.setPixmap(line_pixmap("lock", muted, px(ICON), scale))

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Sidebar"))
        self.new_chat.setText(self.tr("New chat"))
        for button, text in (
            (self.collapse, self.tr("Hide the sidebar")),
            (self.trash, self.tr("Trash")),
            (self.settings, self.tr("Settings")),
        ):
            button.setToolTip(text)
            button.setAccessibleName(text)
        self.promise.setText(self.tr("Stays on this computer"))
        self._show_entries()

    def sizeHint(self) -> QSize:
        """As wide as designed."""
        return QSize(self._theme.px(_WIDTH), super().sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self.list.viewport().update()
