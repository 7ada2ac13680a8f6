"""The presets that come with the app, each in both languages."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, get_args

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.presets.filling import variables_of
from baichuan_desktop.services.presets.sampling import changes_of
from baichuan_desktop.services.presets.values import Preset, PresetLanguage


def built_in(language: PresetLanguage) -> tuple[Preset, ...]:
    """The presets of the app in one of its languages, in the order in which they are shown."""
    return _all()[language]


def in_any_language(preset_id: str) -> tuple[Preset, ...]:
    """A preset of the app in each language; none where it has no such."""
    return tuple(one for presets in _all().values() for one in presets if one.id == preset_id)


def renamed(values: Mapping[str, str], preset: Preset) -> dict[str, str]:
    """Values under the names that a preset of the app has for its variables in its language."""
    found = dict(values)
    names = [one.name for one in variables_of(preset.template)]
    for other in in_any_language(preset.id):
        for name, variable in zip(names, variables_of(other.template), strict=True):
            if name != variable.name and (value := found.pop(variable.name, None)) is not None:
                found.setdefault(name, value)
    return found


@functools.cache
def _all() -> Mapping[PresetLanguage, tuple[Preset, ...]]:
    entries = json.loads(resource("presets.json").read_text(encoding="utf-8"))
    return {
        language: tuple(_preset(entry, language) for entry in entries)
        for language in get_args(PresetLanguage)
    }


def _preset(entry: Mapping[str, Any], language: PresetLanguage) -> Preset:
    texts = entry[language]
    return Preset(
        entry["id"],
        texts["name"],
        texts.get("system_prompt", ""),
        texts.get("template", ""),
        changes_of(entry.get("sampling", {})),
        is_built_in=True,
    )
