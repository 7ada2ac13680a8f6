"""What stands in a field of a stranger's JSON: of the kind that is meant, or nothing."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from baichuan_desktop.services.exchange.values import LATEST, Rest, count_in

#: From here on a time is in milliseconds: in seconds it would be the year 5138.
_MILLISECONDS_FROM: Final = 1e11


def mapping(value: object) -> Mapping[str, Any]:
    """The object that a field holds; else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The list that a field holds; else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """The text that a field holds; else none."""
    return value if isinstance(value, str) else ""


def key(value: object) -> str:
    """What names something in a file: text, or a number."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64:
        return str(value)
    return text(value)


def count(value: object) -> int:
    """A number of things; 0 where there is none."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
        return value
    return 0


def number(value: object) -> float:
    """A finite number that is not negative; else 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        found = float(value)
    except OverflowError:
        return 0.0
    return found if math.isfinite(found) and found >= 0 else 0.0


def time_of(value: object) -> float | None:
    """Seconds since 1970 of a time in seconds, in milliseconds or as ISO 8601; None: it is none."""
    if isinstance(value, str):
        try:
            seconds = datetime.fromisoformat(value[:40].replace("Z", "+00:00")).timestamp()
        except (ValueError, OverflowError, OSError):
            return None
    else:
        seconds = number(value)
        if seconds >= _MILLISECONDS_FROM:
            seconds /= 1000
    return seconds if 0 < seconds < LATEST else None


def by_branch(nodes: Mapping[str, Any], children: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Messages by their keys: versions of one come in the order in which their parent has them.

    `children` is the field in which a message has the keys of those that follow it.
    """
    ranks: dict[str, int] = {}
    for node in nodes.values():
        for rank, child in enumerate(items(mapping(node).get(children))):
            if isinstance(child, str):
                ranks.setdefault(child, rank)
    for name in sorted(nodes, key=lambda name: ranks.get(name, len(ranks))):
        if isinstance(nodes[name], dict):
            yield name, nodes[name]


def tell_unknown(given: Mapping[str, Any], known: Collection[str], rest: Rest) -> None:
    """Count the fields that nobody here knows."""
    for name in given:
        if name not in known:
            count_in(rest.unknown, str(name))


def tell_left_out(given: Mapping[str, Any], names: Collection[str], rest: Rest) -> None:
    """Count the fields of these names that hold something which is not taken over."""
    for name in names:
        if given.get(name) not in (None, False, "", [], {}):
            count_in(rest.left_out, name)
