"""What a file of conversations holds, read row by row as far as it can be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from backends.errors import ConversationsNewerError, NotConversationsError
from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.migrations import STEPS, version_of
from baichuan_desktop.services.chat.store.rows import (
    CONVERSATION_COLUMNS,
    FOLDER_COLUMNS,
    MESSAGE_COLUMNS,
    Row,
    conversation_of,
    folder_of,
    message_of,
)
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder

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

    Raises:
        NotConversationsError: It is not a file of conversations, or nothing of it can be read.
        ConversationsNewerError: A newer version of the app wrote it.
    """

    def __init__(self, file: Path) -> None:
        self.is_whole = True  #: as far as it was read
        try:
            self._connection = _opened(file)
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
        statement = f"SELECT {', '.join(MESSAGE_COLUMNS)} FROM messages WHERE number = ?"
        return [message_of(row) for number in numbers for row in self._some(statement, (number,))]

    def parents(self) -> dict[int, int | None]:
        """What messages follow, also those whose text cannot be read, as far as it is known."""
        found: dict[int, int | None] = {}
        for row in self._some(_TREE):
            if isinstance(row[0], int) and isinstance(row[2], int | None):
                found[row[0]] = row[2]
        return found

    def _rows(self, table: str, key: str, columns: tuple[str, ...]) -> Iterator[Row]:
        """Each row of a table that can be read."""
        statement = f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = ?"
        for number in self._numbers(table, key):
            yield from self._some(statement, (number,))

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


def _opened(file: Path) -> sqlite3.Connection:
    """The file opened; also where nothing can be made beside it."""
    try:
        return _checked(file, connect(file))
    except sqlite3.OperationalError:
        return _checked(file, connect(file, alone=True))


def _checked(file: Path, connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        # A file that was cut short is read as far as it goes.
        connection.execute("PRAGMA writable_schema = ON")
        _require_known(file, version_of(connection))
    except BaseException:
        connection.close()
        raise
    return connection


def _require_known(file: Path, version: int) -> None:
    if version > len(STEPS):
        raise ConversationsNewerError(file)
    if version == 0:
        raise NotConversationsError(file)
