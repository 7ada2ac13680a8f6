"""From an adapter's folder to an entry of the list: asked for, looked at, and for which model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.adapters.folder import CONFIGURATION
from backends.errors import UserFacingError
from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop.services.library.adapters.bases import SeveralBasesError
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.window.adapters.base_dialog import BaseDialog
from baichuan_desktop.workers.background_task import BackgroundTask


class AddingAdapters(QObject):
    """Lists adapters where they lie; what the policy of this machine turned off is said.

    Signals:
        added: an InstalledAdapter.
        others_dropped: the Paths that were dropped and are no adapters' folders.
        failed: a UserFacingError to show.
    """

    added = Signal(object)
    others_dropped = Signal(object)
    failed = Signal(object)

    def __init__(self, store: ModelStore, window: QWidget) -> None:
        super().__init__(window)
        self._store = store
        self._window = window
        self.dialog: BaseDialog | None = None  #: while it is open
        self._asked: dict[int, Path] = {}  # by task: the folders that are looked at

    @Slot()
    def choose_folder(self) -> None:
        """Have the person choose an adapter's folder."""
        if (refusal := off_here(Feature.IMPORT)) is not None:
            self.failed.emit(refusal)
            return
        folder = choose_folder(self._window, self.tr("Add an adapter's folder"))
        if folder is not None:
            self.add(folder)

    @Slot(object)
    def take(self, paths: Sequence[Path]) -> None:
        """Add the adapters among what was dropped; the rest is told."""
        task = BackgroundTask(partial(_adapters_first, paths), self)
        task.succeeded.connect(self._on_sorted)
        task.start()

    @Slot(object, int)
    def _on_sorted(self, found: tuple[Sequence[Path], Sequence[Path]], _task_id: int) -> None:
        adapters, others = found
        for folder in adapters:
            self.add(folder)
        if others:
            self.others_dropped.emit(others)

    def add(self, folder: Path) -> None:
        """List an adapter for its model; a person is asked for which, where it does not say it."""
        task = BackgroundTask(partial(self._store.add_adapter, folder), self)
        task.succeeded.connect(self._on_added)
        task.failed.connect(self._on_failed)
        self._asked[task.start()] = folder

    @Slot(object, int)
    def _on_added(self, adapter: object, task_id: int) -> None:
        del self._asked[task_id]
        self.added.emit(adapter)

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, task_id: int) -> None:
        folder = self._asked.pop(task_id)
        if not isinstance(error, SeveralBasesError):
            self.failed.emit(error)
            return
        self.dialog = BaseDialog(self._store, folder, self._window)
        self.dialog.added.connect(self.added)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None


def _adapters_first(paths: Sequence[Path]) -> tuple[Sequence[Path], Sequence[Path]]:
    """The folders of adapters, and what is none; a file stands for the folder that it is in."""
    adapters: dict[Path, None] = {}
    others = []
    for path in paths:
        folder = path.parent if path.name == CONFIGURATION else path
        if (folder / CONFIGURATION).is_file():
            adapters[folder] = None
        else:
            others.append(path)
    return list(adapters), others
