"""Sentences with facts in them, kept apart so that they can be translated."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

from typing_extensions import override

from .printable import one_line


@dataclass(frozen=True, slots=True, init=False)
class Phrase:
    """A part of a sentence with facts in it, kept apart so that it can be translated.

    >>> str(Phrase("it has {count} bytes", count=7))
    'it has 7 bytes'
    """

    template: str
    facts: Mapping[str, Fact]

    def __init__(self, template: str, **facts: Fact) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "facts", on_one_line(facts))

    def __str__(self) -> str:
        return formatted(self.template, self.facts)


def formatted(template: str, facts: Mapping[str, object]) -> str:
    """A template with its facts; the digits of a whole number stand in groups of three.

    Raises KeyError, IndexError or ValueError for facts that do not fit it.

    >>> formatted("{count} tokens", {"count": 125696})
    '125,696 tokens'
    """
    return _SENTENCES.vformat(template, (), facts)


class _Sentences(string.Formatter):
    @override
    def format_field(self, value: object, format_spec: str) -> str:
        is_count = isinstance(value, int) and not isinstance(value, bool) and not format_spec
        return format(value, "," if is_count else format_spec)


_SENTENCES = _Sentences()

#: What a template may name: numbers and names, and phrases that are templates themselves.
Fact = str | int | float | Phrase


def on_one_line(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts with U+FFFD for what would break a line or a terminal; names come from files."""

    def plain(fact: Fact) -> Fact:
        if isinstance(fact, int | float | Phrase):
            return fact
        return one_line(str(fact))  # a name in a graph is bytes where it is no text

    return {name: plain(fact) for name, fact in facts.items()}
