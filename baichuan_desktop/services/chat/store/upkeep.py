"""What is done beside all else: the file is looked through at the start, and backed up in time."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.copies.backups import BackupPlan, back_up, is_due
from baichuan_desktop.services.chat.store.state import is_damage

log = logging.getLogger(__name__)

_ANY: Final = "SELECT 1 FROM conversations LIMIT 1"
#: A computer sleeps and a clock can be set: whether it is time is looked up so often.
_LOOK_SECONDS = 600.0


class Upkeep:
    """A thread that looks for damage once, and makes a backup whenever one is due.

    Args:
        file: The file, which the writer has open.
        on_damage: Called, on this thread, if the file is damaged; then there is no backup.
        plan: When backups are made.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        file: Path,
        on_damage: Callable[[], object],
        plan: BackupPlan,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = file
        self._on_damage = on_damage
        self._clock = clock
        self.plan = plan
        self._lock = threading.Condition()
        self._is_stopped = False
        self._is_wanted = False  #: a look, now
        self._is_whole = False  #: the file was looked through
        self._working = threading.Lock()  #: held while the file or a copy of it is worked on
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="conversations upkeep", daemon=True)

    def start(self) -> None:
        """Begin; the file is looked through once, however often this is called."""
        with self._lock:
            if self._thread.ident is None and not self._is_stopped:
                self._is_wanted = True
                self._thread.start()

    def look(self) -> None:
        """Look now whether a backup is due; `wait` returns when that is done."""
        with self._lock:
            self._is_wanted = self._thread.is_alive()
            self._lock.notify_all()

    def stop(self) -> None:
        """Break off what is not done yet, and return when that has ended."""
        with self._lock:
            self._is_stopped = True
            if self._connection is not None:
                self._connection.interrupt()
            self._lock.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def wait(self) -> None:
        """Return when all is done that was begun."""
        with self._lock:
            self._lock.wait_for(lambda: not self._is_wanted)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Within this no backup is made by itself."""
        with self._working:
            yield

    def back_up_now(self) -> Path:
        """Make a backup, whatever the plan says of times; where it lies.

        Raises OSError, sqlite3.Error.
        """
        with self._working, contextlib.closing(connect(self._file)) as connection:
            return back_up(connection, self._file, self._clock(), kept=self.plan.kept)

    def _run(self) -> None:
        while True:
            self._look()
            with self._lock:
                self._is_wanted = False
                self._lock.notify_all()
                self._lock.wait_for(lambda: self._is_wanted or self._is_stopped, _LOOK_SECONDS)
                if self._is_stopped:
                    return

    def _look(self) -> None:
        try:
            with self._working:
                if self._is_whole and not is_due(self._file, self._clock(), self.plan):
                    return
                is_damaged = not self._look_after()
        except (OSError, sqlite3.Error) as error:
            log.warning("%s could not be looked through or backed up: %s", self._file, error)
            is_damaged = is_damage(error)
        if is_damaged:
            self._on_damage()

    def _look_after(self) -> bool:
        """Whether the file is whole; then it is backed up, if it is time and worth it."""
        with contextlib.closing(connect(self._file)) as connection:
            with self._lock:
                if self._is_stopped:
                    return True
                self._connection = connection
            try:
                if not self._is_whole:
                    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                        return False
                    self._is_whole = True
                is_empty = connection.execute(_ANY).fetchone() is None
                now = self._clock()
                if not is_empty and is_due(self._file, now, self.plan):
                    back_up(connection, self._file, now, kept=self.plan.kept)
            finally:
                with self._lock:
                    self._connection = None
        return True
