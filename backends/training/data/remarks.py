"""What of a file is not learnt, or not as a person may expect: it is counted, and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Final

from ...phrases import Phrase

_MOST_NAMES: Final = 200  # of fields that are remembered; a file may have any number
_SHOWN_NAMES: Final = 5
_SHOWN_CHARACTERS: Final = 40


class Remark(Enum):
    """Something that is said of rows of a file."""

    TEXT_LEFT_OUT = auto()  #: an exported text that was continued
    DOCUMENTS_LEFT_OUT = auto()  #: an exported conversation with documents
    UNANSWERED_LEFT_OUT = auto()  #: an exported conversation without an answer
    ROUND_LEFT_OUT = auto()  #: a round that the person left out of the prompt
    UNFINISHED_LEFT_OUT = auto()  #: a round whose answer never came to its end
    EMPTY_LEFT_OUT = auto()  #: an instruction or an answer of nothing
    USER = auto()  #: “user” in place of “human”
    SYSTEM_LEARNT = auto()  #: a system message, which the published code takes for an answer
    NO_ANSWER = auto()  #: nobody answers; the published code learns where such a text ends
    SYSTEM_UNUSED = auto()  #: a system prompt of the app, which the published code has no place for


class Remarks:
    """Counts what is to be said of one file, and knows where it was met first."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._counts: Counter[Remark] = Counter()
        self._first: dict[Remark, int] = {}
        self._fields: Counter[str] = Counter()

    def add(self, remark: Remark, line: int) -> None:
        """Count one more."""
        self._counts[remark] += 1
        self._first.setdefault(remark, line)

    def add_unused(self, fields: Iterable[str]) -> None:
        """Count fields of a row that say something and are not used."""
        for name in fields:
            if name in self._fields or len(self._fields) < _MOST_NAMES:
                self._fields[name] += 1

    def notes(self) -> Iterator[Phrase]:
        """What there is to say, a sentence each."""
        for remark, count in self._counts.items():
            where = Phrase("“{file}”, line {line}", file=self._file, line=self._first[remark])
            yield _sentence(remark, count, where)
        if self._fields:
            names = [name[:_SHOWN_CHARACTERS] for name in self._fields][:_SHOWN_NAMES]
            shown = ", ".join(names) + (", …" if len(self._fields) > len(names) else "")
            yield Phrase(
                "Fields of “{file}” that are not used: {names}.", file=self._file, names=shown
            )


def _sentence(remark: Remark, count: int, where: Phrase) -> Phrase:
    match remark:
        case Remark.TEXT_LEFT_OUT:
            return Phrase(
                "Texts that a model continued are no conversations: {count} left out, the first at "
                "{where}.",
                count=count,
                where=where,
            )
        case Remark.DOCUMENTS_LEFT_OUT:
            return Phrase(
                "Conversations with documents: {count} left out, the first at {where}.",
                count=count,
                where=where,
            )
        case Remark.UNANSWERED_LEFT_OUT:
            return Phrase(
                "Conversations without a finished answer: {count} left out, the first at {where}.",
                count=count,
                where=where,
            )
        case Remark.ROUND_LEFT_OUT:
            return Phrase(
                "Rounds that a person left out of the prompt: {count} not learnt, the first at "
                "{where}.",
                count=count,
                where=where,
            )
        case Remark.UNFINISHED_LEFT_OUT:
            return Phrase(
                "Questions without a finished answer: {count} left out, the first at {where}.",
                count=count,
                where=where,
            )
        case _:
            return _sentence_of_rows(remark, count, where)


def _sentence_of_rows(remark: Remark, count: int, where: Phrase) -> Phrase:
    match remark:
        case Remark.EMPTY_LEFT_OUT:
            return Phrase(
                "Rows with an empty instruction or an empty answer: {count} left out, the first at "
                "{where}.",
                count=count,
                where=where,
            )
        case Remark.USER:
            return Phrase(
                "Messages from “user” are taken for questions, where the published fine-tune.py "
                "takes all that is not from “human” for answers: {count}, the first at {where}.",
                count=count,
                where=where,
            )
        case Remark.SYSTEM_LEARNT:
            return Phrase(
                "System messages are learnt as answers, as by the published fine-tune.py: {count}, "
                "the first at {where}; masking as chat models are prompted learns answers alone.",
                count=count,
                where=where,
            )
        case Remark.NO_ANSWER:
            return Phrase(
                "Conversations in which nobody answers: {count}, the first at {where}; of those, "
                "nothing but where questions end is learnt, as by the published fine-tune.py.",
                count=count,
                where=where,
            )
        case _:
            return Phrase(
                "System prompts are not used, as the published format has none: {count}, the first "
                "at {where}; masking as chat models are prompted has them.",
                count=count,
                where=where,
            )
