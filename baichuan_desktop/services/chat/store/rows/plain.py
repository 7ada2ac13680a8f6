"""What stands in a column: texts of any kind, numbers, times, and JSON that may be damaged."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Final

#: What a row may hold, in the order of the columns.
Row = Sequence[object]

_NUMBERS: Final = (int, float)


def stored(text: str) -> str | bytes:
    """The text as SQLite takes it: with half surrogates it is no UTF-8, and is kept as bytes.

    >>> stored("one"), type(stored("half " + chr(0xD83D)))
    ('one', <class 'bytes'>)
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def loaded(value: object) -> str:
    """The text that was stored; of a damaged row what can be read of it."""
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return ""
    try:
        return value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace")


def whole(value: object) -> int | None:
    """A whole number, if it is one."""
    return value if isinstance(value, int) else None


def count(value: object) -> int:
    """A number from 0 on; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def text(value: object) -> str:
    """What JSON has as a text; nothing for anything else."""
    return value if isinstance(value, str) else ""


def time(value: object) -> float | None:
    """Seconds since 1970, if they are some."""
    return float(value) if isinstance(value, _NUMBERS) and math.isfinite(value) else None


def json_of(value: object) -> object:
    """What a column holds as JSON; None if that is nothing, or cannot be read."""
    try:
        return json.loads(loaded(value))
    except (ValueError, RecursionError):
        return None


def mapping(value: object) -> dict[str, object]:
    """An object of JSON; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """A list of JSON; an empty one in place of anything else."""
    return value if isinstance(value, list) else []
