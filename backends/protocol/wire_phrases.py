"""Errors and phrases as JSON, for the pipe between engine and window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import UserFacingError, rebuild
from ..phrases import Fact, Phrase


def error_to_wire(error: UserFacingError) -> dict[str, object]:
    """The JSON form of an error."""
    return {
        "type": type(error).__name__,
        "template": error.template,
        "hint": phrase_to_wire(error.hint) if isinstance(error.hint, Phrase) else error.hint,
        "facts": _facts_to_wire(error.facts),
    }


def error_from_wire(data: Mapping[str, Any]) -> UserFacingError:
    """The error that `error_to_wire` wrote; an unknown type becomes a plain UserFacingError."""
    cls, hint = _by_name().get(data["type"], UserFacingError), data["hint"]
    if isinstance(hint, dict):
        hint = phrase_from_wire(hint)
    elif not isinstance(hint, str):
        raise TypeError(f"{hint!r} is no hint")
    return rebuild(cls, data["template"], hint, _facts_from_wire(data["facts"]))


def phrase_to_wire(phrase: Phrase) -> dict[str, object]:
    """The JSON form of a phrase."""
    return {"template": phrase.template, "facts": _facts_to_wire(phrase.facts)}


def phrase_from_wire(data: Mapping[str, Any]) -> Phrase:
    """The phrase that `phrase_to_wire` wrote."""
    return Phrase(data["template"], **_facts_from_wire(data["facts"]))


def _facts_to_wire(facts: Mapping[str, Fact]) -> dict[str, object]:
    return {n: phrase_to_wire(f) if isinstance(f, Phrase) else f for n, f in facts.items()}


def _facts_from_wire(facts: Mapping[str, Any]) -> dict[str, Fact]:
    return {n: phrase_from_wire(f) if isinstance(f, dict) else f for n, f in facts.items()}


def _by_name() -> dict[str, type[UserFacingError]]:
    found: dict[str, type[UserFacingError]] = {}
    pending = [UserFacingError]
    while pending:
        cls = pending.pop()
        found[cls.__name__] = cls
        pending.extend(cls.__subclasses__())
    return found
