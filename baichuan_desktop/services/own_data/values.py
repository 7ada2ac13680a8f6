"""What a backup of everything holds, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from backends.errors import UserFacingError
from backends.phrases import Phrase

#: Told how many bytes are done, and how many there are in all.
Progress = Callable[[int, int], object]


class Part(StrEnum):
    """What a backup may hold; the values are names in the archive."""

    CONVERSATIONS = "conversations.sqlite3"
    PRESETS = "presets.json"
    MODELS = "models_registry.yaml"
    LICENCES = "licences.json"
    SETTINGS = "settings.json"


#: How each part is called at the beginning of a sentence.
PART_NAMES: Final[Mapping[Part, Phrase]] = {
    Part.CONVERSATIONS: Phrase("Conversations"),
    Part.PRESETS: Phrase("Presets"),
    Part.MODELS: Phrase("The list of models and adapters"),
    Part.LICENCES: Phrase("Accepted licences"),
    Part.SETTINGS: Phrase("Settings"),
}


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a backup."""

    size: int  #: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup says of itself, every byte of which was verified."""

    version: int  #: of its form
    app: str  #: the version of the app that made it
    made: float  #: seconds since 1970
    parts: Mapping[Part, Member]
    conversations: int = 0
    messages: int = 0

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(one.size for one in self.parts.values())


@dataclass(frozen=True, slots=True)
class Created:
    """A backup that was made, and read again."""

    contents: Contents
    notes: Sequence[UserFacingError]  #: why something is not in it


@dataclass(frozen=True, slots=True)
class Restored:
    """What a backup had that was not here."""

    conversations: int = 0  #: that got something
    messages: int = 0
    presets: int = 0
    models: int = 0
    adapters: int = 0
    licences: int = 0
    settings: int = 0
    notes: Sequence[Phrase | UserFacingError] = ()  #: what of it was not taken, and why
    failed: Sequence[UserFacingError] = ()  #: parts that could not be added
