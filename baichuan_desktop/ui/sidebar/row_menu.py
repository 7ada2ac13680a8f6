"""The menu of a row: all that can be done with it, by the mouse and by keys."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop.services.chat.values import Conversation, Folder
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.sidebar.rows import row_texts
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    ConversationEntry,
    Entry,
    FolderEntry,
    HitEntry,
    TrashedEntry,
)

_MOST_NAME = 40  # characters of a folder's name in a menu


class Command(Enum):
    """What a menu offers."""

    RENAME = auto()
    PIN = auto()
    UNPIN = auto()
    MARK_UNREAD = auto()
    MARK_READ = auto()
    FILE = auto()  #: into the folder that is the argument; None is out of every folder
    FILE_IN_NEW = auto()
    DUPLICATE = auto()
    EXPORT = auto()
    DELETE = auto()
    NEW_CHAT = auto()
    NEW_TEMPORARY_CHAT = auto()
    NEW_FOLDER = auto()
    MOVE_UP = auto()
    MOVE_DOWN = auto()
    RESTORE = auto()
    DELETE_FOR_GOOD = auto()


class EntryMenu(QMenu):
    """Shown with `popup`; it deletes itself.

    Signals:
        commanded: a Command, the Entry it is for or None, and an argument.
    """

    commanded = Signal(object, object, object)

    def __init__(self, entry: Entry | None, folders: Sequence[Folder], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._entry = entry
        self._folders = folders
        match entry:
            case ConversationEntry(conversation):
                self._add(
                    self,
                    self.tr("&Rename"),
                    Command.RENAME,
                    is_offered=not conversation.is_temporary,
                )
                self._offer(conversation)
            case HitEntry(conversation):
                self._offer(conversation)
            case FolderEntry(folder):
                self._offer_folder(folder)
            case TrashedEntry():
                self._add(self, self.tr("&Restore"), Command.RESTORE)
                self.addSeparator()
                self._add(self, self.tr("&Delete for good…"), Command.DELETE_FOR_GOOD)
            case _:
                self._add(self, self.tr("New &chat"), Command.NEW_CHAT)
                self._add(self, self.tr("New &temporary chat"), Command.NEW_TEMPORARY_CHAT)
                self._add(self, self.tr("New &folder"), Command.NEW_FOLDER)
        self.triggered.connect(self._on_triggered)

    def _offer(self, conversation: Conversation) -> None:
        if not conversation.is_temporary:
            if conversation.is_pinned:
                self._add(self, self.tr("Un&pin"), Command.UNPIN)
            else:
                self._add(self, self.tr("&Pin"), Command.PIN)
        if conversation.is_unread:
            self._add(self, self.tr("&Mark as read"), Command.MARK_READ)
        else:
            self._add(self, self.tr("&Mark as unread"), Command.MARK_UNREAD)
        if not conversation.is_temporary:
            self._offer_folders(conversation)
            self._add(self, self.tr("D&uplicate"), Command.DUPLICATE)
            self._offer_export()
        self.addSeparator()
        self._add(self, self.tr("&Delete"), Command.DELETE)

    def _offer_folders(self, conversation: Conversation) -> None:
        menu = QMenu(self.tr("Move to &folder"), self)
        self.addMenu(menu)
        ids = {folder.id for folder in self._folders}
        home = conversation.folder_id if conversation.folder_id in ids else None
        none = self._add(menu, self.tr("No folder"), Command.FILE)
        none.setCheckable(True)
        none.setChecked(home is None)
        for folder in self._folders:
            name = row_texts.folder_name(folder)
            shown = name if len(name) <= _MOST_NAME else name[:_MOST_NAME] + "…"
            action = self._add(menu, shown.replace("&", "&&"), Command.FILE, folder.id)
            action.setCheckable(True)
            action.setChecked(folder.id == home)
        menu.addSeparator()
        self._add(menu, self.tr("&New folder"), Command.FILE_IN_NEW)

    def _offer_folder(self, folder: Folder) -> None:
        ids = [one.id for one in self._folders]
        self._add(self, self.tr("&Rename"), Command.RENAME)
        up = self._add(self, self.tr("Move &up"), Command.MOVE_UP)
        up.setEnabled(folder.id != ids[0])
        down = self._add(self, self.tr("Move d&own"), Command.MOVE_DOWN)
        down.setEnabled(folder.id != ids[-1])
        self._add(self, self.tr("New &folder"), Command.NEW_FOLDER)
        self._offer_export()
        self.addSeparator()
        self._add(self, self.tr("&Delete the folder"), Command.DELETE)

    def _offer_export(self) -> None:
        """Grey where an administrator turned it off, which is said then."""
        action = self._add(self, self.tr("E&xport…"), Command.EXPORT)
        if (refusal := off_here(Feature.EXPORT_CONVERSATIONS)) is not None:
            action.setEnabled(False)
            action.setToolTip(as_tooltip(error_texts.message(refusal)))
            self.setToolTipsVisible(True)

    def _add(
        self,
        menu: QMenu,
        text: str,
        command: Command,
        argument: object = None,
        *,
        is_offered: bool = True,
    ) -> QAction:
        action = menu.addAction(text)
        action.setData((command, argument))
        action.setVisible(is_offered)
        if command is Command.RENAME:
            action.setShortcut(Qt.Key.Key_F2)  # is only shown: the list hears the key
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        return action

    @Slot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        command, argument = action.data()
        self.commanded.emit(command, self._entry, argument)
