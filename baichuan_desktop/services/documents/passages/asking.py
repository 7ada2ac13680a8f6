"""What a question looks for in a text: its words, and pairs of its hanzi."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

from baichuan_desktop.services.hanzi import RUN, RUN_OR_REST, WORDS, folded, places

_MOST_TERMS, _MOST_SINGLE = 200, 40

#: What makes a question of a sentence, and says nothing of what it is about.
_ASKING: Final = re.compile(
    "请问|请|为什么|为何|什么时候|什么样|什么|怎么样|怎样|怎么|如何|多少|哪一个|哪些|哪个|哪里|哪儿|哪|几个|"
    "是不是|是否|能不能|可不可以|可以|应该|应当|需要|有没有|吗|呢|的|了|和|与|是|在|文档|文件|文中|根据|告诉我|"
    "請問|為什麼|什麼|怎麼|哪裡|嗎"
)
_SMALL: Final = re.compile(
    "a|about|an|and|any|are|as|at|be|by|can|could|did|do|does|for|from|has|have|how|i|if|in|into|is|"
    "it|its|many|me|much|must|my|of|on|or|our|please|shall|should|tell|than|that|the|their|them|"
    "then|there|these|they|this|to|was|we|were|what|when|where|which|who|why|will|with|would|you|"
    "your|document|file"
)
#: What an English word ends with in one place and not in another.
_ENDINGS: Final = ("ies", "ing", "es", "ed", "s")
_SHORTEST_STEM = 4


def terms_of(question: str) -> tuple[str, ...]:
    """The terms of a question, each once, in the order they are asked in."""
    low = folded(question)
    found = dict.fromkeys(_terms(_ASKING.sub(" ", low)))
    if not found:  # it consists of such words alone
        found = dict.fromkeys(_terms(low))
    return tuple(found)[:_MOST_TERMS]


def hanzi_of(question: str) -> tuple[str, ...]:
    """Its single hanzi: other words for the same often share one, as 来访 and 访客 do."""
    runs = RUN.findall(_ASKING.sub(" ", folded(question)))
    return tuple(islice(dict.fromkeys("".join(runs)), _MOST_SINGLE))


def _terms(low: str) -> Iterator[str]:
    for part in RUN_OR_REST.finditer(low):
        run = part[0]
        if RUN.match(run):
            yield from [one + other for one, other in pairwise(run)] or [run]
        else:
            words = (word[0] for word in WORDS.finditer(run))
            yield from (_stem(word) for word in words if not _SMALL.fullmatch(word))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM and word.isascii():
            return stem
    return word


def places_of(low: str, term: str) -> Iterator[int]:
    """Where a term stands in a folded text; a short word does not stand for a longer one."""
    is_word = len(term) < _SHORTEST_STEM and WORDS.fullmatch(term) is not None
    for place in places(low, term, 0, len(low)):
        if not (is_word and WORDS.match(low, place + len(term))):
            yield place
