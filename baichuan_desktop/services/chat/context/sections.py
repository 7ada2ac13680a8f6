"""An exact prompt in sections: system prompt, each message, and each document inside of one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from backends.events import PartKind, PromptPart, PromptPieces


@dataclass(frozen=True, slots=True)
class Section:
    """Ids of a prompt, from `begin` to before `end`."""

    kind: PartKind
    number: int  #: of the question or answer in this prompt, from 1 on
    document: str  #: the name of the document that they are of; empty: of none
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class GivenDocument:
    """What of a document stands in a message."""

    name: str
    text: str


def sections(
    prompt: PromptPieces, documents: Mapping[int, Sequence[GivenDocument]]
) -> list[Section]:
    """All sections, one behind the other; `documents` are those of messages, by their places.

    A document whose text is not found in its message, as a tokenizer may change it, is a part of
    that.
    """
    made: list[Section] = []
    counts = dict.fromkeys(PartKind, 0)
    for part in prompt.parts:
        counts[part.kind] += 1
        given = documents.get(part.message, ()) if part.message is not None else ()
        made += _divided(prompt, part, counts[part.kind], given)
    return made


def _divided(
    prompt: PromptPieces, part: PromptPart, number: int, given: Sequence[GivenDocument]
) -> Iterator[Section]:
    texts = prompt.texts[part.begin : part.end]
    begins = [0, *accumulate(map(len, texts))]  # in characters, of each id
    whole = "".join(texts)
    at, place = 0, 0  # what is told already: ids of the part, and characters
    for one in given:
        start = whole.find(one.text, place)
        if start < 0 or not one.text:
            continue
        place = start + len(one.text)
        # The id that begins the turn has no text: it stands before all documents.
        first = max(bisect_left(begins, start), 1)
        last = bisect_left(begins, place)
        if first > at:
            yield Section(part.kind, number, "", part.begin + at, part.begin + first)
        yield Section(part.kind, number, one.name, part.begin + first, part.begin + last)
        at = last
    if at < len(texts):
        yield Section(part.kind, number, "", part.begin + at, part.end)
