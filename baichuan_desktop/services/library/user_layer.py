"""The entries of the user's layer: the only registry file that the app writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from backends.errors import InvalidRequestError, UserFacingError, system_reason
from backends.printable import one_line
from baichuan_desktop.services.atomic_file import replace_text
from baichuan_desktop.services.library.registry import InstalledModel, UnknownModelError
from baichuan_desktop.services.library.registry_file import ReadLayer, checked_layer
from baichuan_desktop.services.library.registry_schema import (
    MOST_NAME_LETTERS,
    SCHEMA_VERSION,
    RegistryError,
)
from baichuan_desktop.services.library.registry_yaml import (
    parse_yaml,
    texts_with,
    with_changes,
)


def add_installed(layer: ReadLayer, model: InstalledModel) -> ReadLayer:
    """Write `model` into the user's layer, replacing an entry of the same id.

    All else stays as it is, comments included. The file is made if there is none. What is returned
    is the layer as it was written.

    Raises:
        RegistryError: The file, or the new entry, is wrong, or cannot be written; then the file is
            what it was before.
    """
    ids = [one["id"] for one in _entries(layer)]
    place = ids.index(model.id) if model.id in ids else len(ids)
    return _written(layer, {place: _entry_of(model)})


def remove_installed(layer: ReadLayer, model_id: str) -> ReadLayer:
    """Take the entry `model_id` out of the user's layer; the model's files stay.

    Its exports become models of their own: the id may be given to another model, of which they
    are none.

    Raises:
        ForeignEntryError: The file has no such entry.
        RegistryError: The file is wrong or cannot be written; then it is what it was before.
    """
    entries = _entries(layer)
    changes: dict[int, dict[str, Any] | None] = {_place_of(entries, model_id): None}
    for place, one in enumerate(entries):
        if place not in changes and one.get("export_of") == model_id:
            alone = {k: v for k, v in one.items() if k not in ("export_of", "export_stamp")}
            changes[place] = alone
    return _written(layer, changes)


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


def rename_installed(layer: ReadLayer, model_id: str, name: str) -> ReadLayer:
    """Write another name into the entry `model_id` of the user's layer.

    Raises:
        ForeignEntryError: The file has no such entry.
        RegistryError: The file is wrong or cannot be written; then it is what it was before.
    """
    entries = _entries(layer)
    place = _place_of(entries, model_id)
    return _written(layer, {place: {**entries[place], "name": name}})


def require_writable(layer: ReadLayer) -> None:
    """Raise RegistryError if the user's layer is wrong, and so must not be written."""
    if layer.problems:
        raise layer.problems[0]


def _entries(layer: ReadLayer) -> Sequence[Mapping[str, Any]]:
    require_writable(layer)
    return [] if layer.placed is None else layer.placed.content.get("installed", [])


def _place_of(entries: Sequence[Mapping[str, Any]], model_id: str) -> int:
    for place, entry in enumerate(entries):
        if entry["id"] == model_id:
            return place
    raise ForeignEntryError(model_id)


def _written(layer: ReadLayer, changes: Mapping[int, Mapping[str, Any] | None]) -> ReadLayer:
    """The layer with other entries, see `with_changes`, once the file says so.

    Raises RegistryError if one is wrong, or the file cannot be written; then it is what it was.
    """
    fresh, text = _checked(layer, changes)
    try:
        replace_text(layer.path, text)
    except OSError as error:
        what = f"cannot be written: {system_reason(error)}"
        hint = "Make room on the drive, or make the folder writable, and try again."
        raise RegistryError(layer.source_name, what, hint=hint) from error
    return fresh


def _checked(
    layer: ReadLayer, changes: Mapping[int, Mapping[str, Any] | None]
) -> tuple[ReadLayer, str]:
    """The layer with other entries, checked as if it had been read, and its text.

    Raises RegistryError.
    """
    name = layer.source_name
    text, known = layer.text, layer.placed
    if text is None or known is None:  # there is no file yet
        text = f"schema_version: {SCHEMA_VERSION}\n"
        known = parse_yaml(text, source_name=name)
    entries = with_changes(known.content.get("installed", []), changes)
    wanted = known.content | {"installed": entries}
    wrong = RegistryError(name, "has a form that the app cannot add to")
    for fresh in texts_with(text, known, "installed", changes):
        try:
            placed = parse_yaml(fresh, source_name=name)
        except RegistryError as error:
            wrong = error
            continue
        if placed.content == wanted:
            checked = checked_layer(placed.content, source_name=name)
            if checked.problems:
                raise checked.problems[0]
            return replace(layer, text=fresh, placed=placed, layer=checked), fresh
    raise wrong


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
    if model.is_copied:
        entry["copied"] = True
    for key in ("repository", "added"):
        if (value := getattr(model, key)) is not None:
            entry[key] = value
    if model.drive is not None:
        entry["drive"] = str(model.drive)
    return entry
