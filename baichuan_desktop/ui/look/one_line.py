"""A title or an excerpt as one line of text, whatever it is made of; the work is bounded."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from backends import printable

MOST_NAME = 200  #: characters of a title or a folder's name that a person writes

_MOST = 240  # characters; no sidebar is wide enough for more
_MOST_READ = 4 * _MOST  # characters that are looked at to find them
_MOST_MARKS = 3  # on a letter; more draw over the lines above and below
_BEFORE = 12  # characters of an excerpt before what was found in it


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, and what is marked in it."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()  #: from, to, in characters


def title_line(text: str) -> str:
    """The text in one line; U+FFFD stands for what nobody sees or what turns writing round."""
    return marked_line(text).text


def marked_line(text: str, spans: Sequence[tuple[int, int]] = ()) -> Line:
    """The text in one line, with what is marked in it at its new places."""
    if not spans and len(text) <= _MOST and text.isascii() and text.isprintable():
        return Line(text.strip())
    shown: list[str] = []
    places: list[int] = []  # of each character that was read, in what is shown
    marks = 0
    for char in text[:_MOST_READ]:
        places.append(len(shown))
        if len(shown) == _MOST:
            break
        if char.isspace():
            if shown and shown[-1] != " ":
                shown.append(" ")
            continue
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            shown.append(printable.one_line(char))
    is_cut = len(places) < len(text) or len(shown) == _MOST
    line = "".join(shown).rstrip() + ("…" if is_cut else "")
    places.append(len(shown))
    end = len(places) - 1
    moved = ((places[min(a, end)], places[min(b, end)]) for a, b in spans if 0 <= a < b)
    return Line(line, tuple((a, b) for a, b in moved if a < b))


def excerpt_line(text: str, spans: Sequence[tuple[int, int]]) -> Line:
    """An excerpt in one line that begins shortly before what was found in it."""
    first = min((begin for begin, _ in spans), default=0)
    cut = max(first - _BEFORE, 0)
    if cut and (words := text[cut:first].split(None, 1))[1:]:
        cut = first - len(words[1])  # at the next word
    line = marked_line(text[cut:], [(a - cut, b - cut) for a, b in spans])
    if cut == 0:
        return line
    return Line("…" + line.text, tuple((a + 1, b + 1) for a, b in line.spans))
