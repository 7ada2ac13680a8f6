"""The thread that writes: what waits in memory goes into the file, now or as soon as it can."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from baichuan_desktop.services.chat.store.batch import write_batch
from baichuan_desktop.services.chat.store.connection import journal_of
from baichuan_desktop.services.chat.store.opening import OpenFile, open_file
from baichuan_desktop.services.chat.store.pending import Batch, Pending
from baichuan_desktop.services.chat.store.state import StoreState, is_damage, reason_of
from baichuan_desktop.services.chat.values import ChatMessage, Status

log = logging.getLogger(__name__)

#: How long text that is still being written waits. It is on the disk within 250 ms: what is left of
#: them is for a slow drive.
TEXT_WAIT_SECONDS = 0.1
#: A journal longer than this is copied into the file when an answer has ended, not within one: a
#: slow drive takes a while for it.
_LONG_JOURNAL_BYTES = 2**20
#: After a failure it is tried again, less and less often.
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 0.5, 8.0


class Writer:
    """Writes what is pending, on a thread of its own that has the only connection that may.

    Args:
        file: Where to.
        pending: What waits.
        on_state: Called, on this thread, when it becomes known that saving fails, or works again.
        on_open: Called, on this thread, when the file was opened, and before another one takes its
            place: whoever reads opens it again.
    """

    def __init__(
        self,
        file: Path,
        pending: Pending,
        on_state: Callable[[StoreState], object],
        on_open: Callable[[], object],
    ) -> None:
        self._file = file
        self._pending = pending
        self._on_state = on_state
        self._on_open = on_open
        self._open: OpenFile | None = None
        self._is_closing = False
        self._is_damaged = False
        self._is_pressed = False  #: somebody waits: the next try is not put off
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._retry_at: float | None = None
        self._has_ended = False  # nothing is written any more
        self._is_tried = threading.Event()
        self.state = StoreState()
        self._thread = threading.Thread(target=self._run, name="conversations", daemon=True)

    def start(self) -> None:
        """Open the file, and return when that was tried."""
        self._thread.start()
        self._is_tried.wait()

    def flush(self, timeout: float) -> bool:
        """Whether all that waited is on the disk, after at most so many seconds."""
        with self._pending.lock:
            self._is_pressed = True
            self._pending.lock.notify_all()
            self._pending.lock.wait_for(
                lambda: not self._pending.has_unsaved or self._has_ended, timeout
            )
            return not self._pending.has_unsaved

    def mend(self) -> None:
        """The file is damaged: have it mended before anything else is written."""
        with self._pending.lock:
            self._is_damaged = True
            self._pending.lock.notify_all()

    def close(self) -> None:
        """Try once more to write what waits, and end."""
        with self._pending.lock:
            self._is_closing = True
            self._pending.lock.notify_all()
        self._thread.join()

    # --- on the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        self._write({}, is_start=True)
        self._is_tried.set()
        while True:
            with self._pending.lock:
                while not self._is_closing and (seconds := self._seconds_left()) > 0:
                    self._pending.lock.wait(None if seconds == float("inf") else seconds)
                batch = self._pending.begin()
                self._is_pressed = False
                is_last = self._is_closing
            self._write(batch)
            if is_last:
                break
        self._let_go()
        with self._pending.lock:
            self._has_ended = True
            self._pending.lock.notify_all()

    def _seconds_left(self) -> float:
        """How long the next try is put off."""
        now = time.monotonic()
        if self._is_pressed and self._pending.has_unsaved:
            return 0.0
        if self._is_damaged and self._retry_at is None:
            return 0.0
        if self._retry_at is not None:
            return self._retry_at - now
        return self._pending.due_at(TEXT_WAIT_SECONDS) - now

    def _write(self, batch: Batch, *, is_start: bool = False) -> None:
        """Write a batch, or find out why that cannot be done; without one, the file is opened."""
        mended = self.state.mended
        try:
            if self._open is not None and not self._open.is_in_place(self._file):
                log.warning("%s was deleted or replaced while it was open.", self._file)
                self._open.put_back(self._file)
                self._let_go()
            if self._is_damaged and self._open is not None:
                self._let_go()
            if self._open is None:
                self._open = open_file(
                    self._file,
                    is_damaged=self._is_damaged,
                    is_start=is_start,
                    release=self._on_open,
                )
                mended = self._open.mended or mended
                self._on_open()
                self._is_damaged = False  # nobody reads the damaged file any more
            if batch:
                _commit(self._open.connection, batch)
        except Exception as error:  # noqa: BLE001  whatever it is, what a person wrote is kept
            self._failed(error)
            return
        self._retry_seconds, self._retry_at = _FIRST_RETRY_SECONDS, None
        self._tell(StoreState(mended=mended))
        with self._pending.lock:
            self._pending.written(batch)
        if not _has_unfinished(batch):
            self._shorten_journal(self._open.connection)

    def _shorten_journal(self, connection: sqlite3.Connection) -> None:
        """Copy a long journal into the file; where that fails, it is only longer for a while."""
        with contextlib.suppress(OSError, sqlite3.Error):
            if journal_of(self._file).stat().st_size > _LONG_JOURNAL_BYTES:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _failed(self, error: Exception) -> None:
        log.warning("%s could not be written: %r", self._file, error)
        self._is_damaged = self._is_damaged or is_damage(error)
        self._let_go()
        self._retry_at = time.monotonic() + self._retry_seconds
        self._retry_seconds = min(2 * self._retry_seconds, _LAST_RETRY_SECONDS)
        self._tell(StoreState(reason_of(error, self._file), self.state.mended))

    def _let_go(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _tell(self, state: StoreState) -> None:
        before, self.state = self.state, state
        if str(before.unsaved or "") != str(state.unsaved or "") or before.mended != state.mended:
            self._on_state(state)


def _has_unfinished(batch: Batch) -> bool:
    """Whether a text of it is still being written."""
    return any(
        isinstance(one, ChatMessage) and one.status is Status.WRITING for one in batch.values()
    )


def _commit(connection: sqlite3.Connection, batch: Batch) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        write_batch(connection, batch)
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise
