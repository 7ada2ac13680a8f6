"""A drive that fills up, or cannot be written any more: SQLite itself finds it out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from baichuan_desktop.services.chat.store.opening import OpenFile, open_file


class Drive:
    """Opens files as the store does, and is well, full or read only, from one write to the next."""

    def __init__(self) -> None:
        self.opened: list[OpenFile] = []
        self._ail: str | None = None

    def open_file(
        self,
        file: Path,
        *,
        is_damaged: bool = False,
        is_start: bool = False,
        release: Callable[[], object],
    ) -> OpenFile:
        """What the store's own opening gives, on this drive."""
        opened = open_file(file, is_damaged=is_damaged, is_start=is_start, release=release)
        self.opened.append(opened)
        self._make_ail(opened.connection)
        return opened

    def be_full(self) -> None:
        """No file can grow any more."""
        self._be("PRAGMA max_page_count = 1")  # that is, what it has

    def be_read_only(self) -> None:
        """Nothing can be written."""
        self._be("PRAGMA query_only = ON")

    def be_well(self) -> None:
        """All is as it was."""
        self._be(None)

    def _be(self, ail: str | None) -> None:
        self._ail = ail
        if self.opened:
            self._make_ail(self.opened[-1].connection)

    def _make_ail(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("PRAGMA query_only = OFF")
            connection.execute("PRAGMA max_page_count = 1000000")
            if self._ail is not None:
                connection.execute(self._ail).fetchall()
        except sqlite3.ProgrammingError:
            """It was closed meanwhile: the next one that is opened is like this."""
