"""The entries of the user's layer: the only registry file that the app writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from baichuan_desktop.services.library.registry import InstalledModel, UnknownModelError
from baichuan_desktop.services.library.registry_file import load_layer, write_section
from baichuan_desktop.services.library.registry_schema import SCHEMA_VERSION
from baichuan_desktop.services.library.registry_yaml import layer_text, parse_yaml


def add_installed(path: Path, model: InstalledModel) -> None:
    """Write `model` into the user's layer at `path`, replacing an entry of the same id.

    All other sections stay as they are, comments included. The file is made if there is none.

    Raises:
        RegistryError: The file, or the new entry, is wrong, or cannot be written; then the file is
            what it was before.
    """
    text, entries = _user_layer(path)
    entry = _entry_of(model)
    ids = [one["id"] for one in entries]
    if model.id in ids:
        entries[ids.index(model.id)] = entry
    else:
        entries.append(entry)
    write_section(path, text, "installed", entries)


def remove_installed(path: Path, model_id: str) -> None:
    """Take the entry `model_id` out of the user's layer at `path`; the model's files stay.

    Its exports become models of their own: the id may be given to another model, of which they
    are none.

    Raises:
        UnknownModelError: The file has no such entry.
        RegistryError: The file is wrong or cannot be written; then it is what it was before.
    """
    text, entries = _user_layer(path)
    rest = [one for one in entries if one["id"] != model_id]
    if len(rest) == len(entries):
        raise UnknownModelError(model_id, [one["id"] for one in entries])
    for one in rest:
        if one.get("export_of") == model_id:
            del one["export_of"]
            one.pop("export_stamp", None)
    write_section(path, text, "installed", rest)


def require_writable(path: Path) -> None:
    """Raise RegistryError if the user's layer at `path` is wrong, and so must not be written."""
    _user_layer(path)


def _user_layer(path: Path) -> tuple[str, list[dict[str, Any]]]:
    text = layer_text(path)
    if text is None:
        return f"schema_version: {SCHEMA_VERSION}\n", []
    load_layer(text, source_name=str(path))
    return text, list(parse_yaml(text, source_name=str(path)).get("installed", []))


def _entry_of(model: InstalledModel) -> dict[str, Any]:
    same = model.name.en == model.name.zh
    entry: dict[str, Any] = {
        "id": model.id,
        "name": model.name.en if same else {"en": model.name.en, "zh": model.name.zh},
        "path": str(model.path),
        "variant": model.variant,
        "family": model.family.value,
        "kind": model.kind.value,
        "context_length": model.context_length,
    }
    if model.bundled:
        entry["bundled"] = True
    if model.export_of is not None:
        entry["export_of"] = model.export_of
    if model.export_stamp is not None:
        entry["export_stamp"] = model.export_stamp
    return entry
