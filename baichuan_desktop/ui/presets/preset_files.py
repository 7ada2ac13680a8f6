"""Presets as files: which one a person chooses, and what became of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.presets.store import PresetStore, Taken, export_to
from baichuan_desktop.services.presets.values import Preset
from baichuan_desktop.ui.choosing.file_dialogs import choose_file, choose_target
from baichuan_desktop.workers.background_task import BackgroundTask


class PresetFiles(QObject):
    """Reads and writes away from the window's thread: a drive may be slow.

    Signals:
        taken: a Taken: what a file had in it.
        told: what was done, as a sentence.
        failed: a UserFacingError.
    """

    taken = Signal(object)
    told = Signal(str)
    failed = Signal(object)

    def __init__(self, store: PresetStore, dialog: QWidget) -> None:
        super().__init__(dialog)
        self._store, self._dialog = store, dialog

    def _kinds(self) -> str:
        return self.tr("Presets (*.json);;All files (*)")

    def ask_for_import(self) -> None:
        """Add the presets of a file that a person chooses."""
        file = choose_file(self._dialog, self.tr("Import presets"), self._kinds())
        if file is not None:
            task = BackgroundTask(partial(self._store.import_from, file), self)
            task.succeeded.connect(self._on_taken)
            task.failed.connect(self.failed)
            task.start()

    def ask_for_export(self, preset: Preset) -> None:
        """Write a preset into a file whose name a person chooses."""
        name = "".join(one if one.isalnum() or one in " -_()" else "_" for one in preset.name)
        title = self.tr("Export a preset")
        file = choose_target(self._dialog, title, f"{name}.json", self._kinds())
        if file is not None:
            task = BackgroundTask(partial(_export, file, preset), self)
            task.succeeded.connect(self._on_exported)
            task.failed.connect(self.failed)
            task.start()

    @Slot(object)
    def _on_taken(self, taken: Taken) -> None:
        said = self.tr("Nothing new was in it.")
        if taken.added:
            names = ", ".join(one.name for one in taken.added)
            said = self.tr("Added: {names}.").format(names=names)
        if taken.known:
            names = ", ".join(one.name for one in taken.known)
            said += " " + self.tr("Here already: {names}.").format(names=names)
        self.taken.emit(taken)
        self.told.emit(said)

    @Slot(object)
    def _on_exported(self, name: str) -> None:
        self.told.emit(self.tr("Written: {file}").format(file=name))


def _export(file: Path, preset: Preset) -> str:
    export_to(file, [preset])
    return str(file)
