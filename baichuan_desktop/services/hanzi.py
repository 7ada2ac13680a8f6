"""Where the words of a text are: words between spaces and signs, and runs of hanzi in pairs.

Hanzi have no spaces between words. A run of them is known by its overlapping pairs: `百川模型` is
`百川 川模 模型`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

#: Characters of scripts that have no spaces between words: hanzi, kana, bopomofo. For a class of
#: a regular expression.
HANZI: Final = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003fffd"
)
RUN: Final = re.compile(f"[{HANZI}]+")
RUN_OR_REST: Final = re.compile(f"[{HANZI}]+|[^{HANZI}]+")
#: Words as the index's tokenizer has them: letters and digits, with their accents.
WORDS: Final = re.compile(f"[^\\W_{HANZI}][^\\W_{HANZI}]*")
_LETTER: Final = re.compile(f"[^\\W_{HANZI}]")


def folded(text: str) -> str:
    """The text in small letters, each character at its place.

    >>> folded("\u0130A")
    '\u0130a'
    """
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)


def places(low: str, term: str, start: int, end: int) -> Iterator[int]:
    """Where a term is in a folded text: a word at its beginning only, hanzi and signs anywhere."""
    begins_word = _LETTER.match(term) is not None
    place = low.find(term, start, end)
    while place >= 0:
        if not (begins_word and place and _LETTER.match(low[place - 1])):
            yield place
        place = low.find(term, place + 1, end)
