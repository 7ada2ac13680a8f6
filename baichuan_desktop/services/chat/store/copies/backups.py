"""Backups: whole copies of the file beside it, as many as fit into a bound."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.operating_system import long_path, rename, sync_folder
from baichuan_desktop.services.chat.store.connection import journal_of

log = logging.getLogger(__name__)

_FOLDER: Final = "backups"
_FORMAT: Final = "%Y-%m-%d-%H%M%S"  # in UTC, so that the order of names is that of times
UNFINISHED: Final = ".part"  #: behind the name of one that is being made

#: How many bytes all of them may take; the newest is kept in any case.
MOST_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """When backups are made by themselves, and how many of them stay."""

    kept: int = 7  #: the newest is kept in any case
    #: After which there is to be another one, if there is something new; None: none is made.
    interval_seconds: float | None = 86_400.0


def folder_for(file: Path) -> Path:
    """Where the backups of a file lie; it is made with the first."""
    return file.parent / _FOLDER


def backups_of(file: Path) -> list[Path]:
    """All backups of a file, the newest first."""
    found = long_path(folder_for(file)).glob(f"{file.stem}-*{file.suffix}")
    return sorted(found, reverse=True)


def is_due(file: Path, now: float, plan: BackupPlan) -> bool:
    """Whether the file was changed since its newest backup, and that is as old as is planned.

    Raises OSError.
    """
    if plan.interval_seconds is None:
        return False
    newest = next(iter(backups_of(file)), None)
    if newest is None:
        return True
    made = newest.stat().st_mtime
    changed = max(_changed(file), _changed(journal_of(file)))
    return abs(now - made) >= plan.interval_seconds and changed > made


def _changed(file: Path) -> float:
    try:
        return long_path(file).stat().st_mtime
    except OSError:
        return 0.0


def back_up(
    connection: sqlite3.Connection, file: Path, now: float, *, kept: int | None = None
) -> Path:
    """Copy the file as it is at this moment, and delete old backups; whoever writes goes on.

    Args:
        connection: Any that has the file open, outside of a transaction.
        file: The file.
        now: Seconds since 1970.
        kept: How many stay; None: none is deleted.

    Raises:
        OSError, sqlite3.Error: There is no room for it, or it cannot be written; then there are
            as many backups as before.
    """
    folder = long_path(folder_for(file))
    folder.mkdir(exist_ok=True, mode=0o700)
    for left in folder.glob(f"{file.stem}-*{UNFINISHED}"):
        left.unlink()
    name = time.strftime(f"{file.stem}-{_FORMAT}{file.suffix}", time.gmtime(now))
    unfinished = folder / (name + UNFINISHED)
    try:
        connection.execute("VACUUM INTO ?", (str(unfinished),))
        _sync(unfinished)
        rename(unfinished, folder / name)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise
    sync_folder(folder)
    sync_folder(folder.parent)  # the first backup made the folder
    if kept is not None:
        _delete_old(file, kept)
    return folder / name


def _sync(file: Path) -> None:
    """Have a file survive a power cut."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


def _delete_old(file: Path, kept: int) -> None:
    total = 0
    for place, backup in enumerate(backups_of(file)):
        with contextlib.suppress(OSError):
            total += backup.stat().st_size
            if place and (place >= kept or total > MOST_BYTES):
                backup.unlink()
                log.info("The backup %s was deleted, there are newer ones.", backup)
