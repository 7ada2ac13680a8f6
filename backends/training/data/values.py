"""What is made of a file of data: conversations, examples, and what is told of them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ...phrases import Phrase
from ...text.chat_template import Message

IGNORED: Final = -100  #: the label of what is read and not learnt
_NAMED: Final = 3  # places in one sentence


class RowFault(Exception):  # noqa: N818  it ends as a TrainingDataError, which names the line
    """A row that is none; `what` is said of it, without a full stop."""

    def __init__(self, what: Phrase) -> None:
        super().__init__(str(what))
        self.what = what


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one example is made of."""

    messages: tuple[Message, ...]
    file: str
    line: int  #: where its row begins, from 1
    system: str = ""  #: what it was asked under in this app; see `Masking`


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation as the model reads it. A label is of the id at its own place."""

    ids: array[int]
    labels: array[int]  #: an id, or IGNORED; the first is never learnt, as nothing comes before it
    file: str
    line: int
    cut_tokens: int  #: that stood behind `max_length`

    @property
    def trained_tokens(self) -> int:
        """How many of the ids are learnt."""
        return sum(label != IGNORED for label in self.labels[1:])


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read."""

    path: str
    sha256: str  #: in hex
    size: int  #: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to learn."""

    rows: int = 0  #: that became conversations
    examples: int = 0  #: that are learnt from
    eval_examples: int = 0  #: that are held back for evaluation
    tokens: int = 0  #: of the examples that are learnt from, once cut
    trained_tokens: int = 0  #: of these, that are learnt
    longest_tokens: int = 0  #: of all conversations, before one was cut
    cut_examples: int = 0  #: of all conversations
    cut_tokens: int = 0
    unlearnable: int = 0  #: conversations of which nothing is left to learn


@dataclass(frozen=True, slots=True)
class ShownToken:
    """A token of an example as a person sees it."""

    token_id: int
    text: str  #: that it completes; the name of a control token
    is_control: bool
    is_trained: bool  #: the model learns to say it here, or `learns` in its place
    learns: str = ""  #: the name of the token that is learnt in its place
    is_cut: bool = False  #: it stands behind `max_length`, and is not read


@dataclass(frozen=True, slots=True)
class ShownExample:
    """An example as a person sees it."""

    tokens: tuple[ShownToken, ...]  #: of what is cut, the first few
    cut_tokens: int
    file: str
    line: int


def named_places(places: Sequence[tuple[str, int]], count: int) -> Phrase:
    """The first of `count` places in files, as a part of a sentence."""
    first, *others = [
        Phrase("“{file}”, line {line}", file=file, line=line) for file, line in places[:_NAMED]
    ]
    for one in others:
        first = Phrase("{first}; {second}", first=first, second=one)
    if count > _NAMED:
        first = Phrase("{first}; and {count} more", first=first, count=count - _NAMED)
    return first
