"""Backups are whole, made in time, and bounded by count and by bytes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backends.errors import BackupNotMadeError
from baichuan_desktop.services.chat.store.connection import connect, journal_of
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.copies import backups as backups_module
from baichuan_desktop.services.chat.store.copies.backups import (
    BackupPlan,
    back_up,
    backups_of,
    is_due,
)
from baichuan_desktop.services.chat.store.migrations import STEPS, migrate, version_of
from tests.helpers.conversations import put_branch
from tests.helpers.patience import PATIENCE_SECONDS

_DAY = 86_400.0
_NOW = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with one conversation, which nobody has open."""
    made = tmp_path / "data" / "conversations.sqlite3"
    store = ConversationStore(made)
    put_branch(store, ["百川", "river"])
    _wait_for_upkeep(store)
    store.close()
    for backup in backups_of(made):
        backup.unlink()
    return made


@pytest.fixture
def connection(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(file)) as made:
        yield made


def _wait_for_upkeep(store: ConversationStore) -> None:
    assert store._upkeep is not None
    store._upkeep.wait()


def test_a_backup_is_a_file_of_conversations(file: Path, connection: sqlite3.Connection) -> None:
    backup = back_up(connection, file, _NOW)

    assert backup.name == "conversations-2027-01-15-080000.sqlite3"
    assert backups_of(file) == [backup]
    store = ConversationStore(backup)
    assert len(store.search("百川")) == 1
    store.close()


def test_the_newest_backups_are_kept(file: Path, connection: sqlite3.Connection) -> None:
    made = [back_up(connection, file, _NOW + day * _DAY, kept=7) for day in range(10)]
    assert backups_of(file) == made[:2:-1]  # seven of ten

    last = back_up(connection, file, _NOW + 10 * _DAY, kept=2)
    assert backups_of(file) == [last, made[-1]]
    more = back_up(connection, file, _NOW + 11 * _DAY)  # as before a step of the tables
    assert backups_of(file) == [more, last, made[-1]]


