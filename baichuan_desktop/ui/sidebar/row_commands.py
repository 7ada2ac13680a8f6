"""Does what was chosen in the menu of a row."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.sidebar.controller import SidebarController
from baichuan_desktop.ui.sidebar.row_menu import Command
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    Entry,
    FolderEntry,
    TrashedEntry,
    conversation_of,
)
from baichuan_desktop.ui.sidebar.rows.list_view import ListView
from baichuan_desktop.ui.sidebar.trash_head import ForGoodQuestion


class RowCommands(QObject):
    """Asks the controller, has names written in the list, and asks before anything is gone.

    Signals:
        new_chat_requested, temporary_chat_requested: of the window.
        duplicate_requested: a conversation's id.
        export_requested: the id of a conversation or None, and of a folder or None.
        list_wanted: the conversations shall be seen, not what was found nor the trash.
    """

    new_chat_requested = Signal()
    temporary_chat_requested = Signal()
    duplicate_requested = Signal(object)
    export_requested = Signal(object, object)
    list_wanted = Signal()

    def __init__(self, controller: SidebarController, rows: ListView, parent: QWidget) -> None:
        super().__init__(parent)
        self._controller = controller
        self._list = rows
        self._window = parent

    @Slot(object, object, object)
    def run(self, command: Command, entry: Entry | None, argument: int | None) -> None:
        """Do what was chosen for a row; None: for no row in particular."""
        match command:
            case Command.NEW_CHAT:
                self.new_chat_requested.emit()
            case Command.NEW_TEMPORARY_CHAT:
                self.temporary_chat_requested.emit()
            case Command.NEW_FOLDER:
                self.make_folder()
            case Command.RENAME if entry is not None:
                self._list.rename(entry)
            case _ if isinstance(entry, FolderEntry):
                self._run_for_folder(command, entry.folder.id)
            case _ if entry is not None and (conversation := conversation_of(entry)) is not None:
                self._run_for_conversation(command, conversation.id, argument)

    def _run_for_folder(self, command: Command, folder_id: int) -> None:
        place = self._controller.place_of(folder_id)
        match command:
            case Command.MOVE_UP if place is not None:
                self._controller.move_folder(folder_id, place - 1)
            case Command.MOVE_DOWN if place is not None:
                self._controller.move_folder(folder_id, place + 1)
            case Command.EXPORT:
                self.export_requested.emit(None, folder_id)
            case Command.DELETE:
                self._controller.delete_folder(folder_id)

    def _run_for_conversation(self, command: Command, id_: int, argument: int | None) -> None:
        controller = self._controller
        match command:
            case Command.PIN | Command.UNPIN:
                controller.set_pinned(id_, command is Command.PIN)
            case Command.MARK_UNREAD | Command.MARK_READ:
                controller.set_unread(id_, command is Command.MARK_UNREAD)
            case Command.FILE:
                controller.file(id_, argument)
            case Command.FILE_IN_NEW:
                folder_id = self.make_folder()
                controller.file(id_, folder_id)
                controller.set_folder_open(folder_id, True)  # it is seen where it went
            case Command.DUPLICATE:
                self.duplicate_requested.emit(id_)
            case Command.EXPORT:
                self.export_requested.emit(id_, None)
            case Command.DELETE:
                controller.delete(id_)
            case Command.RESTORE:
                controller.restore(id_)
            case Command.DELETE_FOR_GOOD:
                self._ask_to_delete(frozenset({id_}))

    @Slot()
    def make_folder(self) -> int:
        """Make a folder and ask for its name in place; its id."""
        folder_id = self._controller.new_folder(self.tr("New folder"))
        self.list_wanted.emit()
        row = self._list.rows.row_of(("folder", folder_id))
        if row is not None:
            self._list.rename(self._list.rows.entries[row])
        return folder_id

    @Slot()
    def ask_to_empty_trash(self) -> None:
        """Ask whether everything in the trash shall be deleted for good."""
        entries = self._controller.entries
        self._ask_to_delete(
            frozenset(one.conversation.id for one in entries if isinstance(one, TrashedEntry))
        )

    def _ask_to_delete(self, ids: frozenset[int]) -> None:
        question = ForGoodQuestion(ids, self._window)
        question.confirmed.connect(self._controller.delete_for_good)
        question.open()
