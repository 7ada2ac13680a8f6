"""JSON of strangers, element by element: however long a list is, no read holds the window up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from backends.errors import DamagedExportError, LargeExportError
from backends.phrases import Phrase

#: Values of one file: each takes some hundred bytes once it is read.
_MOST_VALUES: Final = 20_000_000
_SPACES: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder(strict=False)


def text_of(data: bytes, file: Path) -> str:
    """The text of a JSON file: UTF-8, or what its mark says.

    Raises:
        DamagedExportError: It is no such text.
        LargeExportError: It holds more values than are read.
    """
    if sum(map(data.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise LargeExportError(file, Phrase("it holds more than {most} values", most=_MOST_VALUES))
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        return data.decode("utf-8-sig", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DamagedExportError(file, Phrase("it is no text in UTF-8")) from error


def values(text: str, file: Path) -> Iterator[object]:
    """The elements of the list that a text is, one by one; of another value, that alone.

    Raises:
        DamagedExportError: It is no JSON, from some place on; what comes before was given.
    """
    place = _behind_spaces(text, 0)
    if not text.startswith("[", place):
        value, end = _value(text, place, file)
        yield value
        _require_end(text, end, file)
        return
    place = _behind_spaces(text, place + 1)
    if text.startswith("]", place):
        _require_end(text, place + 1, file)
        return
    while True:
        value, place = _value(text, place, file)
        yield value
        place = _behind_spaces(text, place)
        if text.startswith("]", place):
            break
        if not text.startswith(",", place):
            raise _no_json(place, file)
        place = _behind_spaces(text, place + 1)
    _require_end(text, place + 1, file)


def lines(text: str, file: Path) -> Iterator[object]:
    """The values of a text that has one in each line; empty lines and broken ones are left out."""
    for line in text.split("\n"):
        if line.strip():
            try:
                yield _value(line, _behind_spaces(line, 0), file)[0]
            except DamagedExportError:  # its last line was never written to its end
                yield None


def _value(text: str, place: int, file: Path) -> tuple[object, int]:
    try:
        value, end = _DECODER.raw_decode(text, place)
    except RecursionError as error:
        raise DamagedExportError(file, Phrase("it is nested too deep")) from error
    except ValueError as error:  # also a number of thousands of digits
        raise _no_json(getattr(error, "pos", place), file) from error
    return value, end


def _behind_spaces(text: str, place: int) -> int:
    found = _SPACES.match(text, place)
    return place if found is None else found.end()


def _require_end(text: str, place: int, file: Path) -> None:
    if _behind_spaces(text, place) != len(text):
        raise _no_json(place, file)


def _no_json(place: int, file: Path) -> DamagedExportError:
    return DamagedExportError(
        file, Phrase("it is no JSON from character {place} on", place=place + 1)
    )
