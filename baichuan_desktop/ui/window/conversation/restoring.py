"""Brings back from a backup what is no longer among the conversations."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.ui.choosing.file_dialogs import choose_file
from baichuan_desktop.workers.background_task import BackgroundTask


class Restoring(QObject):
    """Has the person choose a backup, and adds what is missing; nothing is overwritten.

    Signals:
        possible: whether another backup can be chosen now.
        restored: the Restored that came of it.
        failed: a UserFacingError; the conversations are as they were.
    """

    possible = Signal(bool)
    restored = Signal(object)
    failed = Signal(object)

    def __init__(self, conversations: ConversationStore, window: QWidget) -> None:
        super().__init__(window)
        self._conversations, self._window = conversations, window

    @Slot()
    def ask(self) -> None:
        """Let the person choose a backup; the dialog begins where the app puts them."""
        folder = self._conversations.backup_folder
        backup = choose_file(
            self._window,
            self.tr("Restore from a backup"),
            self.tr("Backups of conversations") + " (*.sqlite3)",
            str(folder) if folder else "",
        )
        if backup is None:
            return
        self.possible.emit(False)
        task = BackgroundTask(partial(self._conversations.restore, backup), self)
        task.succeeded.connect(self._on_restored)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot(object, int)
    def _on_restored(self, restored: object, _task_id: int) -> None:
        self.possible.emit(True)
        self.restored.emit(restored)

    @Slot(object, int)
    def _on_failed(self, error: object, _task_id: int) -> None:
        self.possible.emit(True)
        self.failed.emit(error)
