"""Decides what the sidebar shows, and changes what is kept; it knows no widget."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import Enum, auto

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from baichuan_desktop.services.chat.values import Conversation, Folder
from baichuan_desktop.ui.look.one_line import MOST_NAME
from baichuan_desktop.ui.sidebar.rows import arrangement
from baichuan_desktop.ui.sidebar.rows.arrangement import ConversationEntry, Entry
from baichuan_desktop.ui.sidebar.shelf import Deletion, Shelf

_UNDOES = 50  # deletions that can be taken back one after the other
_LOOK_SECONDS = 600  # a clock can be set and a computer sleep: midnight is looked for so often


class Showing(Enum):
    """What the list shows."""

    LIST = auto()
    SEARCH = auto()
    TRASH = auto()


class SidebarController(QObject):
    """Everything is written to the store at once; lives in the window's thread.

    Signals:
        changed: `entries` or `showing` are others now.
        touched: a conversation was changed here, by its id; whoever has it open reads it again.
        deleted: a conversation was put into the trash, by its id.
        can_undo: a Deletion that can be taken back now, or None.
        unfolded: the ids of the folders whose conversations are seen, after one more or less.
    """

    changed = Signal()
    touched = Signal(object)
    deleted = Signal(object)
    can_undo = Signal(object)
    unfolded = Signal(object)

    def __init__(
        self,
        shelf: Shelf,
        parent: QObject | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._now = now
        self._conversations: dict[int, Conversation] = {}
        self._open_folders: set[int] = set()
        self._deletions: list[Deletion] = []
        self._query = ""
        self._is_trash_open = False
        self._day = self._today()
        self.folders: list[Folder] = []
        self.entries: list[Entry] = []
        self._midnight = QTimer(self)
        self._midnight.setSingleShot(True)
        self._midnight.timeout.connect(self._look_at_the_clock)
        self._wait_for_midnight()
        self.reload()
        self._empty_old_trash()

    # --- what is shown ----------------------------------------------------------------------------

    @property
    def showing(self) -> Showing:
        """What `entries` are."""
        if self._is_trash_open:
            return Showing.TRASH
        return Showing.SEARCH if self._query else Showing.LIST

    @property
    def query(self) -> str:
        """What is searched for; empty where nothing is."""
        return self._query

    def reload(self) -> None:
        """Read everything again."""
        self._conversations = {one.id: one for one in self._shelf.conversations()}
        self._arrange()

    def refresh(self, conversation_id: int) -> None:
        """Read one conversation again."""
        if self._read(conversation_id):
            self._arrange()

    def search(self, text: str) -> None:
        """Show where a text occurs; an empty one shows the list again."""
        text = text.strip()
        if text != self._query:
            self._query = text
            self._arrange()

    def show_trash(self, is_open: bool) -> None:
        """Show what was deleted, or what was shown before."""
        self._is_trash_open = is_open
        self._arrange()

    def set_folder_open(self, folder_id: int, is_open: bool) -> None:
        """Show what is in a folder, or only its name."""
        if is_open != (folder_id in self._open_folders):
            self._open_folders ^= {folder_id}
            self._arrange()
            known = {folder.id for folder in self.folders}
            self.unfolded.emit(frozenset(self._open_folders & known))

    @Slot(object)
    def unfold(self, folder_ids: Collection[int]) -> None:
        """Show what is in these folders, of which some may be gone, as it was seen before."""
        self._open_folders |= set(folder_ids)
        self._arrange()

    def unfold_for(self, conversation_id: int) -> None:
        """Open the folder of a conversation that is shown nowhere else."""
        conversation = self._conversations.get(conversation_id)
        if conversation is None or conversation.folder_id is None or conversation.is_pinned:
            return
        if any(folder.id == conversation.folder_id for folder in self.folders):
            self.set_folder_open(conversation.folder_id, True)

    def _read(self, conversation_id: int) -> bool:
        """Whether a conversation is another now than it was."""
        before = self._conversations.pop(conversation_id, None)
        now = self._shelf.conversation(conversation_id)
        if now is not None:
            self._conversations[conversation_id] = now
        return now != before

    def _arrange(self) -> None:
        self.folders = sorted(self._shelf.folders(), key=lambda one: (one.position, one.id))
        match self.showing:
            case Showing.TRASH:
                self.entries = arrangement.trashed(self._conversations.values(), self._now())
            case Showing.SEARCH:
                hits = self._shelf.search(self._query, arrangement.MOST_HITS + 1)
                self.entries = arrangement.found(hits, self._conversations)
            case Showing.LIST:
                newest = sorted(
                    self._conversations.values(), key=lambda one: (-one.updated, -one.id)
                )
                known = {
                    one.conversation.id: one
                    for one in self.entries
                    if isinstance(one, ConversationEntry) and one.hit is None
                }
                self.entries = arrangement.arranged(
                    newest, self.folders, self._open_folders, self._day, known
                )
        self.changed.emit()

    # --- conversations ----------------------------------------------------------------------------

    def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation a title of its own; an empty one changes nothing."""
        title = _name(title)
        if title:
            self._change([conversation_id], title=title, has_own_title=True)

    def set_pinned(self, conversation_id: int, is_pinned: bool) -> None:
        """Have a conversation at the top, or not any more."""
        self._change([conversation_id], is_pinned=is_pinned)

    def set_unread(self, conversation_id: int, is_unread: bool) -> None:
        """Mark a conversation as not read yet, or as read."""
        self._change([conversation_id], is_unread=is_unread)

    def file(self, conversation_id: int, folder_id: int | None) -> None:
        """Put a conversation into a folder; None takes it out of its folder."""
        self._change([conversation_id], folder_id=folder_id)

    def delete(self, conversation_id: int) -> None:
        """Put a conversation into the trash."""
        conversation = self._shelf.conversation(conversation_id)
        if conversation is None or conversation.trashed is not None:
            return
        self._change([conversation_id], trashed=self._now())
        self._remember(Deletion(conversation))
        self.deleted.emit(conversation_id)

    def restore(self, conversation_id: int) -> None:
        """Take a conversation out of the trash."""
        self._forget({conversation_id})
        self._change([conversation_id], trashed=None)

    @Slot(object)
    def delete_for_good(self, ids: Collection[int]) -> None:
        """Delete conversations of the trash; nothing brings them back."""
        self._forget(ids)
        self._shelf.delete_conversations(ids)
        self.reload()

    def _change(self, ids: Iterable[int], **changes: object) -> None:
        """Change fields of conversations as they are now: others write them too."""
        touched = []
        for id_ in ids:
            now = self._shelf.conversation(id_)
            if now is None:
                continue
            changed = replace(now, **changes)  # type: ignore[arg-type]  # names of its fields
            if changed != now:
                self._shelf.put_conversation(changed)
                touched.append(id_)
        self._tell(touched)

    def _tell(self, touched: Iterable[int]) -> None:
        ids = list(touched)
        for id_ in ids:
            self._read(id_)
        self._arrange()
        for id_ in ids:
            self.touched.emit(id_)

    # --- folders ----------------------------------------------------------------------------------

    def new_folder(self, name: str) -> int:
        """Make a folder after the others; its id."""
        position = max((one.position for one in self.folders), default=-1) + 1
        folder = Folder(self._shelf.new_id(), _name(name), position)
        self._shelf.put_folder(folder)
        self._arrange()
        return folder.id

    def rename_folder(self, folder_id: int, name: str) -> None:
        """Give a folder another name; an empty one changes nothing."""
        name = _name(name)
        for folder in self.folders:
            if folder.id == folder_id and name and name != folder.name:
                self._shelf.put_folder(replace(folder, name=name))
        self._arrange()

    def move_folder(self, folder_id: int, place: int) -> None:
        """Have a folder at a place in their order, counted from 0 without itself."""
        moved = [one for one in self.folders if one.id == folder_id]
        others = [one for one in self.folders if one.id != folder_id]
        place = min(max(place, 0), len(others))
        for position, folder in enumerate([*others[:place], *moved, *others[place:]]):
            if folder.position != position:
                self._shelf.put_folder(replace(folder, position=position))
        self._arrange()

    def place_of(self, folder_id: int) -> int | None:
        """Where a folder stands in their order, from 0."""
        ids = [one.id for one in self.folders]
        return ids.index(folder_id) if folder_id in ids else None

    def delete_folder(self, folder_id: int) -> None:
        """Delete a folder; its conversations go back to the list."""
        for folder in self.folders:
            if folder.id == folder_id:
                inside = [
                    one.id for one in self._conversations.values() if one.folder_id == folder_id
                ]
                self._shelf.delete_folder(folder_id)
                self._tell(inside)
                self._remember(Deletion(folder=folder, inside=frozenset(inside)))

    # --- undo -------------------------------------------------------------------------------------

    @Slot()
    def undo(self) -> None:
        """Take back the last deletion that was not taken back."""
        if not self._deletions:
            return
        deletion = self._deletions.pop()
        self.can_undo.emit(None)
        self._tell(deletion.undo(self._shelf))

    def _remember(self, deletion: Deletion) -> None:
        self._deletions = [*self._deletions[1 - _UNDOES :], deletion]
        self.can_undo.emit(deletion)

    def _forget(self, ids: Collection[int]) -> None:
        """Take back no more that these were deleted: they are back, or gone for good."""
        left = [
            one
            for one in self._deletions
            if one.conversation is None or one.conversation.id not in ids
        ]
        if left != self._deletions:
            self._deletions = left
            self.can_undo.emit(None)

    # --- the day ----------------------------------------------------------------------------------

    def _today(self) -> date:
        return datetime.fromtimestamp(self._now()).date()

    def _wait_for_midnight(self) -> None:
        tomorrow = arrangement.midnight(self._today() + timedelta(days=1))
        seconds = min(max(tomorrow - self._now(), 1.0), _LOOK_SECONDS)
        self._midnight.start(round(1000 * seconds))

    @Slot()
    def _look_at_the_clock(self) -> None:
        """Over midnight what was of today is of yesterday, and the trash keeps a day less."""
        self._wait_for_midnight()
        if self._today() == self._day:
            return
        self._day = self._today()
        self._empty_old_trash()
        self._arrange()

    def _empty_old_trash(self) -> None:
        """Delete for good what has been in the trash for so long; mostly there is nothing."""
        since = arrangement.kept_since(self._now())
        if any(
            one.trashed is not None and one.trashed < since for one in self._conversations.values()
        ):
            self._shelf.empty_trash(since)
            self.reload()


def _name(text: str) -> str:
    """A name that a person wrote, in one line and not longer than a name."""
    return " ".join(text.split())[:MOST_NAME].strip()
