"""The store: what the window puts and reads, wherever it lies at that moment."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from backends.errors import BackupNotMadeError
from baichuan_desktop.services.chat.store.copies.backups import BackupPlan, folder_for
from baichuan_desktop.services.chat.store.copies.expiring import expire_copies
from baichuan_desktop.services.chat.store.copies.merging import Restored, merge
from baichuan_desktop.services.chat.store.copies.source import Source
from baichuan_desktop.services.chat.store.ids import Ids
from baichuan_desktop.services.chat.store.pending import Kind, Value
from baichuan_desktop.services.chat.store.reading.lookups import Lookups
from baichuan_desktop.services.chat.store.state import StoreState, is_damage, told_of
from baichuan_desktop.services.chat.store.upkeep import Upkeep
from baichuan_desktop.services.chat.store.writer import Writer
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder
from baichuan_desktop.services.documents.values import Document

#: How long one conversation of a backup waits for the disk before the next one is added.
_RESTORE_WAIT_SECONDS = 10.0

_USUAL_BACKUPS = BackupPlan()


def _tell_nobody(_: StoreState) -> None:
    """Nobody shows the state."""


class ConversationStore(Lookups):
    """All conversations; any thread may use it.

    A change returns at once, is seen by every read from then on, and is written by a thread of its
    own: text that is still being written within 250 ms, everything else at once. While it cannot
    be written it stays in memory, `state` says why, and it is tried again. Conversations that are
    temporary, with all their messages, are never written.

    Args:
        file: Where conversations are kept; None: in memory only.
        on_state: Told, on another thread, when saving begins to fail or works again.
        backups: When backups are made by themselves, and how many stay.
        clock: Seconds since 1970, by which they are.
    """

    def __init__(
        self,
        file: Path | None,
        *,
        on_state: Callable[[StoreState], object] = _tell_nobody,
        backups: BackupPlan = _USUAL_BACKUPS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(file, self._on_read_error)
        self._file = file
        self._ids = Ids()
        self._gone: set[int] = set()  #: conversations that were deleted for good
        self._upkeep: Upkeep | None = None
        self._writer: Writer | None = None
        if file is not None:
            self._writer = Writer(file, self._pending, on_state, self._read_anew)
            self._upkeep = Upkeep(file, self._writer.mend, backups, clock)
            self._writer.start()
            if self._writer.state.unsaved is None:
                self._upkeep.start()

    def _on_read_error(self, error: sqlite3.Error) -> None:
        if is_damage(error) and self._writer is not None:
            self._writer.mend()

    @property
    def state(self) -> StoreState:
        """Whether what is new reaches the disk."""
        return StoreState() if self._writer is None else self._writer.state

    def new_id(self) -> int:
        """An id for a conversation, a message or a folder; later ones are greater."""
        return self._ids.new()

    def flush(self, timeout: float) -> bool:
        """Whether all changes are on the disk, after at most so many seconds."""
        return True if self._writer is None else self._writer.flush(timeout)

    def close(self) -> None:
        """Write what waits, if that can be done, and let the file go."""
        if self._upkeep is not None:
            self._upkeep.stop()
        self._read_anew()
        if self._writer is not None:
            self._writer.close()

    def plan_backups(self, plan: BackupPlan) -> None:
        """Have backups made so from now on; more than are to stay go with the next one."""
        if self._upkeep is not None:
            self._upkeep.plan = plan
            self._upkeep.look()

    def back_up(self) -> Path | None:
        """Make a backup now, which takes a second for 100 MB; where it lies. None: in memory only.

        Raises:
            ConversationsError: There is no room, or it cannot be written; what there is stays.
        """
        if self._file is None or self._upkeep is None:
            return None
        self.flush(_RESTORE_WAIT_SECONDS)
        try:
            return self._upkeep.back_up_now()
        except (OSError, sqlite3.Error) as error:
            raise BackupNotMadeError(folder_for(self._file), told_of(error)) from error

    @property
    def backup_folder(self) -> Path | None:
        """Where backups lie, if there are any; the folder of the file as long as there are none."""
        if self._file is None:
            return None
        folder = folder_for(self._file)
        return folder if folder.is_dir() else self._file.parent

    def restore(self, backup: Path) -> Restored:
        """Add what a backup has and the store lacks: nothing that is here is overwritten.

        This takes a second for some thousand messages; other threads use the store meanwhile.

        Raises:
            ConversationsError: It is no backup, or one of a newer version; nothing was added.
        """
        conversations = messages = 0
        with Source(backup) as source:
            for added in merge(source, self):
                conversations, messages = conversations + 1, messages + added
                if self.state.unsaved is None:
                    self.flush(_RESTORE_WAIT_SECONDS)
        return Restored(conversations, messages)

    def expire_copies(self, older_than: float) -> None:
        """Take what was not changed since a time out of all copies of the file; that takes time."""
        if self._file is not None and self._upkeep is not None:
            self.flush(_RESTORE_WAIT_SECONDS)
            with self._upkeep.held():  # or it makes one more
                expire_copies(self._file, older_than)

    # --- changes ------------------------------------------------------------------------------

    def put_conversation(self, one: Conversation) -> None:
        """Add or change a conversation; one that was deleted for good stays so."""
        with self._pending.lock:
            if one.id not in self._gone:
                self.bring_back(one)

    def bring_back(self, one: Conversation) -> None:
        """Add or change a conversation, also one that was deleted for good."""
        with self._pending.lock:
            self._gone.discard(one.id)
            before = self.conversation(one.id)
            if before is not None and one.is_temporary and not before.is_temporary:
                raise ValueError("A conversation that was written cannot become temporary.")
            self._put(Kind.CONVERSATION, one.id, one, to_file=not one.is_temporary)
            if before is not None and before.is_temporary and not one.is_temporary:
                for message in self._pending.messages_of(one.id):
                    self._put(Kind.MESSAGE, message.id, message, to_file=True)
                for document in self._pending.documents_of(one.id):
                    self._put(Kind.DOCUMENT, document.id, document, to_file=True)

    def put_message(self, one: ChatMessage) -> None:
        """Add or change a message of a conversation that was put before.

        Raises:
            ValueError: There was never such a conversation. One for a conversation that was
                deleted for good is dropped.
        """
        with self._pending.lock:
            if one.conversation_id in self._gone:
                return
            conversation = self.conversation(one.conversation_id)
            if conversation is None:
                raise ValueError("A message needs its conversation.")
            self._put(Kind.MESSAGE, one.id, one, to_file=not conversation.is_temporary)

    def put_folder(self, one: Folder) -> None:
        """Add or change a folder."""
        with self._pending.lock:
            self._put(Kind.FOLDER, one.id, one, to_file=True)

    def put_document(self, one: Document) -> None:
        """Add or change a document of a conversation that was put before.

        Raises:
            ValueError: There was never such a conversation. One for a conversation that was
                deleted for good is dropped.
        """
        with self._pending.lock:
            if one.conversation_id in self._gone:
                return
            conversation = self.conversation(one.conversation_id)
            if conversation is None:
                raise ValueError("A document needs its conversation.")
            self._put(Kind.DOCUMENT, one.id, one, to_file=not conversation.is_temporary)

    def delete_folder(self, folder_id: int) -> None:
        """Delete a folder; the conversations in it are in none then."""
        with self._pending.lock:
            for one in self.conversations():
                if one.folder_id == folder_id:
                    self.put_conversation(replace(one, folder_id=None))
            self._put(Kind.FOLDER, folder_id, None, to_file=True)

    def delete_messages(self, ids: Collection[int]) -> None:
        """Delete messages for good; what follows a deleted one follows the one before it then.

        A conversation that showed a deleted one shows the last that is left before it.
        """
        gone = set(ids)
        with self._pending.lock:
            deleted = self.messages(list(gone))
            for conversation_id in {one.conversation_id for one in deleted}:
                conversation = self.conversation(conversation_id)
                if conversation is None:
                    continue
                tree = self.tree(conversation_id)
                orphans = [
                    key for key, parent in tree.items() if parent in gone and key not in gone
                ]
                for orphan in self.messages(orphans):
                    self.put_message(replace(orphan, parent=_left_above(tree, orphan.id, gone)))
                if conversation.head in gone:
                    head = _left_above(tree, conversation.head, gone)
                    self.put_conversation(replace(conversation, head=head))
            for one in deleted:
                self._delete(Kind.MESSAGE, one.id, self._is_temporary(one.conversation_id))

    def delete_conversations(self, ids: Collection[int]) -> None:
        """Delete conversations, their messages and their documents for good."""
        with self._pending.lock:
            for key in ids:
                is_temporary = self._is_temporary(key)
                for message_id in self.tree(key):  # each for itself: a backup may bring it back
                    self._delete(Kind.MESSAGE, message_id, is_temporary)
                for document_id in self.document_ids(key):
                    self._delete(Kind.DOCUMENT, document_id, is_temporary)
                self._gone.add(key)
                self._delete(Kind.CONVERSATION, key, is_temporary)

    def empty_trash(self, older_than: float) -> None:
        """Delete for good what was put into the trash before a time in seconds since 1970."""
        with self._pending.lock:
            self.delete_conversations(
                [
                    one.id
                    for one in self.conversations()
                    if one.trashed is not None and one.trashed < older_than
                ]
            )

    def _put(self, kind: Kind, key: int, value: Value | None, *, to_file: bool) -> None:
        if kind is Kind.DOCUMENT:
            self._read.forget(key)
        self._pending.put(kind, key, value, to_file=to_file and self._writer is not None)

    def _delete(self, kind: Kind, key: int, is_temporary: bool) -> None:
        if kind is Kind.DOCUMENT:
            self._read.forget(key)
        if is_temporary or self._writer is None:
            self._pending.forget(kind, key)
        else:
            self._pending.put(kind, key, None, to_file=True)

    def _is_temporary(self, conversation_id: int) -> bool:
        one = self._pending.conversations.get(conversation_id)
        return one is not None and one.is_temporary


def _left_above(tree: dict[int, int | None], key: int, gone: Collection[int]) -> int | None:
    """The nearest message above one that is not deleted."""
    seen: set[int] = set()
    parent = tree.get(key)
    while parent is not None and parent in gone and parent not in seen:
        seen.add(parent)
        parent = tree.get(parent)
    return parent
