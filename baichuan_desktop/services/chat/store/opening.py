"""The file opened for writing: its folder made and locked, its tables as this version has them."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backends.errors import (
    ConversationsDamagedError,
    ConversationsInUseError,
    ConversationsNewerError,
)
from backends.operating_system import lock_folder, long_path, sync_folder
from baichuan_desktop.services.chat.store.batch import (
    break_off_unfinished,
    delete_unused_documents,
)
from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.copies.backups import back_up, backups_of
from baichuan_desktop.services.chat.store.copies.mending import mend
from baichuan_desktop.services.chat.store.migrations import STEPS, migrate, version_of
from baichuan_desktop.services.chat.store.state import is_damage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """The one connection that writes, and the lock that keeps other runs of the app off."""

    connection: sqlite3.Connection
    unlock: Callable[[], object]
    mended: ConversationsDamagedError | None  #: what was done if it was damaged
    identity: tuple[int, int]  #: of the file, whatever its name

    def is_in_place(self, file: Path) -> bool:
        """Whether it is this file that has the name: another program may have deleted it."""
        try:
            return _identity(file) == self.identity
        except OSError:
            return False

    def put_back(self, file: Path) -> None:
        """Write all that it holds under its name again, if nothing else has that name.

        Raises OSError, sqlite3.Error.
        """
        _make_folder(long_path(file.parent))
        if not long_path(file).exists():
            self.connection.execute("VACUUM INTO ?", (str(long_path(file)),))

    def close(self) -> None:
        """Copy the journal into the file, as far as that can be done, and let others have it."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()
        self.unlock()


def open_file(
    file: Path,
    *,
    is_damaged: bool = False,
    is_start: bool = False,
    release: Callable[[], object] = lambda: None,
) -> OpenFile:
    """Open the file for writing, or make it; a damaged one is mended.

    Args:
        file: Where it is, or will be.
        is_damaged: It is known to be.
        is_start: Nobody has read of it yet, so that nobody can bring back a message that was
            deleted: documents that none has any more go with it.
        release: Called before another file takes its place, so that nobody has it open.

    Raises:
        ConversationsError: Another run of the app has it, or a newer version made it.
        OSError, sqlite3.Error: It cannot be made, opened, changed or mended.
    """
    _make_folder(long_path(file.parent))
    unlock = _locked(file)
    try:
        mended = None
        if is_damaged or _is_emptied(file):
            mended = mend(file, time.time(), release)
        try:
            connection = _prepared(file, is_start=is_start and mended is None)
        except sqlite3.DatabaseError as error:
            if mended is not None or not is_damage(error):
                raise
            log.warning("%s is damaged: %s", file, error)
            mended = mend(file, time.time(), release)
            connection = _prepared(file, is_start=False)
    except BaseException:
        unlock()
        raise
    return OpenFile(connection, unlock, mended, _identity(file))


def _identity(file: Path) -> tuple[int, int]:
    facts = long_path(file).stat()
    return facts.st_dev, facts.st_ino


def _make_folder(folder: Path) -> None:
    """Make a folder that its owner alone can look into, and that outlives a power cut."""
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for one in made:
        with contextlib.suppress(OSError):  # a drive of another machine that cannot do that
            sync_folder(one.parent)
    with contextlib.suppress(OSError):  # it is somebody else's, or its drive knows no owners
        folder.chmod(0o700)


def _locked(file: Path) -> Callable[[], object]:
    try:
        return lock_folder(file.parent)
    except BlockingIOError as error:
        raise ConversationsInUseError(file) from error
    except OSError as error:  # a drive of another machine that knows no locks
        log.info("%s cannot be locked: %s", file.parent, error)
        return lambda: None


def _is_emptied(file: Path) -> bool:
    """Whether nothing is left of a file that once held something: SQLite takes it for a new one."""
    try:
        return long_path(file).stat().st_size == 0 and bool(backups_of(file))
    except FileNotFoundError:
        return False


def _require_known(file: Path, version: int) -> None:
    if version > len(STEPS):
        raise ConversationsNewerError(file)


def _prepared(file: Path, *, is_start: bool) -> sqlite3.Connection:
    connection = connect(file, writes=True)
    try:
        _require_known(file, version_of(connection))
        migrate(connection, lambda _: back_up(connection, file, time.time()))
        connection.execute("BEGIN IMMEDIATE")
        broken = break_off_unfinished(connection)
        unused = delete_unused_documents(connection) if is_start else 0
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    if broken:
        log.warning("%d messages were being written when the app ended.", broken)
    if unused:
        log.info("%d documents that no message and no draft has were deleted.", unused)
    return connection
