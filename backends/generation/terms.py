"""What an answer keeps to and what is told of it, besides how its tokens are sampled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .sampling import require_range

#: Of the likeliest tokens, at most so many are told, as of OpenAI's API.
MOST_LIKELIEST = 20
#: Of each penalty, and below zero as much.
MOST_PENALTY = 2.0


class GrammarKind(StrEnum):
    """What a text has to be."""

    JSON_OBJECT = "json_object"
    JSON_SCHEMA = "json_schema"  #: JSON that a schema describes


@dataclass(frozen=True, slots=True)
class Grammar:
    """The form that an answer is held to."""

    kind: GrammarKind
    schema: str = ""  #: the JSON schema, as JSON


@dataclass(frozen=True, slots=True)
class AnswerTerms:
    """What other programs ask for an answer; the app's own window asks for none of it."""

    #: Taken from the logit of a token for each time it stands in the answer.
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0  #: the same, once for each token that stands there
    #: Tell of each token how likely it was, and of so many of the likeliest; None: nothing.
    likeliest: int | None = None
    grammar: Grammar | None = None

    def __post_init__(self) -> None:
        """Raises InvalidRequestError, naming what is wrong, its range and the value."""
        for name, value in (
            ("The frequency penalty", self.frequency_penalty),
            ("The presence penalty", self.presence_penalty),
        ):
            require_range(name, value, -MOST_PENALTY, MOST_PENALTY)
        if self.likeliest is not None:
            require_range("The number of likeliest tokens", self.likeliest, 0, MOST_LIKELIEST)
