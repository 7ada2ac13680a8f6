"""The entries of the user's layer: the only registry file that the app writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backends.errors import InvalidRequestError, UserFacingError
from backends.printable import one_line
from baichuan_desktop.services.library.registry import InstalledModel, UnknownModelError
from baichuan_desktop.services.library.registry_file import load_layer, write_section
from baichuan_desktop.services.library.registry_schema import MOST_NAME_LETTERS, SCHEMA_VERSION
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
        ForeignEntryError: The file has no such entry.
        RegistryError: The file is wrong or cannot be written; then it is what it was before.
    """
    text, entries = _user_layer(path)
    rest = [one for one in entries if one["id"] != model_id]
    if len(rest) == len(entries):
        raise ForeignEntryError(model_id)
    for one in rest:
        if one.get("export_of") == model_id:
            del one["export_of"]
            one.pop("export_stamp", None)
    write_section(path, text, "installed", rest)


class ForeignEntryError(UnknownModelError):
    """A model that is listed, but not by the person's own file."""

    def __init__(self, model_id: str) -> None:
        UserFacingError.__init__(
            self,
            "“{id}” is listed by the registry of this machine, not by yours.",
            hint="An administrator can change it.",
            id=model_id,
        )


def checked_name(name: str) -> str:
    """A name as it is kept, without spaces around it. Raises InvalidRequestError for what is none.

    One that holds what nobody sees would look like another name.
    """
    name = " ".join(name.split())
    if not name:
        raise InvalidRequestError("A model's name cannot be empty.")
    if len(name) > MOST_NAME_LETTERS:
        raise InvalidRequestError(
            "A model's name has at most {most} characters, not {count}.",
            most=MOST_NAME_LETTERS,
            count=len(name),
        )
    if one_line(name) != name:
        raise InvalidRequestError("A model's name holds a character that cannot be seen: “{name}”.",
                                  name=name)  # fmt: skip
    return name


def rename_installed(path: Path, model_id: str, name: str) -> None:
    """Write another name into the entry `model_id` of the user's layer at `path`.

    Raises:
        ForeignEntryError: The file has no such entry.
        RegistryError: The file is wrong or cannot be written; then it is what it was before.
    """
    text, entries = _user_layer(path)
    for entry in entries:
        if entry["id"] == model_id:
            entry["name"] = name
            write_section(path, text, "installed", entries)
            return
    raise ForeignEntryError(model_id)


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
