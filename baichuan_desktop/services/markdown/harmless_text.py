"""Text that does nothing but be read, whatever a model, a file or a paste put into it.

Controls and overrides are shown as a sign instead of being obeyed; nothing is taken away but what
nobody could read. The text keeps its lines.
"""

from __future__ import annotations

import re
import unicodedata

_MARKS_A_LETTER = 8  # combining marks that are shown over one letter
#: Runs that may hold too many marks: longer than that, and neither letters, spaces nor ASCII.
_CANDIDATES = re.compile(rf"[^\w\s\x00-\x7f]{{{_MARKS_A_LETTER + 1},}}")
_MARK_CATEGORIES = ("Mn", "Me")
_UNKNOWN = "\ufffd"

_ODD_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")  #: what `harmless` makes a line feed
_ODD = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls; the gaps are tab, the line feed and breaks
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of text
    "\ud800-\udfff"  # halves of characters
    "\ufdd0-\ufdef\ufffc\ufffe\uffff"  # what Qt keeps its own frames and objects by
    "\U000e0000-\U000e007f]"  # tags: whole sentences that nobody sees
)


def harmless(text: str) -> str:
    """The text with every control made a sign, lines ended by line feeds, marks limited."""
    text = _ODD_BREAK.sub("\n", text)
    text = _ODD.sub(_sign, text)
    return _CANDIDATES.sub(_with_few_marks, text)


def harmless_line(text: str) -> str:
    """The same in one line, for names and titles."""
    return " ".join(harmless(text).split())


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # the control pictures: ␀, ␛ …
    if code == 0x7F:
        return "\u2421"
    if 0x80 <= code < 0xA0 or 0xD800 <= code < 0xE000 or code >= 0xFDD0:
        return _UNKNOWN
    return f"[U+{code:04X}]"


def _with_few_marks(match: re.Match[str]) -> str:
    kept = []
    marks = 0
    for char in match[0]:
        marks = marks + 1 if unicodedata.category(char) in _MARK_CATEGORIES else 0
        if marks <= _MARKS_A_LETTER:
            kept.append(char)
        elif marks == _MARKS_A_LETTER + 1:
            kept.append(_UNKNOWN)
    return "".join(kept)
