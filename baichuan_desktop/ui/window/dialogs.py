"""Opens the dialogs of the menus: the choice of a folder, what the app is, a model's licence."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.window.about import AboutDialog, LicenceDialog


class Dialogs(QObject):
    """Opens each dialog before the window.

    Signals:
        folder_chosen: the Path of a model folder that shall be opened.
    """

    folder_chosen = Signal(object)

    def __init__(self, store: ModelStore, switcher: ModelSwitcher, window: QWidget) -> None:
        super().__init__(window)
        self._store = store
        self._switcher = switcher
        self._window = window

    @Slot()
    def ask_for_folder(self) -> None:
        """Let the person choose a checkpoint folder."""
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Open a model folder"))
        if folder:
            self.folder_chosen.emit(Path(folder))

    @Slot()
    def show_about(self) -> None:
        """Say what the app is."""
        AboutDialog(self._window).open()

    @Slot()
    def show_licence(self) -> None:
        """Say under which licence the model that is loaded may be used."""
        model = self._switcher.current
        if model is not None:
            LicenceDialog(model, self._store.variant_of(model), self._window).open()
