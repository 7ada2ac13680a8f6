"""Texts as the index takes them, and what a person typed as it is looked up.

The index cuts a text into words at spaces and signs, and hanzi have no spaces between words. A run
of them becomes its overlapping pairs and the last one alone: `百川模型` is `百川 川模 模型 型`. One
hanzi is looked up as the beginning of a token, more of them as all their pairs; whether these
follow each other is seen in the text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

#: Characters of scripts that have no spaces between words: hanzi, kana, bopomofo.
_HANZI: Final = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003fffd"
)
_RUN: Final = re.compile(f"[{_HANZI}]+")
_RUN_OR_REST: Final = re.compile(f"[{_HANZI}]+|[^{_HANZI}]+")
#: A letter or a digit, and words as the index's tokenizer has them: with their accents.
_LETTER: Final = re.compile(f"[^\\W_{_HANZI}]")
_WORDS: Final = re.compile(f"[^\\W_{_HANZI}][^\\W_{_HANZI}]*")
#: Controls, half surrogates, and what is no character: nothing that is searched for.
_UNSAID: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\ufffe\uffff]")

_ONE_CHARACTER: Final = re.compile('"."\\*')

#: Terms of one search; more only narrow it further than anybody reads.
_MAX_TERMS = 16
_MAX_TERM = 256  # characters
_MAX_TOKENS = 64


def indexed(text: str) -> str:
    """The text as the index is fed with it."""
    return _RUN.sub(lambda run: f" {_pairs_and_last(run[0])} ", _UNSAID.sub(" ", text))


def _pairs_and_last(run: str) -> str:
    return " ".join([*(one + other for one, other in pairwise(run)), run[-1]])


def folded(text: str) -> str:
    """The text in small letters, each character at its place.

    >>> folded("\u0130A")
    '\u0130a'
    """
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)


@dataclass(frozen=True, slots=True)
class Query:
    """What a person searches for: terms, each of which must occur."""

    terms: tuple[str, ...]  #: in small letters
    match: str  #: for the index; "" if it has no word to look up, and texts must be looked through
    is_broad: bool  #: only single characters, each the beginning of thousands of pairs or words

    def first_span(self, low: str) -> tuple[int, int] | None:
        """The place of the term that occurs first; None if one is missing. `low` is folded."""
        places = [(next(_places(low, term, 0, len(low)), None), len(term)) for term in self.terms]
        known = [(start, start + length) for start, length in places if start is not None]
        return min(known) if known and len(known) == len(places) else None

    def spans(self, low: str, start: int, end: int) -> list[tuple[int, int]]:
        """Where the terms are between two places of a folded text: in order, none in another."""
        found: list[tuple[int, int]] = []
        for span in sorted(
            (place, place + len(term))
            for term in self.terms
            for place in _places(low, term, start, end)
        ):
            if found and span[0] <= found[-1][1]:
                found[-1] = found[-1][0], max(found[-1][1], span[1])
            else:
                found.append(span)
        return found


def query_of(text: str) -> Query | None:
    """What is searched for; None if nothing is. Quotes and signs have no meaning of their own."""
    terms = tuple(folded(term) for term in text.split()[:_MAX_TERMS])
    if not terms:
        return None
    tokens = dict.fromkeys(token for term in terms for token in _tokens(term[:_MAX_TERM]))
    is_broad = bool(tokens) and all(_ONE_CHARACTER.fullmatch(token) for token in tokens)
    return Query(terms, " AND ".join(itertools.islice(tokens, _MAX_TOKENS)), is_broad)


def _tokens(term: str) -> Iterator[str]:
    """What of a term the index can look up, as the index's language has it."""
    for part in _RUN_OR_REST.finditer(term):
        run = part[0]
        if _RUN.match(run):
            pairs = [f'"{one}{other}"' for one, other in pairwise(run)]
            yield from pairs or [f'"{run}"*']
        else:
            yield from (
                f'"{word[0]}"' + ("*" if part.start() + word.end() == len(term) else "")
                for word in _WORDS.finditer(run)
            )


def _places(low: str, term: str, start: int, end: int) -> Iterator[int]:
    """Where a term is: a word at its beginning only, hanzi and signs anywhere."""
    begins_word = _LETTER.match(term) is not None
    place = low.find(term, start, end)
    while place >= 0:
        if not (begins_word and place and _LETTER.match(low[place - 1])):
            yield place
        place = low.find(term, place + 1, end)
