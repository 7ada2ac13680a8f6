"""What a program did to the files and names below a folder."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path


class Act(Enum):
    """What was done to a file, or to a name in a folder."""

    CREATE = auto()
    CREATE_FOLDER = auto()
    WRITE = auto()
    TRUNCATE = auto()
    SYNC = auto()
    UNLINK = auto()
    RENAME = auto()
    ACKNOWLEDGE = auto()


@dataclass(frozen=True, slots=True)
class Operation:
    """One of them; what a field means depends on `act`."""

    act: Act
    path: Path
    offset: int = 0  #: of what is written; the length that is left
    content: bytes = b""  #: written, or acknowledged
    target: Path | None = None  #: the new name
