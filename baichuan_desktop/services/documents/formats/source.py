"""What a reader of a format is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from baichuan_desktop.services.documents.limits import Limits

#: Is told how many parts are done, and of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a file, and how it shall be read."""

    name: str  #: as it is shown in errors
    data: bytes
    limits: Limits
    encoding: str | None  #: that a person chose
    progress: Progress
