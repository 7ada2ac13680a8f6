"""Shows a bug to the person, from whatever thread it was met in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.errors.dialog import MessageDialog, crash_dialog
from baichuan_desktop.ui.look.theme import Theme


class CrashReporter(QObject):
    """Shows one dialog at a time: a bug in a timer would else bury the window.

    Signals:
        happened: the traceback of a bug; may be emitted from any thread.
    """

    happened = Signal(str)

    def __init__(self, log_file: Path, theme: Theme) -> None:
        super().__init__()
        self._log_file = log_file
        self._theme = theme
        self.window: QWidget | None = None
        self.dialog: MessageDialog | None = None  #: the one that is open
        self.happened.connect(self._show, Qt.ConnectionType.QueuedConnection)

    @Slot(str)
    def _show(self, details: str) -> None:
        if self.dialog is not None:
            return
        if self.window is not None and self.window.isHidden():
            return  # closed in the meantime: nobody would close the dialog, and the app not end
        self.dialog = crash_dialog(self._log_file, details, self._theme, self.window)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None
