"""What is done once after a start, beside all else: the file is looked through and backed up."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.copies.backups import back_up, is_due
from baichuan_desktop.services.chat.store.state import is_damage

log = logging.getLogger(__name__)


class Upkeep:
    """A thread that looks for damage, and makes a backup if the last one is a day old.

    Args:
        file: The file, which the writer has open.
        on_damage: Called, on this thread, if the file is damaged; then there is no backup.
    """

    def __init__(self, file: Path, on_damage: Callable[[], object]) -> None:
        self._file = file
        self._on_damage = on_damage
        self._lock = threading.Lock()
        self._is_stopped = False
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="conversations upkeep", daemon=True)

    def start(self) -> None:
        """Begin; it is done once, however often this is called."""
        with self._lock:
            if self._thread.ident is None and not self._is_stopped:
                self._thread.start()

    def stop(self) -> None:
        """Break off what is not done yet, and return when that has ended."""
        with self._lock:
            self._is_stopped = True
            if self._connection is not None:
                self._connection.interrupt()
        self.wait()

    def wait(self) -> None:
        """Return when all is done that was begun."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            with contextlib.closing(connect(self._file)) as connection:
                with self._lock:
                    if self._is_stopped:
                        return
                    self._connection = connection
                try:
                    is_damaged = not self._look_after(connection)
                finally:
                    with self._lock:
                        self._connection = None
        except (OSError, sqlite3.Error) as error:
            log.warning("%s could not be looked through or backed up: %s", self._file, error)
            is_damaged = is_damage(error)
        if is_damaged:
            self._on_damage()

    def _look_after(self, connection: sqlite3.Connection) -> bool:
        """Whether the file is whole; then it is backed up, if it is time and worth it."""
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            return False
        is_empty = connection.execute("SELECT 1 FROM conversations LIMIT 1").fetchone() is None
        now = time.time()
        if not is_empty and is_due(self._file, now):
            back_up(connection, self._file, now)
        return True
