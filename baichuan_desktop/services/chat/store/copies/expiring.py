"""Copies of the file without the conversations that are not kept any longer."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from backends.operating_system import long_path, rename, sync_folder
from baichuan_desktop.services.chat.store.batch import write_batch
from baichuan_desktop.services.chat.store.connection import connect, journal_of
from baichuan_desktop.services.chat.store.copies.backups import (
    UNFINISHED,
    backups_of,
    folder_for,
)
from baichuan_desktop.services.chat.store.migrations import STEPS, migrate, version_of
from baichuan_desktop.services.chat.store.pending import Kind

log = logging.getLogger(__name__)

_EXPIRED: Final = "SELECT id FROM conversations WHERE updated IS NULL OR updated < ?"
_ANY: Final = "SELECT 1 FROM conversations LIMIT 1"


def expire_copies(file: Path, older_than: float) -> None:
    """Take what was not changed since a time, in seconds since 1970, out of every copy of a file.

    That are its backups, and what mending set aside. A copy of which nobody can say what is in it
    goes as a whole once it holds, or may hold, such.
    """
    for left in long_path(folder_for(file)).glob(f"{file.stem}-*{UNFINISHED}*"):
        left.unlink(missing_ok=True)
    for backup in backups_of(file):
        with _told(backup):
            _expire(backup, older_than)
    for kept in long_path(file.parent).glob(f"{file.stem}-damaged-*{file.suffix}"):
        with _told(kept):
            if _expired_in(kept, older_than) != []:
                _delete(kept)


def _expire(backup: Path, older_than: float) -> None:
    """Write a backup anew without what is too old; one of nothing else is deleted."""
    expired = _expired_in(backup, older_than)
    if expired == []:
        return
    if expired is None:
        _delete(backup)
        return
    made = backup.stat()
    unfinished = backup.with_name(backup.name + UNFINISHED)
    shutil.copyfile(backup, unfinished)
    with contextlib.closing(connect(unfinished, writes=True)) as connection:
        migrate(connection, lambda _: None)  # what an earlier version copied
        connection.execute("BEGIN IMMEDIATE")
        write_batch(connection, {(Kind.CONVERSATION, key): None for key in expired})
        connection.execute("INSERT INTO found (found) VALUES ('optimize')")  # no word stays
        connection.execute("COMMIT")
        is_empty = connection.execute(_ANY).fetchone() is None
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    if is_empty:
        unfinished.unlink()
        _delete(backup)
        return
    with unfinished.open("rb+") as stream:
        os.fsync(stream.fileno())
    os.utime(unfinished, ns=(made.st_atime_ns, made.st_mtime_ns))  # it is as old as it was
    rename(unfinished, backup)
    sync_folder(backup.parent)
    log.info("%d conversations are not kept any longer in %s.", len(expired), backup)


def _expired_in(copy: Path, older_than: float) -> list[int] | None:
    """The conversations of a copy that are too old; None where that cannot be told."""
    if journal_of(copy).exists():  # a part of it is there
        return None
    try:
        with contextlib.closing(connect(copy, alone=True)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return None
            rows = connection.execute(_EXPIRED, (older_than,)).fetchall()
            is_known = 0 < version_of(connection) <= len(STEPS)
            return [key for (key,) in rows] if is_known or not rows else None
    except sqlite3.Error:
        return None


def _delete(copy: Path) -> None:
    for one in (journal_of(copy), copy.with_name(copy.name + "-shm"), copy):
        one.unlink(missing_ok=True)
    log.info("%s was deleted: what is in it is not kept any longer.", copy)


@contextlib.contextmanager
def _told(copy: Path) -> Iterator[None]:
    """One copy that cannot be changed costs itself alone; the next time it is tried again."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        log.warning("%s cannot be freed of what is too old: %s", copy, error)
