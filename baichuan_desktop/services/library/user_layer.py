"""The entries of the user's layer: the only registry file that the app writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from backends.errors import InvalidRequestError, UserFacingError, system_reason
from backends.printable import one_line
from baichuan_desktop.services.atomic_file import replace_text
from baichuan_desktop.services.library.registry import (
    InstalledAdapter,
    InstalledModel,
    Listed,
    UnknownModelError,
)
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

_MODELS, _ADAPTERS = "installed", "adapters"


def add_installed(layer: ReadLayer, one: Listed) -> ReadLayer:
    """Write a model or an adapter into the user's layer, replacing an entry of the same id.

    All else stays as it is, comments included. The file is made if there is none. What is returned
    is the layer as it was written.

    Raises:
        RegistryError: The file, or the new entry, is wrong, or cannot be written; then the file is
            what it was before.
    """
    if isinstance(one, InstalledModel):
        section, written = _MODELS, _model_entry(one)
    else:
        section, written = _ADAPTERS, _adapter_entry(one)
    ids = [entry["id"] for entry in _entries(layer, section)]
    place = ids.index(one.id) if one.id in ids else len(ids)
    return _written(layer, section, {place: written})


def add_entries(
    layer: ReadLayer,
    models: Sequence[Mapping[str, Any]],
    adapters: Sequence[Mapping[str, Any]],
) -> ReadLayer:
    """Write entries of another person's layer behind those of the user's.

    Raises:
        RegistryError: The file, or an entry, is wrong, or cannot be written.
    """
    for section, entries in ((_MODELS, models), (_ADAPTERS, adapters)):
        if entries:
            start = len(_entries(layer, section))
            layer = _written(layer, section, dict(enumerate(entries, start)))
    return layer


def remove_installed(layer: ReadLayer, listed_id: str) -> ReadLayer:
    """Take the entry of a model or an adapter out of the user's layer; its files stay.

    The exports of a model become models of their own: the id may be given to another model, of
    which they are none. Its adapters stay, for whoever adds it again.

    Raises:
        ForeignEntryError: The file has no such entry.
        RegistryError: The file is wrong or cannot be written; then it is what it was before.
    """
    section, removed = _place_of(layer, listed_id)
    changes: dict[int, dict[str, Any] | None] = {removed: None}
    if section == _MODELS:
        for place, one in enumerate(_entries(layer, section)):
            if place not in changes and one.get("export_of") == listed_id:
                alone = {k: v for k, v in one.items() if k not in ("export_of", "export_stamp")}
                changes[place] = alone
    return _written(layer, section, changes)


class ForeignEntryError(UnknownModelError):
    """A model or an adapter that is listed, but not by the person's own file."""

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


def rename_installed(layer: ReadLayer, listed_id: str, name: str) -> ReadLayer:
    """Write another name into the entry of a model or an adapter in the user's layer.

    Raises:
        ForeignEntryError: The file has no such entry.
        RegistryError: The file is wrong or cannot be written; then it is what it was before.
    """
    section, place = _place_of(layer, listed_id)
    entry = _entries(layer, section)[place]
    return _written(layer, section, {place: {**entry, "name": name}})


def require_writable(layer: ReadLayer) -> None:
    """Raise RegistryError if the user's layer is wrong, and so must not be written."""
    if layer.problems:
        raise layer.problems[0]


def _entries(layer: ReadLayer, section: str) -> Sequence[Mapping[str, Any]]:
    require_writable(layer)
    return [] if layer.placed is None else layer.placed.content.get(section, [])


def _place_of(layer: ReadLayer, listed_id: str) -> tuple[str, int]:
    """In which list an entry stands, and where. Raises ForeignEntryError."""
    for section in (_MODELS, _ADAPTERS):
        for place, entry in enumerate(_entries(layer, section)):
            if entry["id"] == listed_id:
                return section, place
    raise ForeignEntryError(listed_id)


def _written(
    layer: ReadLayer, section: str, changes: Mapping[int, Mapping[str, Any] | None]
) -> ReadLayer:
    """The layer with other entries in a list, see `with_changes`, once the file says so.

    Raises RegistryError if one is wrong, or the file cannot be written; then it is what it was.
    """
    fresh, text = _checked(layer, section, changes)
    try:
        replace_text(layer.path, text)
    except OSError as error:
        what = f"cannot be written: {system_reason(error)}"
        hint = "Make room on the drive, or make the folder writable, and try again."
        raise RegistryError(layer.source_name, what, hint=hint) from error
    return fresh


def _checked(
    layer: ReadLayer, section: str, changes: Mapping[int, Mapping[str, Any] | None]
) -> tuple[ReadLayer, str]:
    """The layer with other entries, checked as if it had been read, and its text.

    Raises RegistryError.
    """
    name = layer.source_name
    text, known = layer.text, layer.placed
    if text is None or known is None:  # there is no file yet
        text = f"schema_version: {SCHEMA_VERSION}\n"
        known = parse_yaml(text, source_name=name)
    entries = with_changes(known.content.get(section, []), changes)
    wanted = known.content | {section: entries}
    # Versions that know no adapters read a file of which they are told nothing.
    is_left_out = section == _ADAPTERS and not entries
    if is_left_out:
        del wanted[section]
    wrong = RegistryError(name, "has a form that the app cannot add to")
    for fresh in texts_with(text, known, section, changes, keeps_empty=not is_left_out):
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


def _model_entry(model: InstalledModel) -> dict[str, Any]:
    entry = _head(model) | {
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
    return entry | _whereabouts(model)


def _adapter_entry(adapter: InstalledAdapter) -> dict[str, Any]:
    entry = _head(adapter) | {"base": adapter.base}
    if adapter.variant is not None:
        entry["variant"] = adapter.variant
    return entry | _whereabouts(adapter)


def _head(one: Listed) -> dict[str, Any]:
    same = one.name.en == one.name.zh
    return {
        "id": one.id,
        "name": one.name.en if same else {"en": one.name.en, "zh": one.name.zh},
        "path": str(one.path),
    }


def _whereabouts(one: Listed) -> dict[str, Any]:
    """Who put it where it lies."""
    entry: dict[str, Any] = {"copied": True} if one.is_copied else {}
    for key in ("repository", "added"):
        if (value := getattr(one, key)) is not None:
            entry[key] = value
    if one.drive is not None:
        entry["drive"] = str(one.drive)
    return entry
