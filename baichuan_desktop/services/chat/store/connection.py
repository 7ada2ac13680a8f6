"""The one place where the app opens a file of SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from backends.operating_system import long_path

#: Seconds that a statement waits for another connection, which holds the file for milliseconds.
_BUSY_SECONDS = 5.0

#: Of the connection that writes. With FULL, what was committed outlives a power cut. The writer
#: shortens the journal itself; at 16 MiB SQLite does so in any case. What is deleted for good is
#: overwritten.
WRITING: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4096",
    "PRAGMA secure_delete = ON",
)
#: Of all: functions in a stranger's schema are not called.
_SAFE: Final = ("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON")


def journal_of(file: Path) -> Path:
    """Where SQLite keeps what it has not yet copied into a file."""
    return file.with_name(file.name + "-wal")


def connect(file: Path, *, writes: bool = False, alone: bool = False) -> sqlite3.Connection:
    """An open connection, which one thread at a time may use; transactions are begun by hand.

    Args:
        file: Made if it is missing and `writes`.
        writes: For the one connection that may; the others are read only.
        alone: Nobody writes meanwhile, so that neither locks nor files beside it are needed: a
            folder that cannot be written is read so. What was not yet copied from the journal
            into the file is not seen.

    Raises:
        sqlite3.Error: It cannot be opened, or is no file of SQLite.
    """
    mode = "mode=rwc" if writes else "mode=ro&immutable=1" if alone else "mode=ro"
    path = quote(long_path(file.absolute()).as_posix())
    connection = sqlite3.connect(
        f"file:{path}?{mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = _text
    try:
        for pragma in (*_SAFE, *(WRITING if writes else ())):
            connection.execute(pragma).close()
    except BaseException:
        connection.close()
        raise
    return connection


def _text(stored: bytes) -> str:
    """The text of a row; a byte that a broken drive changed costs its character alone."""
    return stored.decode("utf-8", "replace")
