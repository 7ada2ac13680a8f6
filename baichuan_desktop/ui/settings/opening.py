"""Opens the settings, with everything that a change of them needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.machine.hardware import usable_cores
from baichuan_desktop.services.app_paths import app_paths, usual_paths
from baichuan_desktop.services.chat.store.copies.backups import folder_for
from baichuan_desktop.services.data_folder.moving import Folders
from baichuan_desktop.services.library.importing.relocating import copied_into
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.library.folder_opening import FolderOpening
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.settings.appearance import appearance
from baichuan_desktop.ui.settings.dialog import SettingsDialog
from baichuan_desktop.ui.settings.folders import ModelFolders, folders_of
from baichuan_desktop.ui.settings.keeping import keeping
from baichuan_desktop.ui.settings.own_data import OwnDataWork, own_data
from baichuan_desktop.ui.settings.row import Setting
from baichuan_desktop.ui.settings.running import running
from baichuan_desktop.ui.settings.values import Places, View


class SettingsOpening(QObject):
    """Has one dialog at a time.

    Signals:
        keeping_changed: conversations are kept for another time than before.
        restored: the Restored that came of a file with everything.
        relocation_requested: models that the app copied, and the folder they shall lie in.
    """

    keeping_changed = Signal()
    restored = Signal(object)
    relocation_requested = Signal(object, object)

    def __init__(
        self,
        services: AppServices,
        view: View,
        theme: Theme,
        restore: Callable[[], object],
        switcher: ModelSwitcher,
        window: QWidget,
    ) -> None:
        """`restore` lets the person choose a backup of conversations."""
        super().__init__(window)
        self._services, self._view, self._theme = services, view, theme
        self._restore, self._switcher, self._window = restore, switcher, window
        self._folder_opening = FolderOpening(self)
        self._paths = app_paths()  # a drive may be pulled later, and the settings open all the same
        self.own_data = OwnDataWork(services.conversations, services.settings, window)
        self.own_data.restored.connect(self.restored)
        self._model_folders: ModelFolders | None = None
        self.dialog: SettingsDialog | None = None  #: while it is open

    @Slot()
    def open(self) -> None:
        """Show the settings."""
        if self.dialog is not None:
            self.dialog.search.setFocus()
            return
        self.dialog = SettingsDialog(self._settings(), self._theme, self._window)
        for row in self.dialog.rows:
            control = row.setting.control
            if row.setting.key == "keep":
                control.changed.connect(self.keeping_changed)
            if isinstance(control, ModelFolders):
                control.move_requested.connect(self._move_models)
                self._model_folders = control
        self.dialog.finished.connect(self._on_closed)
        self.dialog.open()

    def _settings(self) -> Sequence[Setting]:
        show: Callable[[Path], object] = self._folder_opening.open
        settings, theme, services = self._services.settings, self._theme, self._services
        return (
            *appearance(self._view, settings, theme),
            *running(settings, theme, usable_cores()),
            *keeping(settings, services.conversations, theme, self._restore, show),
            *own_data(theme, self.own_data),
            *self._folders(show),
        )

    def _folders(self, show: Callable[[Path], object]) -> Sequence[Setting]:
        paths, usual = self._paths, usual_paths()
        places = Places(
            data=paths.data,
            settings=paths.config,
            logs=paths.log,
            model_folder=paths.model_folder,
            backups=folder_for(paths.conversations),
        )
        folders = Folders(paths.data_place, paths.data, paths.model_folder)
        return folders_of(self._services.settings, folders, usual.data, places, self._theme, show)

    @Slot(object)
    def _move_models(self, folder: Path) -> None:
        """Ask where the models of a folder shall lie; the one that is in use stays."""
        control, wanted = self._model_folders, self._switcher.wanted
        assert control is not None, "it asks for this"
        there = copied_into(self._services.store, folder)
        free = [one for one in there if wanted is None or one.path != wanted.path]
        if not free:
            used = self.tr("“{name}” is in use: choose another model first, then move it.")
            none = self.tr("The app copied no model into this folder.")
            control.say(used.format(name=model_texts.name(there[0])) if there else none)
            return
        new = choose_folder(control, self.tr("Where shall these models lie?"))
        if new is None or new == folder:
            return
        control.use(new)
        self.relocation_requested.emit(free, new)
        if self.dialog is not None:
            self.dialog.accept()  # the page of jobs shows how far it is

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None
