"""What is told to who asked for a turn of an engine, besides what the engine yields."""

from __future__ import annotations

from dataclasses import dataclass

from backends.errors import UserFacingError


@dataclass(frozen=True, slots=True)
class InLine:
    """So many requests are before this one; 0: it is its turn."""

    before: int


@dataclass(frozen=True, slots=True)
class Over:
    """Nothing more comes of a request: it is answered, or ended with an error."""

    error: UserFacingError | None = None
