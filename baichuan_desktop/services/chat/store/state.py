"""Whether what is written reaches the disk, and what errors of SQLite mean."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.errors import (
    ConversationsDamagedError,
    ConversationsDriveFullError,
    ConversationsError,
    ConversationsUnwritableError,
    system_reason,
)
from backends.phrases import Phrase

_CLOSED: Final = Phrase("it cannot be written")
_HELD: Final = Phrase("another program keeps the file locked")
_FULL: Final = Phrase("the drive is full")
#: By SQLite's number; other errors are told in its own words.
_REASONS: Final = {
    sqlite3.SQLITE_READONLY: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_IOERR: Phrase("the drive reports an error"),
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
}


@dataclass(frozen=True, slots=True)
class StoreState:
    """What a person must know of the store."""

    unsaved: ConversationsError | None = None  #: why what is new is in memory only
    mended: ConversationsDamagedError | None = None  #: the file was damaged; to be told once


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's number for the kind of an error; 0 if it is one of Python's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_damage(error: Exception) -> bool:
    """Whether the file itself is at fault."""
    return isinstance(error, sqlite3.DatabaseError) and primary_code(error) in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )


def told_of(error: OSError | sqlite3.Error) -> str | Phrase:
    """Why something could not be written, as a part of a sentence."""
    if isinstance(error, OSError):
        return system_reason(error)
    if primary_code(error) == sqlite3.SQLITE_FULL:
        return _FULL
    return _REASONS.get(primary_code(error), str(error))


def reason_of(error: Exception, file: Path) -> ConversationsError:
    """The error for a person of what writing raised."""
    match error:
        case ConversationsError():
            return error
        case sqlite3.Error() if primary_code(error) == sqlite3.SQLITE_FULL:
            return ConversationsDriveFullError(file)
        case sqlite3.Error() if reason := _REASONS.get(primary_code(error)):
            return ConversationsUnwritableError(file, reason)
        case OSError() | ValueError():
            return ConversationsUnwritableError(file, system_reason(error))
        case _:
            return ConversationsUnwritableError(file, str(error))
