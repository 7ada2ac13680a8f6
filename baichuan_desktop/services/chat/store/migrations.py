"""The tables of the file, in numbered steps: each is made once, and never changed afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Final

#: Ids are long; the index takes a third of the space with small numbers, which rows have for it: a
#: message its number, a title the negative number of its conversation. It holds no texts and no
#: places in them, only which words and pairs of hanzi (`search.pairs`) occur: what it finds is
#: looked at in the text itself. With places it would be larger than texts of hanzi are.
_FIRST: Final = (
    """
    CREATE TABLE conversations (
        number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, title TEXT NOT NULL,
        created REAL, updated REAL, kind TEXT NOT NULL, head INTEGER,
        has_own_title INTEGER NOT NULL, folder_id INTEGER, is_pinned INTEGER NOT NULL,
        is_unread INTEGER NOT NULL, trashed REAL, draft TEXT NOT NULL, system_prompt TEXT NOT NULL)
    """,
    """
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, conversation_id INTEGER NOT NULL,
        parent INTEGER, role TEXT NOT NULL, status TEXT NOT NULL, created REAL,
        model TEXT NOT NULL, details TEXT, text TEXT NOT NULL)
    """,
    "CREATE INDEX messages_in_tree ON messages (conversation_id, parent, id)",
    "CREATE INDEX messages_being_written ON messages (id) WHERE status = 'writing'",
    "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT NOT NULL, position INTEGER NOT NULL)",
    """
    CREATE VIRTUAL TABLE found USING fts5(
        body, content = '', columnsize = 0, detail = none,
        tokenize = 'unicode61 remove_diacritics 0')
    """,
)

#: Statements by number, from 1 on; `user_version` of a file says how many it has behind it.
STEPS: Final[Sequence[Sequence[str]]] = (_FIRST,)


def version_of(connection: sqlite3.Connection) -> int:
    """How many steps the file has behind it; 0 for a new one. Raises sqlite3.Error."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(
    connection: sqlite3.Connection,
    before: Callable[[int], object],
    steps: Sequence[Sequence[str]] = STEPS,
) -> None:
    """Take the steps that the file lacks, each in one transaction.

    Args:
        connection: The one that writes.
        before: Called with the number of each step but the first, when what is there can still be
            copied; what it raises ends the migration before that step.
        steps: All steps there are.

    Raises:
        sqlite3.Error: A step cannot be taken; the file is as it was before that step.
    """
    for number in range(version_of(connection) + 1, len(steps) + 1):
        if number > 1:
            before(number)
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in steps[number - 1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
