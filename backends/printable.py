"""Text without what a terminal, or a reader's eye, would take for something else than text.

Names come from files, paths from strangers' archives and answers from models: an escape sequence in
one of them would steer the terminal, and a mark of writing direction would show another order of
letters than there is.
"""

from __future__ import annotations

import re
import unicodedata

#: C0 and C1 controls, separators of lines, Unicode's Bidi_Control characters and half surrogates.
_STEERING = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029"
    "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)

#: They join letters, and the parts of an emoji.
_JOINERS = "\u200c\u200d"


def printable(text: str) -> str:
    """Text of several lines with U+FFFD for each character that would steer a terminal.

    A return of the carriage, which would hide what stands before it, is left out: in texts from
    Windows one stands before each new line. The parts of a text may be given one by one.
    """
    return _STEERING.sub("\ufffd", text.replace("\r", ""))


def one_line(text: str) -> str:
    """A name with U+FFFD for each character that would break its line, or that nobody sees."""
    if text.isprintable():  # as nearly every name is
        return text
    return "".join(char if _is_seen(char) else "\ufffd" for char in text)


def _is_seen(char: str) -> bool:
    return char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs"


def one_line_exactly(text: str) -> str:
    r"""The same, with `\n` or another escape for each such character: they are told apart."""
    if text.isprintable():
        return text
    return "".join(char if _is_seen(char) else _escape_of(char) for char in text)


def _escape_of(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def escaped_json(text: str) -> str:
    """JSON with an escape for each character that would steer a terminal; it means the same."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
