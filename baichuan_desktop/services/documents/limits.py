"""How much of a document is read; what is above is refused by name, and never cut."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may have, and what reading it may take."""

    file_bytes: int = 100_000_000
    characters: int = 3_000_000  #: of its text; a book of 1,000 pages has 1,000,000
    pages: int = 5_000  #: and slides, sheets, chapters
    cells: int = 1_000_000  #: of a table, empty ones among others included
    entries: int = 20_000  #: of a zip archive
    unpacked_bytes: int = 300_000_000  #: of all entries that are read
    ratio: int = 250  #: how much larger an entry of more than a megabyte may be than it is stored
    nested: int = 256  #: elements of XML within each other
    elements: int = 10_000_000  #: of one file of XML
    seconds: float = 120.0
    memory_bytes: int = 2 * 2**30  #: of addresses, where the system keeps such a limit


LIMITS = Limits()
