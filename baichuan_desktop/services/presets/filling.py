"""A message made from a preset's template: what is written, and values of its variables.

`{{text}}` stands for what is written, `{{language}}` for a value that is asked for, and
`{{language=English}}` for one that is English where nobody says another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: The variable that is what a person writes.
TEXT = "text"

MOST_VARIABLES = 20  #: of a template
_MOST_VALUE = 2000  # characters
_VARIABLE = re.compile(r"\{\{[ \t]*(\w[\w \-]{0,39}?)[ \t]*(?:=([^{}\n]{0,200}))?\}\}")


@dataclass(frozen=True, slots=True)
class Variable:
    """A gap of a template that a person fills."""

    name: str
    default: str = ""


def variables_of(template: str) -> tuple[Variable, ...]:
    """The variables of a template besides the text, each once, in the order in which they come."""
    found: dict[str, Variable] = {}
    for place in _VARIABLE.finditer(template):
        name, default = place[1], (place[2] or "").strip()
        if name != TEXT and not (name in found and found[name].default):
            found[name] = Variable(name, default)
    return tuple(found.values())


def value_of(variable: Variable, values: Mapping[str, str]) -> str:
    """What a variable stands for: its value, else its default."""
    return values.get(variable.name, "").strip()[:_MOST_VALUE] or variable.default


def missing(template: str, values: Mapping[str, str]) -> Sequence[str]:
    """The names of variables that have neither a value nor a default."""
    return [one.name for one in variables_of(template) if not value_of(one, values)]


def filled(template: str, text: str, values: Mapping[str, str]) -> str:
    """The message: the template with the text and the values, which are taken as they are.

    Where the template has no place for the text, it follows below. Without a template the message
    is the text.
    """
    if not template.strip():
        return text
    known = {one.name: value_of(one, values) for one in variables_of(template)}
    has_place = False

    def in_place(found: re.Match[str]) -> str:
        nonlocal has_place
        if found[1] == TEXT:
            has_place = True
            return text
        return known.get(found[1], found[0])

    message = _VARIABLE.sub(in_place, template)
    return message if has_place or not text else f"{message.rstrip()}\n\n{text}"
