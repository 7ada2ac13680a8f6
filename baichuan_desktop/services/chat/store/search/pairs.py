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

from baichuan_desktop.services.hanzi import RUN, RUN_OR_REST, WORDS, folded, places

#: Controls, half surrogates, and what is no character: nothing that is searched for.
_UNSAID: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\ufffe\uffff]")

_ONE_CHARACTER: Final = re.compile('"."\\*')

#: Terms of one search; more only narrow it further than anybody reads.
_MAX_TERMS = 16
_MAX_TERM = 256  # characters
_MAX_TOKENS = 64


def indexed(text: str) -> str:
    """The text as the index is fed with it."""
    return RUN.sub(lambda run: f" {_pairs_and_last(run[0])} ", _UNSAID.sub(" ", text))


def _pairs_and_last(run: str) -> str:
    return " ".join([*(one + other for one, other in pairwise(run)), run[-1]])


@dataclass(frozen=True, slots=True)
class Query:
    """What a person searches for: terms, each of which must occur."""

    terms: tuple[str, ...]  #: in small letters
    match: str  #: for the index; "" if it has no word to look up, and texts must be looked through
    is_broad: bool  #: only single characters, each the beginning of thousands of pairs or words

    def first_span(self, low: str) -> tuple[int, int] | None:
        """The place of the term that occurs first; None if one is missing. `low` is folded."""
        firsts = [(next(places(low, term, 0, len(low)), None), len(term)) for term in self.terms]
        known = [(start, start + length) for start, length in firsts if start is not None]
        return min(known) if known and len(known) == len(firsts) else None

    def spans(self, low: str, start: int, end: int) -> list[tuple[int, int]]:
        """Where the terms are between two places of a folded text: in order, none in another."""
        found: list[tuple[int, int]] = []
        for span in sorted(
            (place, place + len(term))
            for term in self.terms
            for place in places(low, term, start, end)
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
    for part in RUN_OR_REST.finditer(term):
        run = part[0]
        if RUN.match(run):
            pairs = [f'"{one}{other}"' for one, other in pairwise(run)]
            yield from pairs or [f'"{run}"*']
        else:
            yield from (
                f'"{word[0]}"' + ("*" if part.start() + word.end() == len(term) else "")
                for word in WORDS.finditer(run)
            )
