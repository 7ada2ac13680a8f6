"""The title of a conversation, made from its first question."""

from __future__ import annotations

import re
import unicodedata

from backends.printable import one_line

_MOST_COLUMNS = 48  # a hanzi takes two, as it does on the screen
_MOST_CHARACTERS = 96  # marks that combine take no column, and could go on for ever
_LOOKED_AT = 4_000  # characters of a question; a title needs no more of a text of megabytes
_ELLIPSIS = "…"

#: What begins a line of Markdown: quotes, headings, list items with their boxes.
_LINE_MARKS = re.compile(
    r"^(?:\s*(?:>|#{1,6}(?=\s)|[-*+](?=\s)|\d{1,9}[.)](?=\s)|\[[ xX]\](?=\s)))+"
)
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_CODE = re.compile(r"(`+)(.+?)\1")
#: Pairs of marks around words; one that stands alone, as in 2 * 3 or snake_case, is text, and so
#: are the stars of 2*3*4.
_EMPHASIS = (
    re.compile(r"(\*{2,3}|~~)(?=\S)(.+?)(?<=\S)\1"),
    re.compile(r"(?<![A-Za-z0-9*])(\*)(?=\S)([^*]+?)(?<=\S)\1(?![A-Za-z0-9*])"),
    re.compile(r"(?<!\w)(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)"),
)
_PLACE = "\x00{}\x00"  # of a code span, whose marks are text
_PLACED = re.compile("\x00([0-9]+)\x00")
_TRAILING = " ,.;:!?，。；：、！？…-–—"


def title_of(question: str) -> str:
    """The first line that says something, without Markdown's marks, cut at a word or a hanzi."""
    lines = question[:_LOOKED_AT].splitlines()
    plain = (_plain(line) for line in lines)
    title = next((line for line in plain if line), " ".join(question[:_LOOKED_AT].split()))
    return _cut(_visible(title))


def _plain(line: str) -> str:
    """A line without marks; empty where it is only marks."""
    if _FENCE.match(line) or _RULE.match(line):
        return ""
    line = _LINE_MARKS.sub("", line)
    line = _LINK.sub(r"\1", line)
    code: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        code.append(found[2])
        return _PLACE.format(len(code) - 1)

    line = _CODE.sub(put_aside, line.replace("\x00", ""))
    for marks in _EMPHASIS:
        line = marks.sub(r"\2", line)
    line = _PLACED.sub(lambda found: code[int(found[1])], line)
    return " ".join(line.split())


def _visible(text: str) -> str:
    """The text without characters that nobody sees, or that turn the line around."""
    return " ".join(one_line(text).replace("\ufffd", " ").split())


def _cut(text: str) -> str:
    end = _fitting(text)
    if end == len(text):
        return text
    place = end
    while place > end // 2 and not _may_break(text, place):
        place -= 1
    if place == end // 2:  # one long word
        place = end
        while place > 1 and unicodedata.combining(text[place]):
            place -= 1
    return text[:place].rstrip(_TRAILING) + _ELLIPSIS


def _fitting(text: str) -> int:
    """How many characters fit, the ellipsis too where there are more."""
    columns = 0
    for place, char in enumerate(text[:_MOST_CHARACTERS]):
        columns += _columns(char)
        if columns > _MOST_COLUMNS:
            return place
    return min(len(text), _MOST_CHARACTERS)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if _is_wide(char) else 1


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _may_break(text: str, place: int) -> bool:
    """Whether a line may end before this character: after a word, or beside a hanzi."""
    before, after = text[place - 1], text[place]
    if unicodedata.combining(after):
        return False
    return after.isspace() or before.isspace() or _is_wide(before) or _is_wide(after)
