"""The tables of the file, in numbered steps: each is made once, and never changed afterwards."""

from __future__ import annotations

import contextlib
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

#: Documents, what a message and a draft have of them, and with what a conversation is asked: JSON
#: in columns that are mostly empty. Which messages have documents is asked of an index.
_DOCUMENTS: Final = (
    """
    CREATE TABLE documents (
        number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, conversation_id INTEGER NOT NULL,
        name TEXT NOT NULL, kind TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
        encoding TEXT NOT NULL, marks TEXT, notes TEXT, text TEXT NOT NULL)
    """,
    "CREATE INDEX documents_of_conversations ON documents (conversation_id, id)",
    "ALTER TABLE conversations ADD COLUMN settings TEXT",
    "ALTER TABLE messages ADD COLUMN attachments TEXT",
    """
    CREATE INDEX messages_with_documents ON messages (conversation_id)
    WHERE attachments IS NOT NULL
    """,
)

#: Statements by number, from 1 on; `user_version` of a file says how many it has behind it.
STEPS: Final[Sequence[Sequence[str]]] = (_FIRST, _DOCUMENTS)

#: Which step made a column or a table that is not of the first: a copy of before has none.
MADE_BY: Final = {"settings": 2, "attachments": 2, "documents": 2}


def version_of(connection: sqlite3.Connection) -> int:
    """How many steps the file has behind it; 0 for a new one. Raises sqlite3.Error."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def has_own_tables(connection: sqlite3.Connection) -> bool:
    """Whether the tables that are read of a file are those that the app makes, and nothing else.

    Under their names, a stranger's file may have views that never end, or columns that are computed
    where they are read. Raises sqlite3.Error.
    """
    with contextlib.closing(sqlite3.connect(":memory:")) as made:
        for statements in STEPS[: version_of(connection)]:
            for statement in statements:
                made.execute(statement)
        own = dict(map(_plain, made.execute(_TABLES)))
    found = dict(map(_plain, connection.execute(_TABLES)))
    return all(found[name] == own.get(name) for name in found)


#: What stands behind the names of tables that are read.
_TABLES: Final = """
    SELECT lower(name), type || ' ' || coalesce(sql, '') FROM sqlite_master
    WHERE lower(name) IN ('conversations', 'messages', 'folders', 'documents')
"""


def _plain(row: tuple[str, str]) -> tuple[str, str]:
    return row[0], "".join(row[1].split())


def migrate(
    connection: sqlite3.Connection,
    before: Callable[[int], object],
    steps: Sequence[Sequence[str]] = STEPS,
) -> None:
    """Take the steps that the file lacks, each in one transaction.

    Args:
        connection: The one that writes.
        before: Called with the number of each step that a file of before lacks, when what is there
            can still be copied; what it raises ends the migration before that step.
        steps: All steps there are.

    Raises:
        sqlite3.Error: A step cannot be taken; the file is as it was before that step.
    """
    known = version_of(connection)
    for number in range(known + 1, len(steps) + 1):
        if known:
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
