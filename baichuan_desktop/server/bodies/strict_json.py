"""JSON of a client: one reading of it, or a sentence that says where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite

from baichuan_desktop.server.api_errors import ApiError

_MAX_DIGITS = 64
_MAX_KEYS = 1024  # of an object


def parse_object(raw: bytes, most_depth: int) -> dict[str, object]:
    """The object in a body. Raises ApiError.

    What two programs may read in two ways is refused: a key that comes twice, NaN, a number beyond
    all bounds, half a character.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _wrong(f"it is not UTF-8 at byte {error.start:,}") from error
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_number,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno:,}, column {error.colno:,}"
        raise _wrong(f"it cannot be read from {place} on") from error
    except RecursionError as error:
        raise _too_deep(most_depth) from error
    if not isinstance(value, dict):
        raise ApiError(400, "The body has to be a JSON object.", code="invalid_json")
    for part in _texts(value, most_depth):
        try:
            part.encode()
        except UnicodeEncodeError as error:
            raise _wrong("it holds half a character (a lone surrogate)") from error
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(pairs) > _MAX_KEYS:
        raise _wrong(f"an object in it has {len(pairs):,} keys")
    if len(found) < len(pairs):
        raise _wrong("an object in it has the same key twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _wrong(f"a number in it has {len(digits):,} digits")
    return int(digits)


def _number(digits: str) -> float:
    if len(digits) > _MAX_DIGITS or not isfinite(number := float(digits)):
        raise _wrong("a number in it is beyond all bounds")
    return number


def _no_number(name: str) -> object:
    raise _wrong(f"{name} is no number of JSON")


def _texts(value: object, most_depth: int) -> Iterator[str]:
    """All texts of a value, keys too. Raises ApiError where it is nested too deeply."""
    level = [value]
    for _ in range(most_depth + 1):
        inner: list[object] = []
        for each in level:
            if isinstance(each, str):
                yield each
            elif isinstance(each, list):
                inner += each
            elif isinstance(each, dict):
                yield from each
                inner += each.values()
        if not inner:
            return
        level = inner
    raise _too_deep(most_depth)


def _too_deep(most_depth: int) -> ApiError:
    return _wrong(f"lists and objects in it are nested more than {most_depth} deep")


def _wrong(what: str) -> ApiError:
    return ApiError(400, f"The body is not JSON as it is read here: {what}.", code="invalid_json")
