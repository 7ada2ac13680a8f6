"""Opens the dialogs of the menus: the choice of a folder, a model's name, what the app is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.rename_dialog import RenameDialog
from baichuan_desktop.ui.window.about import AboutDialog


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
        self.ask_for_name_of(self._switcher.wanted)

    @Slot(object)
    def ask_for_name_of(self, model: Listed | None) -> None:
        """Let the person rename a model, or an adapter; this one is chosen at first."""
        dialog = RenameDialog(self._store, model, self._window)
        dialog.renamed.connect(self.renamed)
        dialog.open()

    @Slot()
    def show_about(self) -> None:
        """Say what the app is."""
        AboutDialog(self._window).open()
