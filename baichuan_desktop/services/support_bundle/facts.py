"""Facts of the app in a bundle, as plain values: numbers, switches, and words that are the app's.

A name that a person gave, a path, or a text that an administrator wrote is none of them. Of those
there is a count, or a length.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from backends.errors import PolicyFileError
from backends.operating_system import long_path
from backends.policy.site_policy import site_policy
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.library.folders.drives import drive_space
from baichuan_desktop.services.library.registry import (
    InstalledModel,
    shipped_registry,
    shipped_tables,
)
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.services.settings import Settings, SettingsFile

#: Variables that change what the app does. Their values are shown where they are numbers.
_VARIABLES = (
    "BAICHUAN_DESKTOP_HOME", "CUDA_VISIBLE_DEVICES", "GLIBC_TUNABLES", "GTK_IM_MODULE", "HF_HOME",
    "HF_HUB_CACHE", "LANG", "LC_ALL", "MODELSCOPE_CACHE", "OMP_NUM_THREADS", "PYTHONPATH",
    "QT_IM_MODULE", "QT_IM_MODULES", "QT_QPA_PLATFORM", "QT_SCALE_FACTOR", "WAYLAND_DISPLAY",
    "XMODIFIERS",
)  # fmt: skip
_NUMBERS = re.compile(r"[\d.,:;-]{0,40}|[a-z]{2}_[A-Z]{2}\.[Uu][Tt][Ff]-?8|C(\.UTF-8)?")


def aliases(store: ModelStore) -> Mapping[str, str]:
    """What each listed model is called in a bundle, by its id.

    An id of a released model stays. Any other one may be made of the name of a folder, which is a
    person's own word.
    """
    released = shipped_tables(shipped_registry()).models
    found: dict[str, str] = {}
    for number, model in enumerate(_all_models(store), 1):
        variant = model.variant if model.variant in released else None
        is_released = variant and re.fullmatch(rf"{re.escape(variant)}(-\d+)?", model.id)
        found[model.id] = model.id if is_released or model.id == GUIDE_ID else f"model-{number}"
    return found


def adapter_aliases(store: ModelStore) -> Mapping[str, str]:
    """What each listed adapter is called in a bundle, by its id, which is a person's own word."""
    return {one.id: f"adapter-{number}" for number, one in enumerate(store.adapters, 1)}


def _all_models(store: ModelStore) -> list[InstalledModel]:
    models = list(store.models)
    return models + [export for model in models for export in store.exports_of(model.id)]


def registry_facts(store: ModelStore) -> dict[str, Any]:
    """The models and adapters that are listed, and how many entries are wrong."""
    names, of_adapters = aliases(store), adapter_aliases(store)
    return {
        "models": [
            {
                "model": names[model.id],
                "family": model.family.value,
                "kind": model.kind.value,
                "context_length": model.context_length,
                "layer": model.layer.value,
                "copied": model.is_copied,
                "export_of": names.get(model.export_of) if model.export_of else None,
                "path": _path_facts(model.path),
            }
            for model in _all_models(store)
        ],
        "adapters": [
            {
                "adapter": of_adapters[adapter.id],
                "adapter_for": names.get(adapter.base),
                "layer": adapter.layer.value,
                "copied": adapter.is_copied,
                "path": _path_facts(adapter.path),
            }
            for adapter in store.adapters
        ],
        "released_models_known": len(store.variants),
        "problems": len(store.problems),
    }


def _path_facts(path: Path) -> dict[str, Any]:
    """What of a path makes trouble, without a name in it."""
    text = str(path)
    return {
        "length": len(text),
        "folders": len(path.parts),
        "has_spaces": " " in text,
        "is_ascii": text.isascii(),
    }


def settings_facts(paths: AppPaths) -> dict[str, Any]:
    """The settings: switches and numbers as they are, choices of the app's own words too."""
    settings = SettingsFile(paths.settings).current
    facts: dict[str, Any] = {}
    for name, field in type(settings).model_fields.items():
        facts[name] = _setting(getattr(settings, name), field.annotation)
    facts["chosen"] = sorted(settings.model_fields_set & Settings.model_fields.keys())
    return facts


def _setting(value: object, kind: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if get_origin(kind) is Literal and value in get_args(kind):
        return value
    if isinstance(value, tuple) and all(isinstance(one, int) for one in value):
        return list(value)
    return _measure(value)


def _measure(value: object) -> object:
    """How long a text is, or how many things there are."""
    if isinstance(value, str | Path):
        return {"length": len(str(value))}
    return {"count": len(value)} if hasattr(value, "__len__") else "…"


def policy_facts() -> dict[str, Any]:
    """What the administrator of this machine allows, without what they wrote in words."""
    try:
        policy = site_policy()
    except PolicyFileError:
        return {"is_there": True, "is_usable": False}
    facts: dict[str, Any] = {"is_there": policy.file is not None, "is_usable": True}
    for name in type(policy).__slots__:
        value = getattr(policy, name)
        if value is None or isinstance(value, bool | int):
            facts[name] = value
        elif name == "precisions":
            facts[name] = sorted(precision.value for precision in policy.precisions or ())
        elif name != "file":
            facts[name] = _measure(value)
    return facts


def storage_facts(paths: AppPaths) -> dict[str, Any]:
    """Sizes of the app's own files, and the room on their drives."""
    files = {
        "settings": paths.settings,
        "user_registry": paths.user_registry,
        "site_registry": paths.site_registry,
        "conversations": paths.conversations,
        "measurements": paths.measurements,
        "licences": paths.licences,
    }
    return {
        "bytes": {name: _size(file) for name, file in files.items()},
        "free_bytes": {
            name: drive_space(folder).free_bytes
            for name, folder in (("config", paths.config), ("data", paths.data))
        },
    }


def _size(file: Path) -> int | None:
    try:
        return long_path(file).stat().st_size
    except (OSError, ValueError):
        return None


def environment_facts() -> dict[str, Any]:
    """Which variables are set that change what the app does."""
    facts: dict[str, Any] = {}
    for name in _VARIABLES:
        value = os.environ.get(name)
        if value is not None:
            facts[name] = value if _NUMBERS.fullmatch(value) else {"length": len(value)}
    return facts
