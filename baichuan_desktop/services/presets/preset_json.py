"""Presets as JSON: one format for the file of a person's own ones and for those that are exported.

Whatever somebody wrote into such a file costs a bounded amount of work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backends.phrases import Phrase
from baichuan_desktop.services.plain_json import parse_object, writable
from baichuan_desktop.services.presets.filling import MOST_VARIABLES, variables_of
from baichuan_desktop.services.presets.sampling import UnusableSamplingError, changes_of
from baichuan_desktop.services.presets.values import (
    MOST_NAME,
    MOST_TEXT,
    NONE_ID,
    Preset,
    plain_name,
)

VERSION = 1
MOST_BYTES = 4 * 2**20
MOST_PRESETS = 500

_FORMAT = "baichuan-desktop presets"
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


class WrongPresetsError(Exception):
    """What of a content is no preset."""

    def __init__(self, reason: Phrase) -> None:
        super().__init__(str(reason))
        self.reason = reason


class NewerPresetsError(Exception):
    """The content is of a later version."""


@dataclass(frozen=True, slots=True)
class Read:
    """The presets of a content, and what was wrong with the first that is none."""

    presets: tuple[Preset, ...]
    wrong: Phrase | None = None


def read(data: bytes) -> Read:
    """The presets that can be read. Raises WrongPresetsError, NewerPresetsError."""
    try:
        content = parse_object(data)
    except ValueError as error:
        raise WrongPresetsError(Phrase("it is not readable as JSON")) from error
    version = content.get("version")
    if content.get("format") != _FORMAT or not isinstance(version, int):
        raise WrongPresetsError(Phrase("it is no file of presets"))
    if version > VERSION:
        raise NewerPresetsError
    entries = content.get("presets")
    if not isinstance(entries, list):
        raise WrongPresetsError(Phrase("it is no file of presets"))
    found: list[Preset] = []
    wrong: Phrase | None = None
    if len(entries) > MOST_PRESETS:
        wrong = Phrase("it holds more than {most} presets", most=MOST_PRESETS)
    for number, entry in enumerate(entries[:MOST_PRESETS], start=1):
        try:
            found.append(_preset(entry, number))
        except WrongPresetsError as error:
            wrong = wrong or error.reason
    return Read(tuple(found), wrong)


def written(presets: Sequence[Preset]) -> str:
    """The presets as a file holds them."""
    content = {"format": _FORMAT, "version": VERSION, "presets": [_entry(one) for one in presets]}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _entry(preset: Preset) -> dict[str, Any]:
    return {
        "id": preset.id,
        "name": preset.name,
        "system_prompt": preset.system_prompt,
        "template": preset.template,
        "sampling": dict(preset.sampling),
    }


def _preset(entry: object, number: int) -> Preset:
    if not isinstance(entry, dict):
        raise WrongPresetsError(Phrase("preset {number} is no object", number=number))
    name = plain_name(_text(entry, "name", number, MOST_NAME))
    if not name:
        raise WrongPresetsError(Phrase("preset {number} has no name", number=number))
    template = _text(entry, "template", number, MOST_TEXT)
    if len(variables_of(template)) > MOST_VARIABLES:
        raise WrongPresetsError(
            Phrase(
                "preset {number} has more than {most} variables", number=number, most=MOST_VARIABLES
            )
        )
    return Preset(
        _id(entry),
        name,
        _text(entry, "system_prompt", number, MOST_TEXT),
        template,
        _sampling(entry, number),
    )


def _id(entry: Mapping[str, object]) -> str:
    """The id, or nothing where it is none that a preset can have."""
    found = entry.get("id")
    is_good = isinstance(found, str) and _ID.fullmatch(found) and found != NONE_ID
    return str(found) if is_good else ""


def _text(entry: Mapping[str, object], key: str, number: int, most: int) -> str:
    text = entry.get(key, "")
    if not isinstance(text, str):
        raise WrongPresetsError(
            Phrase("“{key}” of preset {number} is no text", key=key, number=number)
        )
    if len(text) > most:
        raise WrongPresetsError(
            Phrase(
                "“{key}” of preset {number} has more than {most} characters",
                key=key,
                number=number,
                most=most,
            )
        )
    try:
        return writable(text)
    except ValueError as error:
        raise WrongPresetsError(
            Phrase("“{key}” of preset {number} is no text", key=key, number=number)
        ) from error


def _sampling(entry: Mapping[str, object], number: int) -> Mapping[str, Any]:
    values = entry.get("sampling", {})
    if not isinstance(values, dict):
        raise WrongPresetsError(
            Phrase("“{key}” of preset {number} is no object", key="sampling", number=number)
        )
    try:
        return changes_of(values)
    except UnusableSamplingError as error:
        raise WrongPresetsError(
            Phrase(
                "“{key}” of preset {number} cannot be what it is there",
                key=error.name[:MOST_NAME],
                number=number,
            )
        ) from error
