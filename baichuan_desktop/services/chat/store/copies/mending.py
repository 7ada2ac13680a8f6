"""A damaged file set aside, and a whole one in its place with all that can still be read."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.errors import ConversationsDamagedError, UserFacingError
from backends.operating_system import long_path, rename, sync_folder
from baichuan_desktop.services.chat.store.batch import (
    put_conversation,
    put_document,
    put_folder,
    put_message,
)
from baichuan_desktop.services.chat.store.connection import connect, journal_of
from baichuan_desktop.services.chat.store.copies.backups import backups_of
from baichuan_desktop.services.chat.store.copies.merging import merge
from baichuan_desktop.services.chat.store.copies.source import Source
from baichuan_desktop.services.chat.store.migrations import migrate
from baichuan_desktop.services.chat.store.rows.conversations import (
    CONVERSATION_COLUMNS,
    FOLDER_COLUMNS,
    conversation_of,
    folder_of,
)
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder
from baichuan_desktop.services.documents.values import Document

log = logging.getLogger(__name__)

#: The end of the name under which SQLite keeps memory that connections share.
_SHARED: Final = "-shm"
_CONVERSATIONS: Final = f"SELECT {', '.join(CONVERSATION_COLUMNS)} FROM conversations"
_FOLDERS: Final = f"SELECT {', '.join(FOLDER_COLUMNS)} FROM folders"


@dataclass(frozen=True, slots=True)
class _NewFile:
    """The whole file, while it is made."""

    connection: sqlite3.Connection

    def folders(self) -> list[Folder]:
        return [folder_of(row) for row in self.connection.execute(_FOLDERS)]

    def conversation(self, conversation_id: int) -> Conversation | None:
        rows = self.connection.execute(f"{_CONVERSATIONS} WHERE id = ?", (conversation_id,))
        return next(map(conversation_of, rows), None)

    def tree(self, conversation_id: int) -> Mapping[int, int | None]:
        own = "SELECT id, parent FROM messages WHERE conversation_id = ?"
        return dict(self.connection.execute(own, (conversation_id,)))

    def document_ids(self, conversation_id: int) -> list[int]:
        own = "SELECT id FROM documents WHERE conversation_id = ?"
        return [key for (key,) in self.connection.execute(own, (conversation_id,))]

    def put_folder(self, one: Folder) -> None:
        put_folder(self.connection, one)

    def bring_back(self, one: Conversation) -> None:
        put_conversation(self.connection, one)

    def put_message(self, one: ChatMessage) -> None:
        put_message(self.connection, one)

    def put_document(self, one: Document) -> None:
        put_document(self.connection, one)


def mend(file: Path, now: float, release: Callable[[], object]) -> ConversationsDamagedError:
    """Put a whole file in the place of a damaged one; what was done, for the person.

    The damaged file stays under another name. What of it can be read is in the new one, and what
    it lacks comes from the newest backup. It is the damaged one that has its name until the new
    one is whole.

    Args:
        file: The damaged file, which nobody writes.
        now: Seconds since 1970, for the name.
        release: Called before its place is taken, so that nobody has it open.

    Raises:
        OSError, sqlite3.Error: There is no room for it; the damaged file is as it was.
    """
    file = long_path(file)
    kept = _kept_copy(file, now)
    made = file.with_name(file.name + ".mended")
    for left in (made, journal_of(made), _shared_of(made)):
        left.unlink(missing_ok=True)
    with contextlib.closing(connect(made, writes=True)) as connection:
        migrate(connection, lambda _: None)
        connection.execute("BEGIN IMMEDIATE")
        _merge_into(connection, kept)
        backup = next((one for one in backups_of(file) if _merge_into(connection, one)), None)
        conversations, messages = (
            int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in ("conversations", "messages")
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    release()
    for left in (_shared_of(kept), journal_of(file), _shared_of(file)):
        left.unlink(missing_ok=True)
    rename(made, file)
    sync_folder(file.parent)
    log.warning("%s was damaged; it is kept as %s.", file, kept)
    return ConversationsDamagedError(
        file, kept=kept, conversations=conversations, messages=messages, backup=backup
    )


def _kept_copy(file: Path, now: float) -> Path:
    stamp = time.strftime("%Y-%m-%d-%H%M%S", time.gmtime(now))
    kept = file.with_name(f"{file.stem}-damaged-{stamp}{file.suffix}")
    shutil.copyfile(file, kept)
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(journal_of(file), journal_of(kept))
    return kept


def _shared_of(file: Path) -> Path:
    return file.with_name(file.name + _SHARED)


def _merge_into(connection: sqlite3.Connection, copy: Path) -> bool:
    """Whether something of a copy could be read, all of which is added."""
    try:
        with Source(copy, is_own=True) as source:
            for _ in merge(source, _NewFile(connection)):
                pass
    except UserFacingError as error:
        log.warning("Nothing of %s can be read: %s", copy, error)
        return False
    return True
