"""What of the sampling is changed, apart from what the model asks for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeAlias

from backends.errors import InvalidRequestError
from backends.generation.sampling import SamplingParams

#: Fields of SamplingParams by name, with values that are possible; a field that is not there stays.
Changes: TypeAlias = Mapping[str, Any]

#: In the order in which they are shown.
NAMES = tuple(one.name for one in fields(SamplingParams))

#: What greedy decoding makes meaningless: who sets one of them does not want it.
_OF_CHANCE = frozenset({"temperature", "top_k", "top_p"})
_WHOLE = frozenset({"top_k", "max_new_tokens"})
_MOST_STOPS, _MOST_STOP = 16, 200  # texts that end an answer, and the characters of one
_MOST_LETTERS = 20_000  # of such a JSON


class UnusableSamplingError(ValueError):
    """A field that there is not, or a value that it cannot have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def changes_of(values: Mapping[str, object]) -> Changes:
    """The values as changes of the sampling. Raises UnusableSamplingError for the first wrong."""
    return {name: _value(name, value) for name, value in values.items()}


def usable_changes(text: str) -> Changes:
    """The changes that a JSON text holds; what is wrong in it is left out."""
    try:
        read = json.loads(text) if 0 < len(text) <= _MOST_LETTERS else {}
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Any] = {}
    for name, value in read.items() if isinstance(read, dict) else ():
        try:
            found[name] = _value(name, value)
        except UnusableSamplingError:
            continue
    return found


def as_json(changes: Changes) -> str:
    """The changes as a JSON text; nothing for none."""
    return json.dumps(dict(changes), ensure_ascii=False) if changes else ""


def applied(params: SamplingParams, *layers: Changes) -> SamplingParams:
    """The sampling with these changes, each over those before it.

    Who sets a temperature and does not ask for greedy decoding wants the temperature to be used.
    """
    for changes in layers:
        if "greedy" not in changes and _OF_CHANCE & changes.keys():
            changes = {**changes, "greedy": False}
        params = replace(params, **changes)
    return params


def _value(name: str, value: object) -> Any:
    """A value as SamplingParams has it. Raises UnusableSamplingError."""
    match value:
        case bool() if name == "greedy":
            return value
        case None if name == "seed":
            return None
        case list() | tuple() if name == "stop":
            return _stops(value)
        case bool():
            pass
        case int() if name in _WHOLE or name == "seed":
            return _possible(name, value)
        case int() | float() if name in NAMES and name not in (*_WHOLE, "greedy", "seed", "stop"):
            return _possible(name, _as_float(name, value))
    raise UnusableSamplingError(name)


def _as_float(name: str, value: float) -> float:
    try:
        number = float(value)
    except OverflowError as error:
        raise UnusableSamplingError(name) from error
    if not math.isfinite(number):
        raise UnusableSamplingError(name)
    return number


def _possible(name: str, value: float) -> float:
    try:
        SamplingParams(**{name: value})  # type: ignore[arg-type]  # by name
    except InvalidRequestError as error:
        raise UnusableSamplingError(name) from error
    return value


def _stops(value: list[object] | tuple[object, ...]) -> tuple[str, ...]:
    found = tuple(one for one in value if isinstance(one, str) and 0 < len(one) <= _MOST_STOP)
    if len(found) != len(value) or len(found) > _MOST_STOPS:
        raise UnusableSamplingError("stop")
    return found
