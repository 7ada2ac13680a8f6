"""JSON with something changed at a path, or written in another way."""

from __future__ import annotations

import copy
import json
import math
import random
from typing import Any

#: What no file should say; each is tried in every place.
_ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 255, 2**31, 2**32, 2**63, -(2**63), 10**30, 10**99,
    0.0, -0.0, 0.5, 1.0, 1e-300, 1e308, float("nan"), float("inf"), -float("inf"),
    "", "x", "1", "\0", "\ud800", "层\u202e\x1b[2J", "../x", "/etc/passwd", "a" * 5_000,
    [], {}, [[]], {"": {}}, [0] * 1_000, [None, "x", 1.5], {"a": [1, {"b": 2}]},
)  # fmt: skip
_RAW = ("9" * 101, "9" * 5_000, "-" + "9" * 4_000, "1e999", "1" + "0" * 400 + ".0", "NaN",
        "[" * 70 + "]" * 70, "[" * 3_000, '"\\ud83d"', '"\\u0000"')  # fmt: skip
_RAW_MARK = "@raw@"


def paths(value: object) -> list[tuple[str | int, ...]]:
    """Every path into a value, the empty one left out."""
    found: list[tuple[str | int, ...]] = []
    pending: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    for path, one in pending:
        inner: list[tuple[str | int, object]] = []
        if isinstance(one, dict):
            inner = list(one.items())
        elif isinstance(one, list):
            inner = list(enumerate(one))
        for key, below in inner:
            found.append((*path, key))
            pending.append(((*path, key), below))
    return found


def mutate(text: bytes, chance: random.Random, *, harmless: float = 0.4) -> bytes:
    """JSON that is changed in one to three places, or (`harmless`) means the same as before."""
    value = json.loads(text)
    if chance.random() < harmless:
        _change_harmlessly(value, chance)
        return written(value, chance)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        change_somewhere(value, chance)
    data = written(value, chance)
    if chance.random() < 0.15:
        data = _break_text(data, chance)
    return data


def change_somewhere(value: Any, chance: random.Random) -> None:
    """Change one place of a value of lists and dicts."""
    found = paths(value)
    if not found:
        return
    *way, last = chance.choice(found)
    holder = value
    for key in way:
        holder = holder[key]
    old = holder[last]
    match chance.randrange(8):
        case 0 | 1:
            holder[last] = copy.deepcopy(chance.choice(_ODD))  # which may be changed in its turn
        case 2:
            holder[last] = _near(old, chance)
        case 3:
            del holder[last]
        case 4:
            holder[last] = chance.choice(
                ([old], {"x": old}, [old, copy.deepcopy(old)], str(old)[:100])
            )
        case 5:
            holder[last] = _RAW_MARK + str(chance.randrange(len(_RAW)))
        case 6 if isinstance(holder, dict):
            holder[chance.choice((f"{last}x", "", "\ud800", str(last).upper()))] = holder.pop(last)
        case _:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            other = chance.choice(keys)
            holder[last], holder[other] = holder[other], holder[last]


def _near(old: object, chance: random.Random) -> object:
    """A value of the same kind."""
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return chance.choice((old + 1, old - 1, old * 2, -old, float(old), old + 0.5, str(old)))
    if isinstance(old, float):
        whole = int(old) if math.isfinite(old) else 0
        return chance.choice((old / 2, old * 1.01, -old, whole, 1 / old if old else 1))
    if isinstance(old, str):
        return chance.choice((old + "x", old[:-1], old[::-1], old.upper(), old + "\n"))
    return old


def _change_harmlessly(value: dict[str, Any], chance: random.Random) -> None:
    items = list(value.items())
    chance.shuffle(items)
    value.clear()
    value.update(items)
    if chance.random() < 0.5:
        value[f"x_{chance.randrange(1_000)}"] = chance.choice(("note", 5, None, [1, 2], {"a": 0.5}))
    for name, low, high in (
        ("temperature", 0.1, 2.0), ("top_p", 0.1, 1.0), ("repetition_penalty", 0.9, 2.0)
    ):  # fmt: skip
        if name in value and chance.random() < 0.5:
            value[name] = chance.uniform(low, high)
    if "top_k" in value:
        value["top_k"] = chance.randrange(1, 60)


def written(value: object, chance: random.Random) -> bytes:
    """The text of a value, in one of the ways that it can be written."""
    text = json.dumps(
        value,
        indent=chance.choice((None, 2, 4)),
        ensure_ascii=chance.random() < 0.8 or _holds_half_characters(value),
        separators=chance.choice(((",", ":"), (", ", ": "))),
    )
    for number, raw in enumerate(_RAW):
        text = text.replace(f'"{_RAW_MARK}{number}"', raw)
    text = chance.choice(("", "", "", " \n")) + text + chance.choice(("", "\n"))
    return chance.choice((b"", b"", b"\xef\xbb\xbf")) + text.encode()


def _holds_half_characters(value: object) -> bool:
    return "\\ud8" in json.dumps(value)


def _break_text(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    match chance.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        case 2:
            return data.replace(b"}", b",}", 1)
        case 3:
            return data[:at] + data[at : at + 40] * 2 + data[at:]
        case _:
            return chance.choice((data.decode(errors="replace").encode("utf-16"), b"", b"null"))