def test_backups_are_bounded_by_bytes_and_the_newest_stays(
    file: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = back_up(connection, file, _NOW)
    monkeypatch.setattr(backups_module, "MOST_BYTES", 2 * first.stat().st_size)
    second = back_up(connection, file, _NOW + 1, kept=7)
    third = back_up(connection, file, _NOW + 2, kept=7)
    assert backups_of(file) == [third, second]
    monkeypatch.setattr(backups_module, "MOST_BYTES", 0)

    fourth = back_up(connection, file, _NOW + 3, kept=7)

    assert backups_of(file) == [fourth]


def test_a_backup_that_cannot_be_written_leaves_those_that_there_are(
    file: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = back_up(connection, file, _NOW)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups_module, "rename", refuse)
    with pytest.raises(OSError, match="No space"):
        back_up(connection, file, _NOW + 1)

    assert list((file.parent / "backups").iterdir()) == [first]


def test_what_a_crash_left_of_a_backup_is_no_backup(
    file: Path, connection: sqlite3.Connection
) -> None:
    first = back_up(connection, file, _NOW)
    half = first.with_name("conversations-2027-01-14-080000.sqlite3.part")
    half.write_bytes(b"half")

    assert backups_of(file) == [first]
    back_up(connection, file, _NOW + 1)
    assert not half.exists()


@pytest.mark.parametrize(
    ("age", "changed", "is_made"),
    [(None, 0.0, True), (_DAY - 60, 1.0, False), (_DAY, 1.0, True), (_DAY, -1.0, False)],
)
@pytest.mark.parametrize("days", [1, 3, None])
def test_a_backup_is_due_as_long_after_the_last_as_is_planned_if_something_changed(
    file: Path,
    connection: sqlite3.Connection,
    age: float | None,
    changed: float,
    is_made: bool,
    days: int | None,
) -> None:
    plan = BackupPlan(interval_seconds=None if days is None else days * _DAY)
    age = age if age is None or days is None else age + (days - 1) * _DAY
    if age is not None:
        backup = back_up(connection, file, _NOW)
        os.utime(backup, (_NOW, _NOW))
        os.utime(file, (_NOW + changed, _NOW + changed))
        for beside in file.parent.glob("*-wal"):
            os.utime(beside, (_NOW - 1, _NOW - 1))

    assert is_due(file, _NOW + (age or 0.0), plan) is (is_made and days is not None)


def test_a_start_makes_a_backup_and_the_next_one_makes_none(file: Path) -> None:
    for _ in range(3):
        store = ConversationStore(file)
        _wait_for_upkeep(store)
        store.close()

    assert len(backups_of(file)) == 1


def test_an_app_that_stays_open_makes_backups_as_is_planned(file: Path) -> None:
    now = _NOW
    plan = BackupPlan(kept=2, interval_seconds=3 * _DAY)
    store = ConversationStore(file, backups=plan, clock=lambda: now)
    upkeep = store._upkeep
    assert upkeep is not None
    made = []
    for day in range(13):
        now = _NOW + day * _DAY
        put_branch(store, ["words"])
        assert store.flush(PATIENCE_SECONDS)
        os.utime(journal_of(file), (now, now))
        upkeep.look()
        upkeep.wait()
        for backup in backups_of(file):
            if backup not in made:
                made.append(backup)
                os.utime(backup, (now, now))
        assert len(backups_of(file)) == min(len(made), 2)
    assert [one.stem[-17:-7] for one in made] == [
        "2027-01-15", "2027-01-18", "2027-01-21", "2027-01-24", "2027-01-27"
    ]  # fmt: skip

    store.plan_backups(BackupPlan(interval_seconds=None))
    now += 30 * _DAY
    upkeep.look()
    upkeep.wait()
    assert backups_of(file) == made[:-3:-1]
    assert store.back_up() == backups_of(file)[0], "whatever is planned"
    store.close()


def test_a_backup_that_a_person_asks_for_and_that_fails_says_why(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store = ConversationStore(file, backups=BackupPlan(interval_seconds=None))
    monkeypatch.setattr(backups_module, "rename", refuse)

    with pytest.raises(BackupNotMadeError, match="No space left on device"):
        store.back_up()
    assert ConversationStore(None).back_up() is None
    store.close()


def test_no_backup_is_made_of_nothing(tmp_path: Path) -> None:
    file = tmp_path / "conversations.sqlite3"
    for _ in range(2):
        store = ConversationStore(file)
        _wait_for_upkeep(store)
        store.close()

    assert backups_of(file) == []


_NEXT = ("ALTER TABLE folders ADD COLUMN colour TEXT",)
_BAD = ("ALTER TABLE folders ADD COLUMN shape TEXT", "CREATE TABLE folders (id INTEGER)")


def test_each_step_has_a_backup_from_before_it(file: Path) -> None:
    versions, known = [], len(STEPS)
    with closing(connect(file, writes=True)) as connection:

        def before(number: int) -> None:
            with closing(connect(back_up(connection, file, _NOW + number))) as backup:
                versions.append((number, version_of(backup)))

        migrate(connection, before, [*STEPS, _NEXT, ("SELECT 1",)])
        assert version_of(connection) == known + 2

    assert versions == [(known + 1, known), (known + 2, known + 1)]


def test_a_step_that_fails_leaves_the_file_as_it_was_before_it(file: Path) -> None:
    with closing(connect(file, writes=True)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            migrate(connection, lambda _: None, [*STEPS, _NEXT, _BAD])

        assert version_of(connection) == len(STEPS) + 1
        columns = [row[1] for row in connection.execute("PRAGMA table_info(folders)")]
    assert columns == ["id", "name", "position", "colour"]


def test_no_step_is_taken_that_no_backup_precedes(file: Path) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    with closing(connect(file, writes=True)) as connection:
        with pytest.raises(OSError, match="No space"):
            migrate(connection, refuse, [*STEPS, _NEXT])
        assert version_of(connection) == len(STEPS)


def test_a_new_file_needs_no_backup(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"
    ConversationStore(file).close()

    assert backups_of(file) == []
