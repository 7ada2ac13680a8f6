"""A backup adds what is missing, and nothing that is here is changed."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import ConversationsNewerError, NotConversationsError
from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.copies.merging import Restored, missing_messages
from baichuan_desktop.services.chat.store.copies.source import Source
from baichuan_desktop.services.chat.values import ChatMessage, Folder, Status
from tests.helpers.conversations import put_branch, put_message
from tests.helpers.patience import PATIENCE_SECONDS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "c.sqlite3"


@pytest.fixture
def store(file: Path) -> Iterator[ConversationStore]:
    made = ConversationStore(file)
    yield made
    made.close()


def _copied(store: ConversationStore, file: Path) -> Path:
    """A copy of all that the store holds now."""
    assert store.flush(PATIENCE_SECONDS)
    copy = file.parent.parent / "backup.sqlite3"
    with connect(file) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    return copy


def test_what_was_deleted_for_good_comes_back_whole(store: ConversationStore, file: Path) -> None:
    folder = Folder(store.new_id(), "Work", 1)
    store.put_folder(folder)
    conversation, messages = put_branch(store, ["百川", "two"], "Title", folder_id=folder.id)
    backup = _copied(store, file)
    store.delete_conversations([conversation.id])
    store.delete_folder(folder.id)
    assert store.flush(PATIENCE_SECONDS)

    restored = store.restore(backup)

    assert restored == Restored(conversations=1, messages=2)
    assert store.conversations() == [conversation]
    assert store.messages([one.id for one in messages]) == messages
    assert store.folders() == [folder]
    assert store.flush(PATIENCE_SECONDS)
    assert len(store.search("百川")) == 1


def test_what_is_being_deleted_at_that_moment_comes_back_too(
    store: ConversationStore, file: Path
) -> None:
    """The deletion is on its way to the disk, or has not begun, or has ended."""
    conversation, messages = put_branch(store, ["one", "two"])
    backup = _copied(store, file)
    for _ in range(30):
        store.delete_conversations([conversation.id])

        assert store.restore(backup) == Restored(conversations=1, messages=2)
        assert store.flush(PATIENCE_SECONDS)
        assert store.messages([one.id for one in messages]) == messages


def test_what_is_here_stays_as_it_is(store: ConversationStore, file: Path) -> None:
    conversation, (first, second) = put_branch(store, ["one", "two"])
    backup = _copied(store, file)
    renamed = replace(conversation, title="New title", trashed=5.0, draft="new")
    store.put_conversation(renamed)
    store.put_message(replace(second, text="changed"))
    third = put_message(store, conversation, second, "three")

    restored = store.restore(backup)

    assert restored == Restored(0, 0)
    assert store.conversation(conversation.id) == renamed
    assert [one.text for one in store.messages([first.id, second.id, third.id])] == [
        "one", "changed", "three",
    ]  # fmt: skip


def test_the_same_backup_again_adds_nothing(store: ConversationStore, file: Path) -> None:
    conversation, _ = put_branch(store, ["one", "two"])
    backup = _copied(store, file)
    store.delete_conversations([conversation.id])
    store.restore(backup)
    before = store.conversations()

    assert store.restore(backup) == Restored(0, 0)
    assert store.conversations() == before


def test_versions_that_were_deleted_come_back_beside_the_others(
    store: ConversationStore, file: Path
) -> None:
    conversation, (first, second, third, fourth) = put_branch(store, list("1234"))
    backup = _copied(store, file)
    store.delete_messages([second.id, third.id])

    restored = store.restore(backup)

    assert restored.messages == 2
    assert store.branch(fourth.id) == [first.id, fourth.id]  # as it was left
    assert store.children(conversation.id, first.id) == [second.id, fourth.id]
    assert store.branch(third.id) == [first.id, second.id, third.id]


def test_a_backup_is_merged_into_memory_too(store: ConversationStore, file: Path) -> None:
    conversation, messages = put_branch(store, ["one", "two"])
    backup = _copied(store, file)
    memory = ConversationStore(None)

    memory.restore(backup)

    assert memory.conversations() == [conversation]
    assert memory.branch(messages[-1].id) == [one.id for one in messages]


def test_an_answer_that_was_being_written_is_broken_off(
    store: ConversationStore, file: Path
) -> None:
    conversation, (first,) = put_branch(store, ["one"])
    half = put_message(store, conversation, first, "half", Status.WRITING)
    backup = _copied(store, file)
    memory = ConversationStore(None)

    memory.restore(backup)

    assert memory.messages([half.id]) == [replace(half, status=Status.BROKEN)]


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(200)])
def test_a_file_that_is_no_backup_is_refused(
    store: ConversationStore, tmp_path: Path, content: bytes
) -> None:
    other = tmp_path / "other.sqlite3"
    other.write_bytes(content)

    with pytest.raises(NotConversationsError, match=r"other\.sqlite3"):
        store.restore(other)
    with pytest.raises(NotConversationsError):
        store.restore(tmp_path / "missing.sqlite3")


def test_a_backup_of_a_newer_version_is_refused(
    store: ConversationStore, file: Path, tmp_path: Path
) -> None:
    put_branch(store, ["one"])
    backup = _copied(store, file)
    newer = tmp_path / "newer.sqlite3"
    shutil.copyfile(backup, newer)
    connection = connect(newer, writes=True)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(ConversationsNewerError):
        store.restore(newer)


# Little is computed here. A stranger's may never end, or fill the memory, as SQLite does even while
# such a row is added: a gigabyte that grows by a page at a time takes from seconds to hours.
COUNTED = """
    CREATE VIEW folders AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9)
    SELECT i AS id, 'n' AS name, 0 AS position FROM n
