"""What both APIs' answers have in common: parts as they come, or all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backends.events import Finished, ScoredToken
from baichuan_desktop.server.answers.head import ApiObject


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asked to be told with its answer."""

    has_scores: bool = False
    has_echo: bool = False  #: of a completion: the prompt before it
    tells_usage: bool = False  #: at the end of a stream; a whole answer always has it
    tells_dropped: bool = False  #: how many of the oldest messages did not fit


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """Text, and the scores of the tokens that it comes from."""

    text: str
    scores: Sequence[ScoredToken] = ()


@dataclass(frozen=True, slots=True)
class AnswerEnd:
    """How an answer ended."""

    finished: Finished
    dropped_messages: int


class AnswerForm(Protocol):
    """Makes the objects of one answer; each of its methods is called once, `part` for each part."""

    def begin(self, prompt: AnswerPart) -> Sequence[ApiObject]:
        """What a stream begins with. `prompt`: its scores, where they were asked for."""
        ...

    def part(self, part: AnswerPart) -> ApiObject:
        """What a stream says of a part."""
        ...

    def end(self, end: AnswerEnd) -> Sequence[ApiObject]:
        """What a stream ends with."""
        ...

    def whole(self, prompt: AnswerPart, answer: AnswerPart, end: AnswerEnd) -> ApiObject:
        """The answer as one object."""
        ...
