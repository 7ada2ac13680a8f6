"""A document in passages, each of which is given to a model whole or not at all.

A passage lies on one page, slide, sheet or in one chapter, so that it can be said where it stands.
It ends where a section, a paragraph, a line or a sentence ends, in this order, and none is much
longer than `_WIDTH`. The same text has the same passages.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from baichuan_desktop.services.documents.values import Document, Mark, Passage, Unit

#: A hanzi is five wide and another character two: about what they take of a context.
_HANZI, _OTHER = 5, 2
_WIDTH: Final = 480 * _HANZI
_WHOLE: Final = _WIDTH * 5 // 4  # the rest of a page that is no longer is not divided any more

#: Lines that say what stands in the columns, by the kind of the document: above the rows of a sheet
#: stands its name. They are a passage of their own in a table that has several.
_HEAD_LINES: Final = {"csv": 1, "xlsx": 2}

#: None of these has a part of the next one in its passage.
_PARTS: Final = (Unit.PAGE, Unit.SLIDE, Unit.SHEET, Unit.CHAPTER)
_ENDS: Final = (
    re.compile(r"\n[ \t]*\n"),
    re.compile(r"\n"),
    re.compile(r"[。！？…][”’」』）)]*|[.!?][\"')]*(?=\s)"),
    re.compile(r"[；;，,、：:]|\s"),
)


def width(text: str) -> int:
    """How wide a text is, in fifths of a hanzi."""
    return _OTHER * len(text) + (_HANZI - _OTHER) * (
        len(text) - len(text.encode("ascii", "ignore"))
    )


def divided(document: Document) -> Sequence[Passage]:
    """The passages of a document, in the order of its text; all of its letters are in one."""
    text = document.text
    starts = [mark.start for mark in document.marks if mark.unit in _PARTS]
    edges = sorted({0, *starts, len(text)})
    headings = [mark.start for mark in document.marks if mark.unit is Unit.HEADING]
    found: list[Passage] = []
    head_lines = _HEAD_LINES.get(document.kind, 0)
    for start, end in pairwise(edges):
        head = _end_of_head(text, start, end, head_lines)
        found += _passages(text, start, head, headings)
        found += _passages(text, head, end, headings)
    return found


def _end_of_head(text: str, start: int, end: int, lines: int) -> int:
    """Where the rows of a table begin below their head; `start` where that is not a passage."""
    if not lines or width(text[start : min(end, start + _WIDTH)]) <= _WHOLE:
        return start
    place = start
    for _ in range(lines):
        place = text.find("\n", place, end) + 1
        if not place:
            return start
    return place if width(text[start:place]) <= _WIDTH else start


def heads_of(document: Document, passages: Sequence[Passage]) -> Mapping[Passage, Passage]:
    """The head of the table of each passage that has rows of one, and lacks its head."""
    lines = _HEAD_LINES.get(document.kind, 0)
    found: dict[Passage, Passage] = {}
    edge, head = -1, None
    for one in passages if lines else ():
        mark = document.mark_at(one.start)
        start = mark.start if mark is not None else 0
        if start != edge:
            is_head = document.text[one.start : one.end].count("\n") < lines
            edge, head = start, one if is_head else None
        elif head is not None:
            found[one] = head
    return found


def _passages(text: str, start: int, end: int, headings: Sequence[int]) -> Iterator[Passage]:
    while start < end:
        if text[start].isspace():
            start += 1
            continue
        cut = _cut(text, start, end, headings)
        yield Passage(start, start + len(text[start:cut].rstrip()))
        start = cut


def _cut(text: str, start: int, end: int, headings: Sequence[int]) -> int:
    """Where the passage ends that begins at `start`."""
    if end - start <= _WHOLE // _OTHER and width(text[start:end]) <= _WHOLE:
        inner = headings[bisect_right(headings, start) : bisect_left(headings, end)]
        if not inner or width(text[start:end]) <= _WIDTH:
            return end
    last = _last(text, start, end)
    least = start + (last - start) // 3
    place = bisect_right(headings, last) - 1
    if place >= 0 and headings[place] > least:
        return headings[place]
    least = start + (last - start) // 2
    for ending in _ENDS:
        found = [match.end() for match in ending.finditer(text, least, last)]
        if found:
            return found[-1]
    return last


def _last(text: str, start: int, end: int) -> int:
    """The last place up to which a passage that begins at `start` is not too long."""
    low, high = start + _WIDTH // _HANZI, min(end, start + _WIDTH // _OTHER)
    if low >= high:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[start:middle]) <= _WIDTH:
            low = middle
        else:
            high = middle - 1
    return low


def parts_of(document: Document, passage: Passage) -> tuple[Mark, Mark]:
    """The page, or whatever the document is divided into, where a passage begins and ends.

    In a text without any it is the number of the line.
    """
    last = max(passage.end - 1, passage.start)
    begins, ends = document.mark_at(passage.start), document.mark_at(last)
    if begins is not None and ends is not None:
        return begins, ends
    return _line_at(document.text, passage.start), _line_at(document.text, last)


def _line_at(text: str, place: int) -> Mark:
    start = text.rfind("\n", 0, place) + 1
    return Mark(start, Unit.LINE, text.count("\n", 0, place) + 1)
