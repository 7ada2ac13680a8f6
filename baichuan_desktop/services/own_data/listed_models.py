"""Models and adapters of a backup's list, added to the list that is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backends.errors import UserFacingError
from backends.phrases import Phrase
from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.library.entries import Entries
from baichuan_desktop.services.library.registry_file import checked_layer
from baichuan_desktop.services.library.registry_schema import AdapterSection, InstalledSection
from baichuan_desktop.services.library.registry_yaml import layer_text, parse_yaml
from baichuan_desktop.services.library.store import GUIDE_ID

#: How a file of a backup is called in errors.
_NAME = "models_registry.yaml"


@dataclass(frozen=True, slots=True)
class Added:
    """What of a list was not here, and what was not taken of it."""

    models: int = 0
    adapters: int = 0
    notes: Sequence[Phrase | UserFacingError] = ()


def add_missing(file: Path, paths: AppPaths) -> Added:
    """List what a backup lists and nothing here does, whether its folders are there or not.

    What lies in a folder that is listed here is that. Another model of the same id gets another
    one. Tables that somebody wrote into the file by hand are not taken.

    Raises RegistryError if the file, or the list that is here, cannot be used or written.
    """
    if (refused := off_here(Feature.IMPORT)) is not None:
        return Added(notes=(refused,))
    text = layer_text(file)
    content = parse_yaml(text or "schema_version: 1\n", source_name=_NAME).content
    layer = checked_layer(content, source_name=_NAME)
    entries = Entries(paths)
    with entries.changing():
        entries.require_writable()
        merging = _Merging(entries, paths.model_folder)
        models = [*merging.models(layer.file.installed)]
        adapters = [*merging.adapters(layer.file.adapters)]
        entries.take_over(models, adapters)
    notes: list[Phrase | UserFacingError] = [*layer.problems]
    if tables := [name for name in _TABLES if content.get(name)]:
        named = ", ".join(tables)
        notes.append(Phrase("What stands by hand under {tables} was not taken.", tables=named))
    return Added(len(models), len(adapters), notes)


_TABLES = ("licences", "families", "sampling", "models")


class _Merging:
    """Entries of one list as they are in another one.

    Args:
        entries: What is listed here.
        model_folder: Where the app puts models: only what lies there may it remove again.
    """

    def __init__(self, entries: Entries, model_folder: Path) -> None:
        registry = entries.registry
        self._unused_id = entries.unused_id
        self._model_folder = model_folder
        self._listed = {one.path: one.id for one in registry.installed}
        self._adapters = {one.path for one in registry.adapters}
        self._ids = {GUIDE_ID: GUIDE_ID}  #: theirs, and what they are here
        self._given: list[str] = []

    def models(self, theirs: Sequence[InstalledSection]) -> Sequence[Mapping[str, Any]]:
        """The entries that are not listed here."""
        missing = []
        for one in theirs:
            listed = self._listed.get(Path(one.path))
            self._ids[one.id] = listed or self._new_id(one.id)
            if listed is None:
                self._listed[Path(one.path)] = self._ids[one.id]
                missing.append(one)
        return [self._entry(one, export_of=self._id_of(one.export_of)) for one in missing]

    def adapters(self, theirs: Sequence[AdapterSection]) -> Sequence[Mapping[str, Any]]:
        """Likewise of adapters, for models as they are called here."""
        missing = []
        for one in theirs:
            if Path(one.path) not in self._adapters:
                self._adapters.add(Path(one.path))
                self._ids[one.id] = self._new_id(one.id)
                missing.append(self._entry(one, base=self._id_of(one.base)))
        return missing

    def _new_id(self, wanted: str) -> str:
        made = self._unused_id(wanted, GUIDE_ID, *self._given)
        self._given.append(made)
        return made

    def _id_of(self, theirs: str | None) -> str | None:
        return None if theirs is None else self._ids.get(theirs, theirs)

    def _entry(
        self, one: InstalledSection | AdapterSection, **references: str | None
    ) -> Mapping[str, Any]:
        entry = one.model_dump(mode="json", exclude_unset=True, exclude={"copied"})
        entry |= {"id": self._ids[one.id]}
        entry |= {key: value for key, value in references.items() if value is not None}
        if one.copied and Path(one.path).is_relative_to(self._model_folder):
            entry["copied"] = True
        return entry
