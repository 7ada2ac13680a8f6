"""Opens the dialogs of the menus: the choice of a folder, what the app is, a model's licence."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.rename_dialog import RenameDialog
from baichuan_desktop.ui.window.about import AboutDialog, LicenceDialog


class Dialogs(QObject):
    """Opens each dialog before the window.

    Signals:
        folder_chosen: the Path of a model folder that shall be opened.
        renamed: a model has another name.
    """

    folder_chosen = Signal(object)
    renamed = Signal()

    def __init__(self, store: ModelStore, switcher: ModelSwitcher, window: QWidget) -> None:
        super().__init__(window)
        self._store = store
        self._switcher = switcher
        self._window = window

    @Slot()
    def ask_for_folder(self) -> None:
        """Let the person choose a checkpoint folder."""
        folder = choose_folder(self._window, self.tr("Open a model folder"))
        if folder is not None:
            self.folder_chosen.emit(folder)

    @Slot()
    def ask_for_name(self) -> None:
        """Let the person rename a model; the one in use is chosen at first."""
        dialog = RenameDialog(self._store, self._switcher.wanted, self._window)
        dialog.renamed.connect(self.renamed)
        dialog.open()

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
