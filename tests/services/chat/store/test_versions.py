"""Files of each version, spelt out: whatever the tables become, they open and are merged."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Final

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.copies.backups import backups_of
from baichuan_desktop.services.chat.store.copies.expiring import expire_copies
from baichuan_desktop.services.chat.store.copies.merging import Restored
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    ChatMessage,
    Conversation,
    ConversationKind,
    ConversationSettings,
    Folder,
    Status,
)
from baichuan_desktop.services.documents.values import Attachment, Document, Mark, Passage, Unit
from tests.helpers.conversations import put_message
from tests.helpers.patience import PATIENCE_SECONDS

# None of these is ever to be changed: files like this are on people's drives.
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

# What the second version made of it, and what it wrote.
SECOND: Final = """
    CREATE TABLE documents (
        number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, conversation_id INTEGER NOT NULL,
        name TEXT NOT NULL, kind TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
        encoding TEXT NOT NULL, marks TEXT, notes TEXT, text TEXT NOT NULL);
    CREATE INDEX documents_of_conversations ON documents (conversation_id, id);
    ALTER TABLE conversations ADD COLUMN settings TEXT;
    ALTER TABLE messages ADD COLUMN attachments TEXT;
    CREATE INDEX messages_with_documents ON messages (conversation_id)
        WHERE attachments IS NOT NULL;
    PRAGMA user_version = 2;
    INSERT INTO documents VALUES
        (1, 21, 3766305225831316556, '报告.pdf', 'pdf', 900, 'ab12', '', '[[0, "page", 1, ""], [5, "page", 2, ""]]', '["A note."]', 'page one, page two'),
        (2, 22, 3766305225831316556, 'old.txt', 'text', 4, 'cd34', 'gb18030', NULL, NULL, 'text');
    UPDATE messages SET attachments = '[{"document_id": 21, "name": "报告.pdf", "given": [[0, 4]], "passages": 2, "given_tokens": 3, "all_tokens": 7}]' WHERE id = 11;
    UPDATE conversations SET settings = '{"preset": "translator", "variables": [["to", "德语"]], "sampling": "{\\"top_k\\": 3}", "left_out": [11], "attached": [{"document_id": 22, "name": "old.txt", "given": null, "passages": 0, "given_tokens": 0, "all_tokens": 0}]}' WHERE number = 1;
"""  # noqa: E501  rows as they are


def made(file: Path, *scripts: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript("".join(scripts))


def test_the_first_opens_with_all_that_it_holds_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "conversations.sqlite3"
    made(file, FILE)

    store = ConversationStore(file)

    trip = Conversation(
        3766305225831316556, "去云南", 10.0, 20.5, head=13, has_own_title=True, folder_id=70,
        is_pinned=True, is_unread=True, draft="half", system_prompt="Be brief.",
    )  # fmt: skip
    text = Conversation(8, "Once upon", 5.0, 6.0, kind=ConversationKind.TEXT, trashed=7.5)
    assert store.state.unsaved is None
    (backup,) = backups_of(file)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,), "as it was"
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


def require_second(store: ConversationStore) -> None:
    trip = store.conversation(3766305225831316556)
    assert trip is not None
    draft = (Attachment(22, "old.txt"),)
    assert trip.settings == ConversationSettings(
        "translator", (("to", "德语"),), '{"top_k": 3}', frozenset({11}), draft
    )
    (question,) = store.messages([11])
    assert question.attachments == (Attachment(21, "报告.pdf", (Passage(0, 4),), 2, 3, 7),)
    marks = (Mark(0, Unit.PAGE, 1), Mark(5, Unit.PAGE, 2))
    assert store.document(21) == Document(
        21, trip.id, "报告.pdf", "pdf", 900, "ab12", "page one, page two", marks, "", ("A note.",)
    )
    assert store.document(22) == Document(
        22, trip.id, "old.txt", "text", 4, "cd34", "text", encoding="gb18030"
    )


def test_the_second_opens_with_its_documents(tmp_path: Path) -> None:
    file = tmp_path / "conversations.sqlite3"
    made(file, FILE, SECOND)
    store = ConversationStore(file)

    require_second(store)
    store.close()


def test_backups_of_each_version_are_merged(tmp_path: Path) -> None:
    first, second = tmp_path / "first.sqlite3", tmp_path / "second.sqlite3"
    made(first, FILE)
    made(second, FILE, SECOND)
    store = ConversationStore(tmp_path / "data" / "conversations.sqlite3")

    assert store.restore(first) == Restored(2, 4)
    assert store.restore(second) == Restored(1, 0), "the documents of one"
    assert store.restore(second) == Restored(0, 0)
    assert [one.name for one in map(store.document, (21, 22)) if one] == ["报告.pdf", "old.txt"]
    store.delete_conversations([3766305225831316556])
    assert store.restore(second) == Restored(1, 4)
    require_second(store)
    store.close()


def test_a_backup_of_the_first_loses_what_is_too_old_alone(tmp_path: Path) -> None:
    file = tmp_path / "conversations.sqlite3"
    (tmp_path / "backups").mkdir()
    backup = tmp_path / "backups" / "conversations-2027-01-15-080000.sqlite3"
    made(backup, FILE.replace("journal_mode = WAL", "journal_mode = DELETE"))

    expire_copies(file, older_than=10.0)

    assert b"Once upon" not in backup.read_bytes()
    store = ConversationStore(None)
    assert store.restore(backup) == Restored(1, 4)
