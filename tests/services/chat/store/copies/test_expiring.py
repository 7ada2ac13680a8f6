"""Copies of the file hold nothing that is not kept any longer, to the byte."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from backends.operating_system import rename
from baichuan_desktop.services.chat.store.connection import connect, journal_of
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.copies.backups import back_up, backups_of, folder_for
from baichuan_desktop.services.chat.store.copies.expiring import expire_copies
from baichuan_desktop.services.chat.store.copies.source import Source
from baichuan_desktop.services.chat.values import Folder
from tests.helpers.conversations import put_conversation, put_document, put_message

_NOW = 1_800_000_000.0
_DAY = 86_400.0
OLD, NEW = "an old secret of the river", "a new word of the mountain"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with a conversation of ten days ago, one of today, and one in the trash."""
    made = tmp_path / "data" / "conversations.sqlite3"
    store = ConversationStore(made)
    for text, days in ((OLD, 10), (NEW, 0)):
        one = put_conversation(store, f"Title of {text}", updated=_NOW - days * _DAY, draft=text)
        question = put_message(store, one, None, text)
        put_document(store, one, f"Report on {text}. " * 40)
        put_message(store, one, question, f"Answer to {text}. " * 40)
    put_conversation(store, "A trashed secret", updated=_NOW - 10 * _DAY, trashed=_NOW)
    store.put_folder(Folder(store.new_id(), "A folder", 0))
    assert store._upkeep is not None
    store._upkeep.wait()
    store.close()
    for backup in backups_of(made):
        backup.unlink()
    return made


def copied(file: Path, days_ago: int) -> Path:
    with closing(connect(file)) as connection:
        return back_up(connection, file, _NOW - days_ago * _DAY)


def titles(file: Path) -> set[str]:
    with Source(file) as source:
        return {one.title for one in source.conversations().values()}


def bytes_of(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())


def test_every_backup_loses_what_is_too_old_and_keeps_the_rest(file: Path) -> None:
    backups = [copied(file, days) for days in (3, 1)]
    times = [one.stat().st_mtime_ns for one in backups]
    assert b"an old secret" in bytes_of(folder_for(file))

    expire_copies(file, _NOW - 5 * _DAY)

    for backup, time in zip(backups, times, strict=True):
        assert titles(backup) == {f"Title of {NEW}"}
        assert backup.stat().st_mtime_ns == time, "the next backup comes when it would have"
        store = ConversationStore(backup)
        assert [hit.conversation_id for hit in store.search("mountain")] != []
        assert store.search("river") == []
        assert [one.name for one in store.folders()] == ["A folder"]
        store.close()
    left = bytes_of(folder_for(file))
    for word in (b"secret", b"river", b"trashed secret"):
        assert word not in left
    assert b"mountain" in left
    assert sorted(backups_of(file)) == sorted(backups)


def test_a_backup_without_anything_too_old_is_not_touched(file: Path) -> None:
    backup = copied(file, 1)
    before = (backup.stat().st_ino, backup.read_bytes())

    expire_copies(file, _NOW - 11 * _DAY)

    assert (backup.stat().st_ino, backup.read_bytes()) == before


def test_a_backup_of_nothing_else_is_deleted(file: Path) -> None:
    copied(file, 1)

    expire_copies(file, _NOW + _DAY)

    assert backups_of(file) == []
    assert b"mountain" not in bytes_of(folder_for(file))


@pytest.mark.parametrize("content", [b"", b"no file of SQLite", None])
def test_a_copy_of_which_nobody_can_say_what_is_in_it_is_deleted(
    content: bytes | None, file: Path
) -> None:
    backup, kept = (
        copied(file, 1),
        file.with_name("conversations-damaged-2027-01-01-000000.sqlite3"),
    )
    if content is None:  # the middle of a file is overwritten
        data = bytearray(backup.read_bytes())
        data[4096:8192] = bytes(4096)
        content = bytes(data)
    backup.write_bytes(content)
    kept.write_bytes(content)
    journal_of(kept).write_bytes(b"an old secret")

    expire_copies(file, _NOW - 5 * _DAY)

    assert not backup.exists()
    assert not kept.exists()
    assert not journal_of(kept).exists()


def test_a_damaged_file_that_can_be_read_stays_as_long_as_nothing_in_it_is_too_old(
    file: Path,
) -> None:
    kept = file.with_name("conversations-damaged-2027-01-01-000000.sqlite3")
    copied(file, 1).rename(kept)

    expire_copies(file, _NOW - 11 * _DAY)
    assert kept.exists()
    expire_copies(file, _NOW - 9 * _DAY)
    assert not kept.exists()


def test_a_copy_of_another_version_is_deleted_once_something_in_it_is_too_old(file: Path) -> None:
    backup = copied(file, 1)
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("PRAGMA user_version = 7")
        connection.commit()

    expire_copies(file, _NOW - 11 * _DAY)
    assert backup.exists()
    expire_copies(file, _NOW - 5 * _DAY)
    assert not backup.exists()


def test_a_copy_that_cannot_be_changed_costs_itself_and_is_tried_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = copied(file, 3), copied(file, 1)

    def full(source: Path, target: Path) -> None:
        if target == second:
            raise OSError(28, "No space left on device")
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(f"{expire_copies.__module__}.rename", full)
        expire_copies(file, _NOW - 5 * _DAY)
    assert f"Title of {OLD}" in titles(second)
    assert f"Title of {OLD}" not in titles(first)

    expire_copies(file, _NOW - 5 * _DAY)

    assert b"an old secret" not in bytes_of(folder_for(file))
    assert {one.name for one in folder_for(file).iterdir()} == {first.name, second.name}


def test_what_is_deleted_for_good_is_overwritten_in_the_file_itself(file: Path) -> None:
    store = ConversationStore(file)
    assert store._upkeep is not None
    store._upkeep.wait()
    old = [one.id for one in store.conversations() if one.updated < _NOW - _DAY]
    store.delete_conversations(old)
    store.expire_copies(_NOW - 5 * _DAY)
    store.close()

    left = bytes_of(file.parent)
    assert b"an old secret" not in left
    assert b"trashed secret" not in left
    assert b"a new word" in left
