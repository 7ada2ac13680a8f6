"""Frozen dataclasses as JSON, written field by field and read back against their type hints.

What does not fit is an error and not a surprise: a frame on a pipe, or a file that was changed.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from functools import cache

from ..phrases import Phrase
from .wire_phrases import phrase_from_wire, phrase_to_wire


@cache
def _hints(cls: type) -> dict[str, typing.Any]:
    """What each field of a dataclass may be; kept, because finding it out takes long."""
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def to_json(value: object) -> object:
    """What `json.dumps` can write of a dataclass, or of what its fields hold."""
    if isinstance(value, Phrase):
        return phrase_to_wire(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: to_json(getattr(value, name)) for name in _hints(type(value))}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def from_json(hint: typing.Any, value: typing.Any) -> typing.Any:
    """The value of a type that JSON describes. Raises nearly anything for what does not fit."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in typing.get_args(hint):
            return None
        (inner,) = (arg for arg in typing.get_args(hint) if arg is not type(None))
        return from_json(inner, value)
    if origin is tuple:
        item = typing.get_args(hint)[0]
        return tuple(from_json(item, entry) for entry in value)
    if origin is dict:
        return dict(value)
    if hint is Phrase:
        phrase = phrase_from_wire(value)
        str(phrase)  # raises where its facts are not those of its template
        return phrase
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = _hints(hint)
        return hint(**{name: from_json(hints[name], entry) for name, entry in value.items()})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise TypeError(f"{value!r} is no {hint}")
    return value
