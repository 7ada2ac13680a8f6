"""Which passages of a document a question is about: BM25 over words and pairs of hanzi.

Nothing is learned and nothing is random: the same question to the same text gets the same passages.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from baichuan_desktop.services.documents.passages.asking import hanzi_of, places_of, terms_of
from baichuan_desktop.services.documents.passages.dividing import divided, heads_of, width
from baichuan_desktop.services.documents.values import Document, Passage
from baichuan_desktop.services.hanzi import folded

#: Gives the tokens of a passage, in the form in which it is given.
Count = Callable[[Passage], int]

MOST_PASSAGES: Final = 12  #: that are chosen; a person may add others
_SATURATION, _LENGTH = 1.2, 0.75  # k1 and b of BM25
_OF_NEIGHBOUR = 0.15  # how much a passage has of what is before and after it
_OF_SINGLE = 0.35  # how much a hanzi says, of what a pair of them does
_LEAST_OF_BEST = 0.12  # what matches less than this does not help


def ranked(
    document: Document, question: str, passages: Sequence[Passage] | None = None
) -> Sequence[Passage]:
    """The passages that a question is about, the best one first.

    Where nothing of the question occurs, as in “summarise this”, they are all, from the first on.
    """
    divisions = divided(document) if passages is None else passages
    if not divisions:
        return ()
    scores = _scores(document, terms_of(question), hanzi_of(question), divisions)
    best = max(scores)
    if not best:
        return tuple(divisions)
    order = sorted(range(len(divisions)), key=lambda place: (-scores[place], place))
    return tuple(divisions[place] for place in order if scores[place] >= _LEAST_OF_BEST * best)


def chosen(
    document: Document,
    question: str,
    *,
    most_tokens: int,
    count: Count,
    passages: Sequence[Passage] | None = None,
) -> tuple[Passage, ...]:
    """What of a document is given with a question, in the order of its text.

    That is the best passages as far as there is room for them; one that has no room leaves it to
    the next one. Rows of a table have its head with them.
    """
    divisions = divided(document) if passages is None else passages
    heads = heads_of(document, divisions)
    given: list[Passage] = []
    left = most_tokens
    for passage in ranked(document, question, divisions)[: 2 * MOST_PASSAGES]:
        with_head = [one for one in (heads.get(passage), passage) if one and one not in given]
        tokens = sum(map(count, with_head))
        if tokens <= left and len(given) < MOST_PASSAGES:
            given += with_head
            left -= tokens
    return tuple(sorted(given, key=lambda one: one.start))


def _scores(
    document: Document, terms: Sequence[str], singles: Sequence[str], passages: Sequence[Passage]
) -> Sequence[float]:
    low = folded(document.text)
    starts = [one.start for one in passages]
    named: dict[str, list[int]] = {}
    for index, one in enumerate(passages):
        if (mark := document.mark_at(one.start)) is not None and mark.name:
            named.setdefault(folded(mark.name), []).append(index)
    widths = [width(low[one.start : one.end]) for one in passages]
    mean = sum(widths) / len(widths)
    scores = [0.0] * len(passages)
    # A hanzi that is everywhere says nothing, and costs the most.
    weights = {one: _OF_SINGLE for one in singles if low.count(one) <= len(passages)}
    weights |= dict.fromkeys(terms, 1.0)
    for term, weight in weights.items():
        counts: dict[int, int] = {}
        for place in places_of(low, term):
            index = bisect_right(starts, place) - 1
            if index >= 0:
                counts[index] = counts.get(index, 0) + 1
        for name, parts in named.items():  # what a part is called, each passage of it is about
            if next(places_of(name, term), None) is not None:
                for index in parts:
                    counts[index] = counts.get(index, 0) + 1
        rarity = weight * math.log(1 + (len(passages) - len(counts) + 0.5) / (len(counts) + 0.5))
        for index, number in counts.items():
            length = 1 - _LENGTH + _LENGTH * widths[index] / mean
            scores[index] += rarity * number * (_SATURATION + 1) / (number + _SATURATION * length)
    return _with_neighbours(scores)


def _with_neighbours(scores: Sequence[float]) -> Sequence[float]:
    found = list(scores)
    for place, (one, other) in enumerate(pairwise(scores)):
        found[place] += _OF_NEIGHBOUR * other
        found[place + 1] += _OF_NEIGHBOUR * one
    return found
