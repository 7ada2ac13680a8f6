"""Rows of the file for whoever reads, on a connection that cannot write."""

from __future__ import annotations

import contextlib
import itertools
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.migrations import STEPS, version_of
from baichuan_desktop.services.chat.store.rows.conversations import (
    CONVERSATION_COLUMNS,
    FOLDER_COLUMNS,
    conversation_of,
    folder_of,
)
from baichuan_desktop.services.chat.store.rows.documents import DOCUMENT_COLUMNS, document_of
from baichuan_desktop.services.chat.store.rows.messages import (
    AUTHOR_COLUMNS,
    MESSAGE_COLUMNS,
    OUTLINE_COLUMNS,
    author_of,
    message_of,
    outline_of,
)
from baichuan_desktop.services.chat.store.rows.plain import Row
from baichuan_desktop.services.chat.store.search.index import hits_in_file
from baichuan_desktop.services.chat.store.search.pairs import Query
from baichuan_desktop.services.chat.values import (
    Author,
    ChatMessage,
    Conversation,
    Folder,
    Outline,
    SearchHit,
)
from baichuan_desktop.services.documents.values import Document

log = logging.getLogger(__name__)

_CONVERSATIONS: Final = f"SELECT {', '.join(CONVERSATION_COLUMNS)} FROM conversations"
_MESSAGES: Final = f"SELECT {', '.join(MESSAGE_COLUMNS)} FROM messages"
_OUTLINES: Final = f"SELECT {', '.join(OUTLINE_COLUMNS)} FROM messages"
_AUTHORS: Final = f"SELECT {', '.join(AUTHOR_COLUMNS)} FROM messages"
_FOLDERS: Final = f"SELECT {', '.join(FOLDER_COLUMNS)} FROM folders"
_DOCUMENTS: Final = f"SELECT {', '.join(DOCUMENT_COLUMNS)} FROM documents"

# UNION, not UNION ALL: a circle, which only a damaged file has, is gone round once.
_PATH: Final = """
    WITH RECURSIVE path (id, parent) AS (
        SELECT id, parent FROM messages WHERE id = ?
        UNION
        SELECT messages.id, messages.parent FROM messages JOIN path ON messages.id = path.parent)
    SELECT id, parent FROM path
"""

_AT_ONCE = 500  #: ids in one statement


class FileReader:
    """What the file says; nothing where there is none, or none that can be read.

    Any thread may ask. An error is told to `on_error`, and what was asked for is then missing.
    """

    def __init__(self, file: Path | None, on_error: Callable[[sqlite3.Error], object]) -> None:
        self._file = file
        self._on_error = on_error
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let the file go; whoever asks next opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def conversations(self) -> list[Conversation]:
        """All of them."""
        return [conversation_of(row) for row in self._rows(_CONVERSATIONS)]

    def conversation(self, conversation_id: int) -> Conversation | None:
        """One of them."""
        rows = self._rows(f"{_CONVERSATIONS} WHERE id = ?", (conversation_id,))
        return conversation_of(rows[0]) if rows else None

    def folders(self) -> list[Folder]:
        """All folders."""
        return [folder_of(row) for row in self._rows(_FOLDERS)]

    def messages(self, ids: Sequence[int]) -> Iterator[ChatMessage]:
        """The messages with these ids, those that there are, in any order."""
        yield from map(message_of, self._with_ids(_MESSAGES, ids))

    def outlines(self, ids: Sequence[int]) -> dict[int, Outline]:
        """What is known of these messages without their texts, by id."""
        rows = self._with_ids(_OUTLINES, ids)
        return {row[0]: outline_of(row) for row in rows}  # type: ignore[misc]  # an id

    def authors(self, ids: Sequence[int]) -> dict[int, Author]:
        """Who wrote these messages, by id."""
        return {one.message_id: one for one in map(author_of, self._with_ids(_AUTHORS, ids))}

    def document(self, document_id: int) -> Document | None:
        """A document with its text."""
        rows = self._rows(f"{_DOCUMENTS} WHERE id = ?", (document_id,))
        return document_of(rows[0]) if rows else None

    def document_ids(self, conversation_id: int) -> list[int]:
        """The documents of a conversation."""
        own = "SELECT id FROM documents WHERE conversation_id = ?"
        return [row[0] for row in self._rows(own, (conversation_id,))]  # type: ignore[misc]  # an id

    def _with_ids(self, statement: str, ids: Sequence[int]) -> Iterator[Row]:
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            places = ", ".join("?" * len(some))
            yield from self._rows(f"{statement} WHERE id IN ({places})", some)

    def parents(self, message_id: int) -> dict[int, int | None]:
        """What a message and each one above it follows."""
        return dict(self._rows(_PATH, (message_id,)))  # type: ignore[arg-type]  # two columns

    def children(self, conversation_id: int, parent: int | None) -> list[int]:
        """The messages that follow one."""
        own = "SELECT id FROM messages WHERE conversation_id = ? AND parent IS ?"
        return [row[0] for row in self._rows(own, (conversation_id, parent))]  # type: ignore[misc]  # an id

    def tree(self, conversation_id: int) -> dict[int, int | None]:
        """What each message of a conversation follows."""
        own = "SELECT id, parent FROM messages WHERE conversation_id = ?"
        return dict(self._rows(own, (conversation_id,)))  # type: ignore[arg-type]  # two columns

    def hits(
        self, query: Query, is_current: Callable[[SearchHit], bool], limit: int
    ) -> list[SearchHit]:
        """At most `limit` of the hits that are still current: titles, then messages."""
        with self._lock, self._telling() as connection:
            if connection is not None:
                found = filter(is_current, hits_in_file(connection, query))
                return list(itertools.islice(found, limit))
        return []

    def _rows(self, statement: str, values: Iterable[object] = ()) -> list[Row]:
        with self._lock, self._telling() as connection:
            if connection is not None:
                return connection.execute(statement, tuple(values)).fetchall()
        return []

    @contextlib.contextmanager
    def _telling(self) -> Iterator[sqlite3.Connection | None]:
        try:
            if self._connection is None:
                self._connection = self._opened()
            yield self._connection
        except sqlite3.Error as error:
            log.warning("%s could not be read: %s", self._file, error)
            self.close()
            self._on_error(error)

    def _opened(self) -> sqlite3.Connection | None:
        if self._file is None or not self._file.exists():
            return None
        try:
            connection = connect(self._file)
            version = version_of(connection)
        except sqlite3.OperationalError:  # a folder in which nothing can be made
            connection = connect(self._file, alone=True)
            version = version_of(connection)
        if version != len(STEPS):  # not yet made, or by a newer version
            connection.close()
            return None
        return connection
