"""What a file of conversations holds, read row by row as far as it can be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from backends.errors import ConversationsNewerError, NotConversationsError
from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.migrations import (
    MADE_BY,
    STEPS,
    has_own_tables,
    version_of,
)
from baichuan_desktop.services.chat.store.rows.conversations import (
    CONVERSATION_COLUMNS,
    FOLDER_COLUMNS,
    conversation_of,
    folder_of,
)
from baichuan_desktop.services.chat.store.rows.documents import DOCUMENT_COLUMNS, document_of
from baichuan_desktop.services.chat.store.rows.messages import MESSAGE_COLUMNS, message_of
from baichuan_desktop.services.chat.store.rows.plain import Row
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder
from baichuan_desktop.services.documents.values import Document

#: Ways to the numbers of a table's rows, one of which may be whole where another is damaged.
_WAYS: Final = (
    "SELECT {key} FROM {table} ORDER BY {key}",
    "SELECT {key} FROM {table} ORDER BY {key} DESC",
    "SELECT {key} FROM {table} INDEXED BY sqlite_autoindex_{table}_1",
)
_TREE: Final = """
    SELECT id, conversation_id, parent FROM messages INDEXED BY messages_in_tree
    ORDER BY conversation_id, parent
"""

#: Numbers are given one after the other: between two that are known, so many are tried. What is
#: damaged may also have numbers that no row ever had.
_WIDEST_GAP = 10_000


class Source:
    """A backup or a damaged file. Nobody may write it meanwhile; close it.

    Args:
        file: It.
        is_own: The app made it, on this machine: of a damaged one, the tables need not be right.

    Raises:
        NotConversationsError: It is not a file of conversations, or nothing of it can be read.
        ConversationsNewerError: A newer version of the app wrote it.
    """

    def __init__(self, file: Path, *, is_own: bool = False) -> None:
        self.is_whole = True  #: as far as it was read
        try:
            self._connection, self._version = _opened(file)
            if not is_own and not has_own_tables(self._connection):
                self._connection.close()
                raise NotConversationsError(file)
        except sqlite3.Error as error:
            raise NotConversationsError(file) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def is_sound(self) -> bool:
        """Whether SQLite finds nothing wrong with the tables that are read.

        A stranger's file may have others, with columns that are computed while it looks.
        """
        tables = ["conversations", "messages", "folders"]
        if self._version >= MADE_BY["documents"]:
            tables.append("documents")
        return all([*self._some(f"PRAGMA quick_check({one})")] == [("ok",)] for one in tables)

    def counts(self) -> tuple[int, int]:
        """How many conversations and messages there are."""
        tables = ("conversations", "messages")
        first, second = (
            sum(int(str(count)) for (count,) in self._some(f"SELECT count(*) FROM {table}"))
            for table in tables
        )
        return first, second

    def folders(self) -> list[Folder]:
        """All folders that can be read."""
        rows = self._rows("folders", "id", FOLDER_COLUMNS)
        return [one for one in map(folder_of, rows) if one.id]

    def conversations(self) -> dict[int, Conversation]:
        """All conversations that can be read, by id."""
        rows = self._rows("conversations", "number", CONVERSATION_COLUMNS)
        return {one.id: one for one in map(conversation_of, rows) if one.id}

    def readable_messages(self) -> dict[int, list[int]]:
        """Numbers of the messages that can be read, by the id of their conversation."""
        found: dict[int, list[int]] = {}
        rows = self._rows("messages", "number", (*MESSAGE_COLUMNS, "number"))
        for *row, number in rows:
            one = message_of(row)
            if one.id and one.conversation_id and isinstance(number, int):
                found.setdefault(one.conversation_id, []).append(number)
        return found

    def messages(self, numbers: Sequence[int]) -> list[ChatMessage]:
        """The messages of these numbers."""
        statement = f"SELECT {self._selected(MESSAGE_COLUMNS)} FROM messages WHERE number = ?"
        return [message_of(row) for number in numbers for row in self._some(statement, (number,))]

    def readable_documents(self) -> dict[int, dict[int, int]]:
        """The numbers of documents that can be read, by conversation and by their own ids."""
        found: dict[int, dict[int, int]] = {}
        if self._version >= MADE_BY["documents"]:
            for *row, number in self._rows("documents", "number", (*DOCUMENT_COLUMNS, "number")):
                one = document_of(row)
                if one.id and one.conversation_id and isinstance(number, int):
                    found.setdefault(one.conversation_id, {})[one.id] = number
        return found

    def documents(self, numbers: Sequence[int]) -> Iterator[Document]:
        """The documents of these numbers, one after the other."""
        statement = f"SELECT {', '.join(DOCUMENT_COLUMNS)} FROM documents WHERE number = ?"
        for number in numbers:
            yield from map(document_of, self._some(statement, (number,)))

    def parents(self) -> dict[int, int | None]:
        """What messages follow, also those whose text cannot be read, as far as it is known."""
        found: dict[int, int | None] = {}
        for row in self._some(_TREE):
            if isinstance(row[0], int) and isinstance(row[2], int | None):
                found[row[0]] = row[2]
        return found

    def _rows(self, table: str, key: str, columns: tuple[str, ...]) -> Iterator[Row]:
        """Each row of a table that can be read."""
        statement = f"SELECT {self._selected(columns)} FROM {table} WHERE {key} = ?"
        for number in self._numbers(table, key):
            yield from self._some(statement, (number,))

    def _selected(self, columns: tuple[str, ...]) -> str:
        """Columns as they are asked for; nothing in place of what the file's version lacks."""
        version = self._version
        return ", ".join("NULL" if MADE_BY.get(one, 1) > version else one for one in columns)

    def _numbers(self, table: str, key: str) -> Iterator[int]:
        ways = _WAYS if key == "number" else _WAYS[:2]
        found: set[int] = set()
        was_whole, self.is_whole = self.is_whole, True
        for way in ways:
            rows = self._some(way.format(key=key, table=table))
            found |= {row[0] for row in rows if isinstance(row[0], int)}
            if self.is_whole:  # then the other ways lead nowhere else
                break
        is_whole, self.is_whole = self.is_whole, self.is_whole and was_whole
        if is_whole or not found or key != "number":
            return iter(sorted(found))
        return _with_gaps(sorted(found))

    def _some(self, statement: str, values: tuple[object, ...] = ()) -> Iterator[Row]:
        """The rows until one cannot be read."""
        try:
            yield from self._connection.execute(statement, values)
        except sqlite3.Error:
            self.is_whole = False


def _with_gaps(found: Sequence[int]) -> Iterator[int]:
    """Numbers that are known, and those between two of them."""
    before = 0
    for number in found:
        if 1 < number - before <= _WIDEST_GAP:
            yield from range(before + 1, number)
        yield number
        before = number


def _opened(file: Path) -> tuple[sqlite3.Connection, int]:
    """The file opened, and its version; also where nothing can be made beside it."""
    try:
        return _checked(file, connect(file))
    except sqlite3.OperationalError:
        return _checked(file, connect(file, alone=True))


def _checked(file: Path, connection: sqlite3.Connection) -> tuple[sqlite3.Connection, int]:
    try:
        # A file that was cut short is read as far as it goes.
        connection.execute("PRAGMA writable_schema = ON")
        version = version_of(connection)
        _require_known(file, version)
    except BaseException:
        connection.close()
        raise
    return connection, version


def _require_known(file: Path, version: int) -> None:
    if version > len(STEPS):
        raise ConversationsNewerError(file)
    if version == 0:
        raise NotConversationsError(file)
