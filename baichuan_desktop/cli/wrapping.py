"""Breaks lines at words where a terminal would break them in the middle of one."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Callable

#: Columns between two stops of a tabulator.
_TAB = 8
#: Columns that the rest of a line is set in, besides those of its beginning.
_HANGING = 2

#: Besides closing brackets and quotes, what must not begin a line: the usual rules of typesetting.
_NOT_FIRST = frozenset(
    "!%,.:;?~·…—–‥、。〃々〻ー・！\uff05，\uff0e：；？～￠°\u2032″℃ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
#: Besides opening brackets and quotes, what must not end one.
_NOT_LAST = frozenset("$#@£¥\uff04￥￡№")
_ZERO_WIDTH = ("Mn", "Me", "Cf")
#: What colours the emoji before it.
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def terminal_columns() -> int:
    """How wide the terminal is now."""
    return shutil.get_terminal_size().columns


def width(text: str) -> int:
    """Columns of a terminal; a hanzi takes two, an accent or a joiner none."""
    return sum(map(_width, text))


def _width(char: str) -> int:
    if unicodedata.category(char) in _ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, room: int) -> str:
    """The beginning of a text that `room` columns hold."""
    used = 0
    for place, char in enumerate(text):
        used += _width(char)
        if used > room:
            return text[:place]
    return text


class Wrapping:
    """Text that comes in pieces, with a new line wherever the next word would not fit.

    Only the last word is held back until it is known to have ended. A line that is wider than the
    terminal without a place to break is broken at its edge.
    """

    def __init__(self, room: Callable[[], int] = terminal_columns) -> None:
        """`room` is asked before each line is broken: a window changes its size."""
        self._room = room
        self._column = 0  # where the next character stands
        self._spaces = ""  # behind the last word; they go where the line is broken
        self._word = ""  # not written yet
        self._word_width = 0
        self._is_cut = False  # the word goes on what was broken at the edge

    def feed(self, text: str) -> str:
        """What can be written now that this text follows."""
        return "".join(map(self._put, text))

    def end(self) -> str:
        """What was held back; the text is over."""
        return self._flush_word() + self._flush_spaces()

    def _put(self, char: str) -> str:
        if char == "\n":
            written = self._flush_word() + char  # spaces at the end of a line are not seen
            self._column, self._spaces = 0, ""
            return written
        if char in " \t":
            written = self._flush_word()
            self._spaces += char
            return written
        written = ""
        if self._word and may_break(self._word[-1], char):
            written = self._flush_word()
        self._word += char
        self._word_width += _width(char)
        if self._word_width > self._room():  # wider than a line: it is not held back any longer
            written += self._flush_word()
            self._is_cut = True
        return written

    def _flush_spaces(self) -> str:
        written, self._spaces = self._spaces, ""
        self._column = _after(self._column, written)
        return written

    def _flush_word(self) -> str:
        word, self._word = self._word, ""
        word_width, self._word_width = self._word_width, 0
        is_cut, self._is_cut = self._is_cut, False
        if not word:
            return ""
        room = max(self._room(), 2)  # a hanzi has to fit
        if self._column > room:  # the window became narrower, and has broken the line itself
            self._column %= room
        written = ""
        fits = _after(self._column, self._spaces) + word_width <= room
        if not fits and self._column and not is_cut:
            self._column, self._spaces = 0, ""
            written = "\n"
        written += self._flush_spaces()
        if self._column + word_width <= room:
            self._column += word_width
            return written + word
        for char in word:
            if self._column + _width(char) > room:
                written += "\n"
                self._column = 0
            written += char
            self._column += _width(char)
        return written


def wrapped(text: str, room: int) -> str:
    """A whole text, with lines no wider than `room` columns wherever that can be.

    What goes on from a line that is set in is set in a little more.
    """
    return "\n".join(_wrapped_line(line, room) for line in text.split("\n"))


def _wrapped_line(line: str, room: int) -> str:
    inset = len(line) - len(line.lstrip(" "))
    if inset and width(line) > room and inset + _HANGING < room // 2:
        rest = _wrapped_line(line[inset:], room - inset - _HANGING).split("\n")
        return " " * inset + f"\n{' ' * (inset + _HANGING)}".join(rest)
    wrapping = Wrapping(lambda: room)
    return (wrapping.feed(line) + wrapping.end()).rstrip(" ")


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters that are no spaces.

    Beside a hanzi it may, but not before what closes and not behind what opens; words of letters
    stay whole.
    """
    if _width(after) == 0 or before == "\u200d" or ord(after) in _SKIN_TONES:  # parts of one sign
        return False
    if after in _NOT_FIRST or unicodedata.category(after) in ("Pe", "Pf"):
        return False
    if before in _NOT_LAST or unicodedata.category(before) in ("Ps", "Pi"):
        return False
    if '"' in (before, after) or "'" in (before, after):  # nobody knows which way it faces
        return False
    return _breaks_anywhere(before) or _breaks_anywhere(after)


def _breaks_anywhere(char: str) -> bool:
    """Whether it belongs to a script without spaces between its words, or to its punctuation."""
    return unicodedata.east_asian_width(char) in "WF" or char in "…—"


def _after(column: int, spaces: str) -> int:
    for char in spaces:
        column = column + _TAB - column % _TAB if char == "\t" else column + 1
    return column
