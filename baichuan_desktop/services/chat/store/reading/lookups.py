"""What is read of a store: what waits in memory first, then the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from baichuan_desktop.services.chat.store.pending import Pending
from baichuan_desktop.services.chat.store.reading.file_reader import FileReader
from baichuan_desktop.services.chat.store.rows.messages import author_of_message
from baichuan_desktop.services.chat.store.search.hits import hit_in
from baichuan_desktop.services.chat.store.search.index import searchable
from baichuan_desktop.services.chat.store.search.pairs import Query, query_of
from baichuan_desktop.services.chat.values import (
    Author,
    ChatMessage,
    Conversation,
    Folder,
    Outline,
    SearchHit,
)
from baichuan_desktop.services.documents.values import Document

#: Of all documents that are kept in memory; the one that was read last stays in any case.
_MOST_CHARACTERS = 8_000_000


class ReadDocuments:
    """The documents that were read last, which are asked for at each key that is pressed."""

    def __init__(self) -> None:
        self._documents: dict[int, Document] = {}  # the one asked for last at the end

    def get(self, document_id: int) -> Document | None:
        """One that is known."""
        found = self._documents.pop(document_id, None)
        if found is not None:
            self._documents[document_id] = found
        return found

    def keep(self, document: Document) -> None:
        """Know one, in place of those that were not asked for for long."""
        self._documents[document.id] = document
        left = sum(len(one.text) for one in self._documents.values())
        while left > _MOST_CHARACTERS and len(self._documents) > 1:
            left -= len(self._documents.pop(next(iter(self._documents))).text)

    def forget(self, document_id: int) -> None:
        """It is another one now, or gone."""
        self._documents.pop(document_id, None)

    def forget_all(self) -> None:
        """The file may be another one."""
        self._documents.clear()


class Lookups:
    """All that there is, as it is at that moment; any thread may ask.

    Args:
        file: Where conversations are kept; None: in memory only.
        on_read_error: Told where the file cannot be read; what was asked for is then missing.
    """

    def __init__(self, file: Path | None, on_read_error: Callable[[sqlite3.Error], object]) -> None:
        self._pending = Pending()
        self._rows = FileReader(file, on_read_error)
        self._found = FileReader(file, on_read_error)  #: long searches hold up nobody
        self._read = ReadDocuments()

    def _read_anew(self) -> None:
        with self._pending.lock:
            self._read.forget_all()
        self._rows.close()
        self._found.close()

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

    def document(self, document_id: int) -> Document | None:
        """A document with its text; None if there is none of this id."""
        with self._pending.lock:
            if document_id in self._pending.documents:
                return self._pending.documents[document_id]
            if (found := self._read.get(document_id)) is None:
                found = self._rows.document(document_id)
                if found is not None:
                    self._read.keep(found)
            return found

    def document_ids(self, conversation_id: int) -> list[int]:
        """The documents of a conversation, oldest first."""
        with self._pending.lock:
            changed = self._pending.documents
            there = [i for i in self._rows.document_ids(conversation_id) if i not in changed]
            return sorted(
                [*there, *(one.id for one in self._pending.documents_of(conversation_id))]
            )

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


def _is_hidden(one: Conversation | None) -> bool:
    return one is None or one.trashed is not None


def _order(hit: SearchHit) -> tuple[bool, int]:
    """Titles first, and the newest first."""
    return hit.message_id is not None, -(hit.message_id or hit.conversation_id)
