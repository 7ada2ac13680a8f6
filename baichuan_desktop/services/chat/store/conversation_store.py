"""The store: what the window puts and reads, wherever it lies at that moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from baichuan_desktop.services.chat.store.copies.backups import folder_for
from baichuan_desktop.services.chat.store.copies.expiring import expire_copies
from baichuan_desktop.services.chat.store.copies.merging import Restored, merge
from baichuan_desktop.services.chat.store.copies.source import Source
from baichuan_desktop.services.chat.store.ids import Ids
from baichuan_desktop.services.chat.store.pending import Kind, Pending, Value
from baichuan_desktop.services.chat.store.reading import FileReader
from baichuan_desktop.services.chat.store.rows import author_of_message
from baichuan_desktop.services.chat.store.search.hits import hit_in
from baichuan_desktop.services.chat.store.search.index import searchable
from baichuan_desktop.services.chat.store.search.pairs import Query, query_of
from baichuan_desktop.services.chat.store.state import StoreState, is_damage
from baichuan_desktop.services.chat.store.upkeep import Upkeep
from baichuan_desktop.services.chat.store.writer import Writer
from baichuan_desktop.services.chat.values import (
    Author,
    ChatMessage,
    Conversation,
    Folder,
    Outline,
    SearchHit,
)

#: How long one conversation of a backup waits for the disk before the next one is added.
_RESTORE_WAIT_SECONDS = 10.0


def _tell_nobody(_: StoreState) -> None:
    """Nobody shows the state."""


class ConversationStore:
    """All conversations; any thread may use it.

    A change returns at once, is seen by every read from then on, and is written by a thread of its
    own: text that is still being written within 250 ms, everything else at once. While it cannot
    be written it stays in memory, `state` says why, and it is tried again. Conversations that are
    temporary, with all their messages, are never written.

    Args:
        file: Where conversations are kept; None: in memory only.
        on_state: Told, on another thread, when saving begins to fail or works again.
    """

    def __init__(
        self, file: Path | None, *, on_state: Callable[[StoreState], object] = _tell_nobody
    ) -> None:
        self._file = file
        self._ids = Ids()
        self._pending = Pending()
        self._gone: set[int] = set()  #: conversations that were deleted for good
        self._rows = FileReader(file, self._on_read_error)
        self._found = FileReader(file, self._on_read_error)  #: long searches hold up nobody
        self._upkeep: Upkeep | None = None
        self._writer = None if file is None else self._started(file, on_state)

    def _started(self, file: Path, on_state: Callable[[StoreState], object]) -> Writer:
        writer = Writer(file, self._pending, on_state, self._read_anew)
        self._upkeep = Upkeep(file, writer.mend)
        writer.start()
        if writer.state.unsaved is None:
            self._upkeep.start()
        return writer

    def _read_anew(self) -> None:
        self._rows.close()
        self._found.close()

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
            self._upkeep.wait()  # it may be making one more
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
        """Delete conversations and their messages for good."""
        with self._pending.lock:
            for key in ids:
                is_temporary = self._is_temporary(key)
                for message_id in self.tree(key):  # each for itself: a backup may bring it back
                    self._delete(Kind.MESSAGE, message_id, is_temporary)
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
        self._pending.put(kind, key, value, to_file=to_file and self._writer is not None)

    def _delete(self, kind: Kind, key: int, is_temporary: bool) -> None:
        if is_temporary or self._writer is None:
            self._pending.forget(kind, key)
        else:
            self._pending.put(kind, key, None, to_file=True)

    # --- reads --------------------------------------------------------------------------------

    def conversations(self) -> list[Conversation]:
        """All conversations, the one last changed first; temporary and deleted ones too."""
        with self._pending.lock:
            changed = self._pending.conversations
            there = [one for one in self._rows.conversations() if one.id not in changed]
            there += [one for one in changed.values() if one is not None]
        return sorted(there, key=lambda one: (one.updated, one.id), reverse=True)

    def conversation(self, conversation_id: int) -> Conversation | None:
        """A conversation; None if there is none of this id."""
        with self._pending.lock:
            if conversation_id in self._pending.conversations:
                return self._pending.conversations[conversation_id]
            return self._rows.conversation(conversation_id)

    def folders(self) -> list[Folder]:
        """All folders in their order."""
        with self._pending.lock:
            changed = self._pending.folders
            there = [one for one in self._rows.folders() if one.id not in changed]
            there += [one for one in changed.values() if one is not None]
        return sorted(there, key=lambda one: (one.position, one.id))

    def branch(self, head: int | None) -> list[int]:
        """The ids from the first message to `head`; none if that is unknown."""
        path: dict[int, None] = {}
        known: dict[int, int | None] = {}  # from the file
        with self._pending.lock:
            while head is not None and head not in path:
                if head in self._pending.messages:
                    message = self._pending.messages[head]
                    if message is None:
                        break
                    parent = message.parent
                else:
                    if head not in known:
                        known.update(self._rows.parents(head))
                    if head not in known:
                        break
                    parent = known[head]
                path[head] = None
                head = parent
        return list(path)[::-1]

    def messages(self, ids: Sequence[int]) -> list[ChatMessage]:
        """The messages of these ids in their order, without those that there are not."""
        read = self._rows.messages
        return self._pending.now(ids, lambda some: {i.id: i for i in read(some)}, lambda one: one)

    def outlines(self, ids: Sequence[int]) -> list[Outline]:
        """What is known of the messages of these ids without their texts; those that there are."""
        return self._pending.now(ids, self._rows.outlines, lambda i: Outline(i.role, len(i.text)))

    def authors(self, ids: Sequence[int]) -> list[Author]:
        """Who wrote the messages of these ids; those that there are."""
        return self._pending.now(ids, self._rows.authors, author_of_message)

    def children(self, conversation_id: int, parent: int | None) -> list[int]:
        """The messages that follow `parent`, which are versions of each other; oldest first."""
        with self._pending.lock:
            changed = self._pending.messages
            there = [i for i in self._rows.children(conversation_id, parent) if i not in changed]
            return sorted([*there, *self._pending.children(conversation_id, parent)])

    def leaf_of(self, message_id: int) -> int:
        """The newest of the last messages below one; itself if nothing follows it."""
        with self._pending.lock:
            one = self.messages([message_id])
            tree = self.tree(one[0].conversation_id) if one else {}
        below: dict[int, list[int]] = {}
        for key, parent in tree.items():
            if parent is not None:
                below.setdefault(parent, []).append(key)
        leaves: list[int] = []
        reached = [message_id]
        while reached:
            key = reached.pop()
            following = below.pop(key, None)  # once only: a damaged file may have a circle
            reached += following or ()
            leaves += [key] if following is None else ()
        return max(leaves, default=message_id)

    def search(self, text: str, limit: int = 200) -> list[SearchHit]:
        """Where every word of `text` occurs: titles, then messages, each the newest first.

        Hanzi are found anywhere, other words from their beginning. A message that is still being
        written and what is in the trash are not found.
        """
        query = query_of(text)
        if query is None:
            return []
        with self._pending.lock:
            fresh = self._fresh_hits(query)
            hidden = {i for i, one in self._pending.conversations.items() if _is_hidden(one)}
            changed = {
                *((i, None) for i in self._pending.conversations),
                *((None, i) for i in self._pending.messages),
            }

        def is_current(hit: SearchHit) -> bool:
            key = (hit.conversation_id, None) if hit.message_id is None else (None, hit.message_id)
            return hit.conversation_id not in hidden and key not in changed

        hits = sorted(fresh + self._found.hits(query, is_current, limit), key=_order)
        return hits[:limit]

    def _fresh_hits(self, query: Query) -> list[SearchHit]:
        """Hits in what is in memory."""
        hits = [
            hit_in(one.title, query, conversation_id=one.id, message_id=None)
            for one in self._pending.conversations.values()
            if one is not None and one.trashed is None
        ]
        for message in self._pending.messages.values():
            text = None if message is None else searchable(message.status, message.text)
            if message is None or text is None:
                continue
            hit = hit_in(
                text, query, conversation_id=message.conversation_id, message_id=message.id
            )
            if hit and not _is_hidden(self.conversation(message.conversation_id)):
                hits.append(hit)
        return [hit for hit in hits if hit is not None]

    def tree(self, conversation_id: int) -> dict[int, int | None]:
        """What each message of a conversation follows."""
        with self._pending.lock:
            changed = self._pending.messages
            there = self._rows.tree(conversation_id)
            tree = {key: parent for key, parent in there.items() if key not in changed}
            there = {one.id: one.parent for one in self._pending.messages_of(conversation_id)}
        return tree | there

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


def _is_hidden(one: Conversation | None) -> bool:
    return one is None or one.trashed is not None


def _order(hit: SearchHit) -> tuple[bool, int]:
    """Titles first, and the newest first."""
    return hit.message_id is not None, -(hit.message_id or hit.conversation_id)
