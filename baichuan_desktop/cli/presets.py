"""Presets in the terminal: which one is asked for, and what it makes of a message."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field

from backends.errors import UserFacingError, VariableMissingError
from backends.generation.sampling import SamplingParams
from baichuan_desktop.cli.text_input import require_text
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.presets.filling import filled, missing, variables_of
from baichuan_desktop.services.presets.sampling import applied
from baichuan_desktop.services.presets.store import PresetStore
from baichuan_desktop.services.presets.values import Preset


@dataclass(slots=True)
class PresetInUse:
    """The preset that messages are made with, and the values of its variables."""

    preset: Preset | None = None
    values: dict[str, str] = field(default_factory=dict)

    @property
    def system_prompt(self) -> str:
        """What it tells the model before the conversation; nothing where there is none."""
        return "" if self.preset is None else self.preset.system_prompt

    def params(self, params: SamplingParams) -> SamplingParams:
        """The sampling that a model asks for, with what the preset changes of it."""
        return params if self.preset is None else applied(params, self.preset.sampling)

    def message(self, text: str, values: Mapping[str, str] | None = None) -> str:
        """The message that is sent for what was written. Raises VariableMissingError.

        `values` go before those that are set for all messages.
        """
        if self.preset is None:
            return text
        known = {**self.values, **(values or {})}
        for name in missing(self.preset.template, known):
            raise VariableMissingError(self.preset.name, name)
        return filled(self.preset.template, text, known)

    def set(self, name: str, value: str) -> None:
        """Give a variable of the message its value. Raises UserFacingError if it has none such."""
        if self.preset is None:
            raise UserFacingError(
                "No preset is used, so there is no variable “{name}”.",
                hint="Those that there are: baichuan-desktop presets list",
                name=name,
            )
        if name not in [one.name for one in variables_of(self.preset.template)]:
            raise UserFacingError(
                "The message of the preset has no variable “{name}”.",
                hint="Those that it has: baichuan-desktop presets show NAME",
                name=name,
            )
        self.values[name] = value

    def described(self) -> str:
        """Which preset is used, and with which values."""
        if self.preset is None:
            return "No preset is used."
        said = f"The preset {self.preset.name} is used."
        for one in variables_of(self.preset.template):
            value = self.values.get(one.name) or one.default
            said += f"\n  {one.name}: {value or '(needed: --set NAME=VALUE)'}"
        return said


def preset_store() -> PresetStore:
    """The presets of this person and of the app."""
    return PresetStore(app_paths().presets)


def add_preset_options(parser: argparse.ArgumentParser) -> None:
    """Add `--preset` and `--set`, for `preset_in_use`."""
    group = parser.add_argument_group("preset")
    group.add_argument(
        "--preset", metavar="NAME", help="a system prompt, a message and sampling: presets list"
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        dest="variables",
        metavar="NAME=VALUE",
        help="what a variable of the preset's message stands for; may be repeated",
    )


def preset_in_use(arguments: argparse.Namespace) -> PresetInUse:
    """The preset that the arguments ask for. Raises UserFacingError."""
    name = getattr(arguments, "preset", None)
    preset = preset_store().named(require_text(name, "--preset")) if name is not None else None
    used = PresetInUse(preset)
    for given in getattr(arguments, "variables", []):
        used.set(*variable(given))
    return used


def variable(text: str) -> tuple[str, str]:
    """The name and the value of NAME=VALUE. Raises UserFacingError."""
    name, sign, value = require_text(text, "--set").partition("=")
    if not sign or not name.strip():
        raise UserFacingError(
            "“{text}” is not of the form NAME=VALUE.",
            hint="For example: language=English",
            text=text,
        )
    return name.strip(), value
