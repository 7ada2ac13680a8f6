"""Values as JSON and back, field by field, whatever a stranger wrote into a file.

What a value has is read off its dataclass: a field that is added there is exported and imported
without a word here, and one that a file lacks has its default.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
import typing
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeVar

from baichuan_desktop.services.exchange.values import Rest, count_in

_LARGEST: Final = 2**63  #: ids have 63 bits
_HALVES: Final = re.compile("[\ud800-\udfff]")

_Value = TypeVar("_Value")


def to_json(value: object) -> Any:
    """A value as JSON holds it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset | set):
        return sorted(to_json(one) for one in value)
    if isinstance(value, tuple | list):
        return [to_json(one) for one in value]
    return value


def written(value: object) -> bytes:
    """JSON that a person can read, in UTF-8; half a surrogate is escaped, and comes back so."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return _HALVES.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"


def of_json(kind: type[_Value], given: object, rest: Rest) -> _Value:
    """The value of a dataclass that JSON holds; fields that it does not have are counted.

    Raises ValueError where a field holds something else than it may.
    """
    if not isinstance(given, dict):
        raise ValueError(f"{kind.__name__} is no object")  # noqa: TRY004  broken content
    hints = _hints(kind)  # type: ignore[arg-type]  # a class is hashable
    of_kind = dataclasses.fields(kind)  # type: ignore[arg-type]  # it is a dataclass
    fields = {field.name: field for field in of_kind}
    for name in given:
        if name not in fields:
            count_in(rest.unknown, str(name))
    found = {name: _of(hints[name], given[name], rest) for name in fields if name in given}
    try:
        return kind(**found)
    except TypeError as error:  # a field is missing that has no default
        raise ValueError(str(error)) from error


@lru_cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _of(hint: Any, given: object, rest: Rest) -> object:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if given is None and type(None) in inner:
            return None
        (hint,) = (one for one in inner if one is not type(None))
        return _of(hint, given, rest)
    if origin in (tuple, frozenset):
        if not isinstance(given, list):
            raise ValueError("it is no list")
        if origin is frozenset or inner[-1] is Ellipsis:
            return origin(_of(inner[0], one, rest) for one in given)
        if len(given) != len(inner):
            raise ValueError("it has another length")
        return tuple(_of(kind, one, rest) for kind, one in zip(inner, given, strict=True))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return of_json(hint, given, rest)
    if issubclass(hint, Enum):
        return hint(given)
    return _plain(hint, given)


def _plain(hint: type, given: object) -> object:
    if hint is float and type(given) in (int, float):
        number = float(given)  # type: ignore[arg-type]  # a number
        if math.isfinite(number):
            return number
    elif hint is int and type(given) is int:
        if abs(given) < _LARGEST:
            return given
    elif type(given) is hint:
        return given
    raise ValueError(f"it is no {hint.__name__}")
