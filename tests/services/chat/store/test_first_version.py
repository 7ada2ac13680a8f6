"""A file that the first version made, spelt out: whatever the tables become, it opens."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    ChatMessage,
    Conversation,
    ConversationKind,
    Folder,
    Status,
)
from tests.helpers.conversations import put_message
from tests.helpers.patience import PATIENCE_SECONDS

# Never to be changed: files like this are on people's drives.
FILE = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE conversations (
        number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, title TEXT NOT NULL,
        created REAL, updated REAL, kind TEXT NOT NULL, head INTEGER,
        has_own_title INTEGER NOT NULL, folder_id INTEGER, is_pinned INTEGER NOT NULL,
        is_unread INTEGER NOT NULL, trashed REAL, draft TEXT NOT NULL, system_prompt TEXT NOT NULL);
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, conversation_id INTEGER NOT NULL,
        parent INTEGER, role TEXT NOT NULL, status TEXT NOT NULL, created REAL,
        model TEXT NOT NULL, details TEXT, text TEXT NOT NULL);
    CREATE INDEX messages_in_tree ON messages (conversation_id, parent, id);
    CREATE INDEX messages_being_written ON messages (id) WHERE status = 'writing';
    CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT NOT NULL, position INTEGER NOT NULL);
    CREATE VIRTUAL TABLE found USING fts5(
        body, content = '', columnsize = 0, detail = none,
        tokenize = 'unicode61 remove_diacritics 0');
    INSERT INTO folders VALUES (70, 'Trips', 0);
    INSERT INTO conversations VALUES
        (1, 3766305225831316556, '去云南', 10.0, 20.5, 'chat', 13, 1, 70, 1, 1, NULL, 'half', 'Be brief.'),
        (2, 8, 'Once upon', 5.0, 6.0, 'text', NULL, 0, NULL, 0, 0, 7.5, '', '');
    INSERT INTO messages VALUES
        (1, 11, 3766305225831316556, NULL, 'user', 'finished', 11.0, '', NULL, 'Where to?'),
        (2, 12, 3766305225831316556, 11, 'assistant', 'cut', 12.0, 'Baichuan2 7B', '{"new_tokens": 21}', '大理'),
        (3, 13, 3766305225831316556, 11, 'assistant', 'writing', 13.0, '', NULL, CAST(x'68616c6620eda0bd' AS TEXT)),
        (4, 14, 3766305225831316556, 11, 'assistant', 'finished', 14.0, '', NULL, x'eda0bd');
    INSERT INTO found (rowid, body) VALUES (-1, '去云 云南 南'), (1, 'where to'), (2, '大理 理');
    PRAGMA user_version = 1;
"""  # noqa: E501  rows as they are


def test_it_opens_with_all_that_it_holds_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "conversations.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(FILE)

    store = ConversationStore(file)

    trip = Conversation(
        3766305225831316556, "去云南", 10.0, 20.5, head=13, has_own_title=True, folder_id=70,
        is_pinned=True, is_unread=True, draft="half", system_prompt="Be brief.",
    )  # fmt: skip
    text = Conversation(8, "Once upon", 5.0, 6.0, kind=ConversationKind.TEXT, trashed=7.5)
    assert store.state.unsaved is None
    assert store.conversations() == [trip, text]
    assert store.folders() == [Folder(70, "Trips", 0)]
    assert store.children(trip.id, 11) == [12, 13, 14]
    question, cut, written, half = store.messages([11, 12, 13, 14])
    assert question == ChatMessage(11, trip.id, None, Role.USER, "Where to?", Status.FINISHED, 11.0)
    assert cut == ChatMessage(
        12, trip.id, 11, Role.ASSISTANT, "大理", Status.CUT, 12.0, "Baichuan2 7B",
        AnswerDetails(new_tokens=21),
    )  # fmt: skip
    assert (written.status, written.text[:5]) == (Status.BROKEN, "half ")
    assert half.text == "\ud83d"
    assert [hit.message_id for hit in store.search("理")] == [12]
    assert [hit.message_id for hit in store.search("大理")] == [12]
    assert [hit.message_id for hit in store.search("云南")] == [None]
    assert [hit.message_id for hit in store.search("wher")] == [11]

    added = put_message(store, trip, cut, "And then?")
    assert store.flush(PATIENCE_SECONDS)
    store.close()
    again = ConversationStore(file)
    assert again.messages([added.id, 12]) == [added, cut]
    again.close()
