"""Writing rows into the file: rows and index together, in the transaction of whoever calls."""

from __future__ import annotations

import sqlite3
from typing import Final

from baichuan_desktop.services.chat.store.pending import Batch, Kind
from baichuan_desktop.services.chat.store.rows.attached import referred
from baichuan_desktop.services.chat.store.rows.conversations import (
    CONVERSATION_COLUMNS,
    FOLDER_COLUMNS,
    conversation_row,
    folder_row,
)
from baichuan_desktop.services.chat.store.rows.documents import DOCUMENT_COLUMNS, document_row
from baichuan_desktop.services.chat.store.rows.messages import MESSAGE_COLUMNS, message_row
from baichuan_desktop.services.chat.store.rows.plain import loaded
from baichuan_desktop.services.chat.store.search import index
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder, Status
from baichuan_desktop.services.documents.values import Document


def _put(table: str, columns: tuple[str, ...]) -> str:
    """The statement that adds a row or changes the one with its id."""
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    return (
        f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT (id) DO UPDATE SET {changes}"
    )


_PUT_FOLDER: Final = _put("folders", FOLDER_COLUMNS)
_PUT_CONVERSATION: Final = _put("conversations", CONVERSATION_COLUMNS)
_PUT_MESSAGE: Final = _put("messages", MESSAGE_COLUMNS)
_PUT_DOCUMENT: Final = _put("documents", DOCUMENT_COLUMNS)
_NUMBER_OF_CONVERSATION: Final = "SELECT number FROM conversations WHERE id = ?"
_NUMBER_OF_MESSAGE: Final = "SELECT number FROM messages WHERE id = ?"
_DRAFT_DOCUMENTS: Final = "SELECT settings FROM conversations WHERE id = ? AND settings IS NOT NULL"
_MESSAGE_DOCUMENTS: Final = """
    SELECT attachments FROM messages WHERE conversation_id = ? AND attachments IS NOT NULL
"""


def write_batch(connection: sqlite3.Connection, batch: Batch) -> None:
    """Put and delete rows; the same batch again changes nothing. Raises sqlite3.Error."""
    for (kind, key), value in batch.items():
        match value:
            case ChatMessage():
                put_message(connection, value)
            case Conversation():
                put_conversation(connection, value)
            case Folder():
                put_folder(connection, value)
            case Document():
                put_document(connection, value)
            case None:
                _delete(connection, kind, key)


def put_folder(connection: sqlite3.Connection, one: Folder) -> None:
    """Add or change a folder."""
    connection.execute(_PUT_FOLDER, folder_row(one))


def put_conversation(connection: sqlite3.Connection, one: Conversation) -> None:
    """Add or change a conversation, and what is found of its title."""
    old = _title(connection, one.id)
    connection.execute(_PUT_CONVERSATION, conversation_row(one))
    number = connection.execute(_NUMBER_OF_CONVERSATION, (one.id,)).fetchone()[0]
    index.change(connection, -number, old, one.title)


def put_message(connection: sqlite3.Connection, one: ChatMessage) -> None:
    """Add or change a message, and what is found of its text."""
    old = _found_text(connection, one.id)
    connection.execute(_PUT_MESSAGE, message_row(one))
    number = connection.execute(_NUMBER_OF_MESSAGE, (one.id,)).fetchone()[0]
    index.change(connection, number, old, index.searchable(one.status, one.text))


def put_document(connection: sqlite3.Connection, one: Document) -> None:
    """Add or change a document; its text is not searched."""
    connection.execute(_PUT_DOCUMENT, document_row(one))


def break_off_unfinished(connection: sqlite3.Connection) -> int:
    """Have messages that were being written when the app ended be `BROKEN`; how many there were."""
    rows = connection.execute(
        f"SELECT number, text FROM messages WHERE status = '{Status.WRITING}'"
    ).fetchall()
    for number, text in rows:
        index.change(connection, number, None, loaded(text))
        connection.execute(
            "UPDATE messages SET status = ? WHERE number = ?", (Status.BROKEN.value, number)
        )
    return len(rows)


def delete_unused_documents(connection: sqlite3.Connection) -> int:
    """Delete documents that no message and no draft has; how many there were.

    Those of a conversation stay where it cannot be read what its messages have.
    """
    found: dict[int, list[int]] = {}
    rows = connection.execute("SELECT conversation_id, id FROM documents ORDER BY conversation_id")
    for conversation_id, document_id in rows:
        found.setdefault(conversation_id, []).append(document_id)
    unused = []
    for conversation_id, ids in found.items():
        columns = [
            *connection.execute(_DRAFT_DOCUMENTS, (conversation_id,)),
            *connection.execute(_MESSAGE_DOCUMENTS, (conversation_id,)),
        ]
        used = referred(value for (value,) in columns)
        unused += [] if used is None else [key for key in ids if key not in used]
    for key in unused:
        _delete(connection, Kind.DOCUMENT, key)
    return len(unused)


def _delete(connection: sqlite3.Connection, kind: Kind, key: int) -> None:
    match kind:
        case Kind.FOLDER:
            connection.execute("DELETE FROM folders WHERE id = ?", (key,))
        case Kind.DOCUMENT:
            connection.execute("DELETE FROM documents WHERE id = ?", (key,))
        case Kind.MESSAGE:
            number = connection.execute(_NUMBER_OF_MESSAGE, (key,)).fetchone()
            if number is not None:
                index.change(connection, number[0], _found_text(connection, key), None)
                connection.execute("DELETE FROM messages WHERE id = ?", (key,))
        case Kind.CONVERSATION:
            own = "SELECT id FROM messages WHERE conversation_id = ?"
            for (message_id,) in connection.execute(own, (key,)).fetchall():
                _delete(connection, Kind.MESSAGE, message_id)
            connection.execute("DELETE FROM documents WHERE conversation_id = ?", (key,))
            number = connection.execute(_NUMBER_OF_CONVERSATION, (key,)).fetchone()
            if number is not None:
                index.change(connection, -number[0], _title(connection, key), None)
                connection.execute("DELETE FROM conversations WHERE id = ?", (key,))


def _title(connection: sqlite3.Connection, key: int) -> str | None:
    """The title that the index holds of a conversation."""
    row = connection.execute("SELECT title FROM conversations WHERE id = ?", (key,)).fetchone()
    return None if row is None else loaded(row[0])


def _found_text(connection: sqlite3.Connection, key: int) -> str | None:
    """The text that the index holds of a message."""
    row = connection.execute("SELECT status, text FROM messages WHERE id = ?", (key,)).fetchone()
    is_found = row is not None and row[0] != Status.WRITING.value
    return loaded(row[1]) if is_found else None