"""
COMPUTED = """
    CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT AS (printf('%.*c', 9, 'x')),
    position INTEGER)
"""


@pytest.mark.parametrize(
    "change",
    [
        f"DROP TABLE folders; {COUNTED}",
        f"DROP TABLE folders; {COMPUTED}; INSERT INTO folders (id) VALUES (1)",
        "ALTER TABLE messages ADD COLUMN more TEXT",
    ],
)
def test_a_file_whose_tables_compute_something_is_refused(
    store: ConversationStore, file: Path, change: str
) -> None:
    put_branch(store, ["one"])
    backup = _copied(store, file)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        connection.executescript(change)

    with pytest.raises(NotConversationsError):
        store.restore(backup)


def test_what_a_strangers_other_tables_compute_is_not_looked_at(
    store: ConversationStore, file: Path
) -> None:
    put_branch(store, ["one"])
    backup = _copied(store, file)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        connection.executescript(
            "CREATE TABLE more (x, y TEXT AS (x) NOT NULL); INSERT INTO more (x) VALUES (1), (2);"
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_master SET sql = replace(sql, 'AS (x)', 'AS (NULL)')"
        )
    with contextlib.closing(connect(backup)) as connection:
        assert connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",), "it is computed"

    with Source(backup) as source:
        assert source.is_sound()


def _message(number: int, parent: int | None, text: str = "") -> ChatMessage:
    return ChatMessage(number, 9, parent, Role.USER, text, Status.FINISHED, 1.0)


@pytest.mark.parametrize(
    ("theirs", "parents", "ours", "tree"),
    [
        # the second of three could not be read, but it is known what it followed
        ([(1, None), (3, 2)], {2: 1}, {}, {1: None, 3: 1}),
        # nothing is known of it: the newest of the older ones
        ([(1, None), (2, 1), (5, 4)], {}, {}, {1: None, 2: 1, 5: 2}),
        # nothing older is left
        ([(5, 4), (6, 5)], {}, {}, {5: None, 6: 5}),
        # it follows one that is here
        ([(3, 2)], {3: 2}, {1: None, 2: 1}, {3: 2}),
        # circles are cut
        ([(1, 2), (2, 1)], {}, {}, {1: None, 2: 1}),
        ([(1, 1)], {1: 1}, {}, {1: None}),
        ([(3, 8)], {8: 7, 7: 8}, {1: None}, {3: 1}),
        # what follows a later one, as an edit can, is left so
        ([(1, None), (2, 3), (3, 1)], {}, {}, {1: None, 2: 3, 3: 1}),
    ],
)
def test_the_tree_stays_whole_whatever_is_missing(
    theirs: list[tuple[int, int | None]],
    parents: dict[int, int | None],
    ours: dict[int, int | None],
    tree: dict[int, int | None],
) -> None:
    added = missing_messages([_message(*one) for one in theirs], parents, ours)

    assert {one.id: one.parent for one in added} == tree
