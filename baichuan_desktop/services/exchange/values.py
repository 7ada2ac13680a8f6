"""What is found in a file of conversations, and what of it is new: values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder
from baichuan_desktop.services.documents.values import Document

#: Seconds: the year 2106. A later time is none.
LATEST: Final = 2**32


class Origin(StrEnum):
    """Who wrote a file of conversations."""

    OWN = "baichuan-desktop"
    CHATGPT = "chatgpt"
    OPEN_WEBUI = "open-webui"
    LM_STUDIO = "lm-studio"
    JAN = "jan"

    @property
    def label(self) -> str:
        """The program's name."""
        return _LABELS[self]


_LABELS = {
    Origin.OWN: "Baichuan Desktop",
    Origin.CHATGPT: "ChatGPT",
    Origin.OPEN_WEBUI: "Open WebUI",
    Origin.LM_STUDIO: "LM Studio",
    Origin.JAN: "Jan",
}


@dataclass(slots=True)
class Rest:
    """What of a file is not taken over, by its name there: nothing is left out without a word."""

    left_out: Counter[str] = field(default_factory=Counter)  #: known, and of no use here
    unknown: Counter[str] = field(default_factory=Counter)  #: fields that nobody here knows

    def add(self, other: Rest) -> None:
        """Count what another one counted too."""
        for counted, more in ((self.left_out, other.left_out), (self.unknown, other.unknown)):
            for name, count in more.items():
                count_in(counted, name, count)


_MOST_NAMES = 200
_LONGEST_NAME = 60


def count_in(counted: Counter[str], name: str, count: int = 1) -> None:
    """Count a name that comes from a file; there may be any number of them."""
    name = name[:_LONGEST_NAME] or "?"
    if name not in counted and len(counted) >= _MOST_NAMES:
        name = "…"
    counted[name] += count


@dataclass(frozen=True, slots=True)
class ReadConversation:
    """A conversation of a file, with the ids that it is to have here."""

    conversation: Conversation
    messages: tuple[ChatMessage, ...]
    documents: tuple[Document, ...] = ()
    folder: Folder | None = None
    rest: Rest = field(default_factory=Rest)


class State(StrEnum):
    """What adding a conversation of a file would do."""

    NEW = "new"  #: it is not here
    MORE = "more"  #: it is here, and lacks messages
    HERE = "here"  #: all of it is here
    TRASHED = "trashed"  #: it lies in the trash here, and stays there
    EXPIRED = "expired"  #: older than what is kept here: it would be deleted at once


@dataclass(frozen=True, slots=True)
class FoundConversation:
    """A conversation of a file, as a person decides about it."""

    id: int
    title: str
    created: float
    updated: float
    messages: int
    new_messages: int
    state: State

    @property
    def can_be_added(self) -> bool:
        """Whether adding it changes anything."""
        return self.state in (State.NEW, State.MORE)


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds; nothing was added yet."""

    file: Path
    origin: Origin
    conversations: tuple[FoundConversation, ...]
    unreadable: int  #: conversations of which nothing can be told
    rest: Rest

    @property
    def new(self) -> tuple[FoundConversation, ...]:
        """Those that adding changes anything of."""
        return tuple(one for one in self.conversations if one.can_be_added)


@dataclass(frozen=True, slots=True)
class Added:
    """What came of an import."""

    conversations: int
    messages: int
    documents: int = 0
    was_stopped: bool = False  #: by the person; what was added until then stays
