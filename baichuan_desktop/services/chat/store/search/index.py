"""The index in the file: what is put into it and taken out, and what it finds."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from typing import Final

from baichuan_desktop.services.chat.store.rows.plain import Row, loaded, stored
from baichuan_desktop.services.chat.store.search.hits import hit_in
from baichuan_desktop.services.chat.store.search.pairs import Query, indexed
from baichuan_desktop.services.chat.values import SearchHit, Status

_ADD: Final = "INSERT INTO found (rowid, body) VALUES (?, ?)"
_TAKE: Final = "INSERT INTO found (found, rowid, body) VALUES ('delete', ?, ?)"

#: Of the newest messages so many are looked through for a hanzi, or a letter, that stands alone:
#: there it is found soon, if it is frequent. If it is rare, few pairs begin with it, and the index
#: is quick.
_LOOKED_THROUGH = 10_000

# At `{more}`, terms are looked for by SQLite, which rejects a text ten times as fast as it hands it
# over.
_TITLES: Final = """
    SELECT conversations.id, NULL, title FROM found
    JOIN conversations ON conversations.number = -found.rowid
    WHERE found MATCH ? AND found.rowid < 0 AND trashed IS NULL {more} ORDER BY found.rowid
"""
_TEXTS: Final = """
    SELECT conversations.id, messages.id, text FROM found
    JOIN messages ON messages.number = found.rowid
    JOIN conversations ON conversations.id = conversation_id
    WHERE found MATCH ? AND found.rowid > 0 AND trashed IS NULL {more} ORDER BY found.rowid DESC
"""
# Without the index.
_ALL_TITLES: Final = """
    SELECT id, NULL, title FROM conversations WHERE trashed IS NULL {more} ORDER BY number DESC
"""
_ALL_TEXTS: Final = f"""
    SELECT conversations.id, messages.id, text FROM messages
    JOIN conversations ON conversations.id = conversation_id
    WHERE trashed IS NULL AND status <> '{Status.WRITING}' {{more}} ORDER BY messages.number DESC
"""


def change(connection: sqlite3.Connection, number: int, old: str | None, new: str | None) -> None:
    """Have the index hold `new` in place of `old`, which must be what it holds; None: nothing.

    `number` is that of a message, or the negative one of a conversation for its title.
    """
    if old == new:
        return
    if old is not None:
        connection.execute(_TAKE, (number, indexed(old)))
    if new is not None:
        connection.execute(_ADD, (number, indexed(new)))


def searchable(status: Status, text: str) -> str | None:
    """What of a message is found: its text, once it is no longer being written."""
    return None if status is Status.WRITING else text


def _folded(column: str, term: str) -> str:
    """What a term in small letters is looked for in; SQLite's `lower` knows those of ASCII."""
    return column if term.upper() == term else f"lower({column})"


def hits_in_file(connection: sqlite3.Connection, query: Query) -> Iterator[SearchHit]:
    """Hits in titles, then in messages, each the newest first. Raises sqlite3.Error."""
    exact = [term for term in query.terms if term.isascii() or term.upper() == term]

    def rows_of(statement: str, column: str, edge: str = "") -> Iterator[Row]:
        tests = [f"AND instr({_folded(column, term)}, ?) " for term in exact]
        more = "".join(tests) + edge
        words = (query.match,) if "MATCH" in statement else ()
        yield from connection.execute(statement.format(more=more), (*words, *map(stored, exact)))

    if not query.match:
        parts = [rows_of(_ALL_TITLES, "title"), rows_of(_ALL_TEXTS, "text")]
    elif query.is_broad:
        newest = connection.execute("SELECT max(number) FROM messages").fetchone()[0] or 0
        edge = newest - _LOOKED_THROUGH
        parts = [
            rows_of(_ALL_TITLES, "title"),
            rows_of(_ALL_TEXTS, "text", f"AND messages.number > {edge}"),
            rows_of(_TEXTS, "text", f"AND found.rowid <= {edge}"),
        ]
    else:
        parts = [rows_of(_TITLES, "title"), rows_of(_TEXTS, "text")]
    rows = itertools.chain.from_iterable(parts)
    for conversation_id, message_id, text in rows:
        assert isinstance(conversation_id, int)
        assert message_id is None or isinstance(message_id, int)
        hit = hit_in(loaded(text), query, conversation_id=conversation_id, message_id=message_id)
        if hit is not None:
            yield hit
