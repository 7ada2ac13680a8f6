"""The rows of a file of JSON, each with the line where it begins, however long the file is.

A list is gone through element by element; otherwise one value follows another, as in JSON Lines. No
more than a few rows are held in memory.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from ...errors import TrainingDataError
from ...phrases import Phrase
from . import exported
from .values import RowFault

_PIECE_BYTES: Final = 2**20
#: Of one row: with documents in it, an exported conversation may be long.
_MOST_CHARACTERS: Final = 64 * 2**20
_SPACES: Final = re.compile(r"[ \t\r\n]*")
#: An error so close to the end of what was read may come from what was not read yet.
_CLOSE: Final = 16
_UNENDED: Final = "Unterminated string"  # in what Python says of one
_EXPORTED: Final = re.compile(
    rf'\{{[ \t\r\n]*"format"[ \t\r\n]*:[ \t\r\n]*"{re.escape(exported.FORMAT)}"'
)
_LONGEST_HEAD: Final = 256


def rows(read: Callable[[int], bytes], file: Path) -> Iterator[tuple[int, object]]:
    """Line and value of each row; `read` gives the file's next bytes, none at its end.

    Raises TrainingDataError where it is no JSON; the rows before were given.
    """
    text = _Text(read, file)
    first = text.next_character()
    if not first:
        raise TrainingDataError(file, Phrase("it is empty"))
    if first == "[":
        yield from _elements(text)
        if text.next_character():
            raise text.fault(Phrase("something follows the end of the list"))
    elif text.begins(_EXPORTED):
        yield from _exported(text)
        if text.next_character():
            raise text.fault(Phrase("something follows the end of the export"))
    else:
        while text.next_character():
            yield text.line, text.value()


def _elements(text: _Text) -> Iterator[tuple[int, object]]:
    """The elements of the list that begins here."""
    text.skip("[")
    if text.next_character() == "]":
        text.skip("]")
        return
    while True:
        if not text.next_character():
            raise text.fault(Phrase("the file ends in the middle of its list"))
        yield text.line, text.value()
        if text.next_character() != ",":
            break
        text.skip(",")
        if text.next_character() == "]":
            raise text.fault(Phrase("a comma stands before the end of the list"))
    if not text.next_character():
        raise text.fault(Phrase("the file ends in the middle of its list"))
    text.skip("]")


def _exported(text: _Text) -> Iterator[tuple[int, object]]:
    """The conversations of the export that begins here."""
    head: dict[str, object] = {}
    text.skip("{")
    while True:
        name = text.value() if text.next_character() == '"' else None
        if not isinstance(name, str):
            raise text.fault(Phrase("it is no JSON"))
        text.skip(":")
        text.next_character()
        if name == exported.LIST and text.next_character() == "[":
            try:
                exported.require_known(head)
            except RowFault as fault:
                raise TrainingDataError(text.file, fault.what) from fault
            yield from _elements(text)
        else:
            line = text.line
            head[name] = text.value()
            if name == exported.LIST:
                raise TrainingDataError(
                    text.file, Phrase("“{name}” is not a list", name=name), line=line
                )
        if text.next_character() != ",":
            break
        text.skip(",")
        text.next_character()
    text.skip("}")


class _Text:
    """The text of a file, of which a part is in memory; its place only goes forward."""

    def __init__(self, read: Callable[[int], bytes], file: Path) -> None:
        self.file = file
        self._read = read
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._place = 0
        self._counted = 0  # the lines before this place are in `_line`
        self._line = 1
        self._is_whole = False

    @property
    def line(self) -> int:
        """The number of the line where the place is."""
        return self._line_at(self._place)

    def fault(self, what: Phrase) -> TrainingDataError:
        """An error at the place."""
        return TrainingDataError(self.file, what, line=self.line)

    def next_character(self) -> str:
        """What comes behind spaces and ends of lines, to where the place goes; empty: nothing."""
        while True:
            found = _SPACES.match(self._text, self._place)
            assert found is not None
            self._place = found.end()
            if self._place < len(self._text):
                return self._text[self._place]
            if self._is_whole:
                return ""
            self._more(_PIECE_BYTES)

    def begins(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern stands at the place."""
        while len(self._text) - self._place < _LONGEST_HEAD and not self._is_whole:
            self._more(_PIECE_BYTES)
        return pattern.match(self._text, self._place) is not None

    def skip(self, character: str) -> None:
        """Go past this character, which stands next. Raises TrainingDataError."""
        if self.next_character() != character:
            raise self.fault(Phrase("it is no JSON"))
        self._place += 1

    def value(self) -> object:
        """The value that begins at the place, which goes behind it. Raises TrainingDataError."""
        size = _PIECE_BYTES
        while True:
            try:
                value, self._place = _DECODER.raw_decode(self._text, self._place)
            except json.JSONDecodeError as error:
                if self._is_whole or not _may_be_cut(error, len(self._text)):
                    raise self._no_json(error) from error
            except RowFault as fault:
                raise self.fault(fault.what) from fault
            except RecursionError as error:
                raise self.fault(Phrase("it is nested too deeply")) from error
            except ValueError as error:
                raise self.fault(Phrase("it holds a number of thousands of digits")) from error
            else:
                return value
            if len(self._text) - self._place > _MOST_CHARACTERS:
                raise self.fault(
                    Phrase(
                        "a row begins here that has more than {most} characters",
                        most=_MOST_CHARACTERS,
                    )
                )
            self._more(size)
            size *= 2

    def _no_json(self, error: json.JSONDecodeError) -> TrainingDataError:
        """What is wrong with the row at the place, and the line where that is."""
        if error.pos >= len(self._text) or error.msg.startswith(_UNENDED):
            return self.fault(Phrase("the file ends in the middle of this row"))
        begun, at = self.line, self._line_at(error.pos)
        if at == begun:
            return self.fault(Phrase("it is no JSON"))
        return TrainingDataError(
            self.file,
            Phrase("it is no JSON, in a row that begins in line {begun}", begun=begun),
            line=at,
        )

    def _line_at(self, place: int) -> int:
        if place < self._counted:
            return self._line - self._text.count("\n", place, self._counted)
        self._line += self._text.count("\n", self._counted, place)
        self._counted = place
        return self._line

    def _more(self, size: int) -> None:
        """Read on, and forget what stands before the place."""
        raw = self._read(size)
        self._is_whole = not raw
        line = self.line
        try:
            more = self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].count(b"\n")
            at = line + self._text.count("\n", self._place) + before
            raise TrainingDataError(self.file, Phrase("it is no text in UTF-8"), line=at) from error
        self._text = self._text[self._place :] + more
        self._place = self._counted = 0
        self._line = line


def _may_be_cut(error: json.JSONDecodeError, length: int) -> bool:
    """Whether the error may be gone once more of the file was read."""
    return error.pos >= length - _CLOSE or error.msg.startswith(_UNENDED)


def _unique(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise RowFault(Phrase("it has “{name}” twice", name=twice[:40]))
    return found


def _no_constant(name: str) -> object:
    raise RowFault(Phrase("it holds {name}, which is no JSON", name=name))


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
