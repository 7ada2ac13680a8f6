"""What the transcript is told of a message, and what it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class RowKind(Enum):
    """How a message is shown."""

    PERSON = "person"  #: in a bubble at the right
    ANSWER = "answer"  #: under the name of who gives it
    CONTINUATION = "continuation"  #: a text that a base model continues; shown as it is
    #: A muted line that belongs to no message; one of caution has a button, to LEAVE_OUT messages.
    NOTE = "note"


class RowAction(Enum):
    """What can be done with a row."""

    COPY = "copy"
    REGENERATE = "regenerate"
    RETRY_WITH = "retry_with"  #: with other sampling
    EDIT = "edit"
    CONTINUE = "continue"
    QUOTE = "quote"
    COMPARE = "compare"  #: the same question to another model or precision
    DUPLICATE_FROM_HERE = "duplicate_from_here"
    SHOW_PLAIN = "show_plain"  #: the text without its Markdown formats, and back
    DELETE_VERSION = "delete_version"
    DELETE_TURN = "delete_turn"
    LEAVE_OUT = "leave_out"  #: choose which messages the model is not given; of a note


@dataclass(frozen=True, slots=True)
class Row:
    """All that is shown of one message."""

    id: int
    kind: RowKind
    text: str
    speaker: str = ""  #: over an answer; before each text where several are copied
    footer: str = ""  #: figures under an answer
    caution: str = ""  #: a line over the row
    version: int = 1  #: from 1
    versions: int = 1
    is_writing: bool = False  #: text still arrives
    waiting: str = ""  #: why there is none yet; else a caret stands there
    actions: frozenset[RowAction] = frozenset()  #: besides those of the transcript itself
    #: Of a continuation: from where to where the model wrote, in characters; the end is not in it.
    continued: tuple[tuple[int, int], ...] = ()
    #: Over a question: what it was asked with, each with how much of it was given.
    documents: tuple[str, ...] = ()


class RowSource(Protocol):
    """Where the rows of the open conversation come from. Its texts are always the newest."""

    def ids(self) -> Sequence[int]:
        """All rows from the first to the last; asked once for each change."""

    def row(self, row_id: int, /) -> Row:
        """One row; asked for the rows in sight."""
