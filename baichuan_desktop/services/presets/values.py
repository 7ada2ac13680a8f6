"""What a preset is: values, as the file keeps them and the window shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from backends.printable import one_line
from baichuan_desktop.services.presets.sampling import Changes

#: In which of its two languages a preset of the app is wanted.
PresetLanguage = Literal["en", "zh_CN"]

#: The id of no preset, where a model has one that would be used otherwise.
NONE_ID = "none"

#: How long the parts of a preset may be, in characters.
MOST_NAME, MOST_TEXT = 80, 100_000


_NUMBERED = re.compile(r" \(\d+\)$")  # what `free_name` adds


@dataclass(frozen=True, slots=True)
class Preset:
    """With what messages are asked. What is empty of it changes nothing."""

    id: str
    name: str
    system_prompt: str = ""
    template: str = ""  #: a message, with `{{text}}` for what is written, and other variables
    sampling: Changes = field(default_factory=dict)
    is_built_in: bool = False  #: it comes with the app, and cannot be changed

    @property
    def summary(self) -> str:
        """Its first words, as one line; empty where it sets nothing but sampling."""
        text = self.system_prompt.strip() or self.template.strip()
        return " ".join(text[:400].split())

    def is_like(self, other: Preset) -> bool:
        """Whether both do the same under the same name, or one that was made of it."""
        return _bare(self) == _bare(other)


def _bare(preset: Preset) -> Preset:
    return replace(preset, id="", name=_NUMBERED.sub("", preset.name), is_built_in=False)


def plain_name(name: str) -> str:
    """A name on one line, with nothing in it that nobody sees, and not too long."""
    return one_line(" ".join(name.split()))[:MOST_NAME]


def free_name(name: str, taken: frozenset[str]) -> str:
    """A name that no other preset has: “Translator (2)”. `taken` are casefolded."""
    found, number = name, 2
    while found.casefold() in taken:
        ending = f" ({number})"
        found = name[: MOST_NAME - len(ending)] + ending
        number += 1
    return found
