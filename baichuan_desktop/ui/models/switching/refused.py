"""Exports that are not used until somebody asks for them: they could not be loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from backends.errors import ExportRefusedError
from baichuan_desktop.services.library.registry import InstalledModel


class RefusedExports:
    """Remembers, until the app ends, why an export was not loaded."""

    def __init__(self) -> None:
        self._by_folder: dict[Path, ExportRefusedError] = {}

    def of(self, model: InstalledModel) -> Sequence[ExportRefusedError]:
        """Why exports of a model are left out."""
        return [self._by_folder[folder] for folder in model.exports if folder in self._by_folder]

    def usable(self, model: InstalledModel) -> tuple[Path, ...]:
        """The exports of a model that are not left out."""
        return tuple(folder for folder in model.exports if folder not in self._by_folder)

    def note(self, model: InstalledModel, error: ExportRefusedError) -> None:
        """Leave out the export that an error names; all of the model's, where it names none."""
        exports = self.usable(model)
        named = [folder for folder in exports if str(folder) == error.facts["folder"]]
        self._by_folder.update(dict.fromkeys(named or exports, error))

    def forget(self, folders: Iterable[Path]) -> None:
        """Use these again, which may have been made anew."""
        for folder in folders:
            self._by_folder.pop(folder, None)
