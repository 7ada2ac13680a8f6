"""Shows a folder in the system's file manager, and nothing else than a folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from backends.files.small_files import is_folder
from baichuan_desktop.workers.background_task import BackgroundTask

#: A system may run a folder whose name ends so, as macOS does with “.app”; versions end in digits.
_MAY_BE_RUN = re.compile(r"\.[^.]*[^\W\d][^.]*$|\.\{")


class FolderOpening(QObject):
    """Opens a folder after a look at it, which may take long on a drive of the network.

    Signals:
        failed: the Path of what is no folder now, or could not be shown.
    """

    failed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._asked = Path()
        self.open_url: Callable[[QUrl], bool] = QDesktopServices.openUrl

    def open(self, folder: Path) -> None:
        """Show a folder; `failed` tells where there is none."""
        task = BackgroundTask(partial(folder_to_open, folder), self)
        task.succeeded.connect(self._on_found)
        self._asked = folder
        task.start_alone()

    @Slot(object)
    def _on_found(self, found: Path | None) -> None:
        # With a slash at its end it is a folder for the system too, or nothing: a file that was put
        # in its place meanwhile would be run.
        if found is None or not self.open_url(QUrl.fromLocalFile(f"{found}/")):
            self.failed.emit(self._asked)


def folder_to_open(folder: Path) -> Path | None:
    """The folder that a file manager is given, links followed; None where there is none.

    One that a system may run in place of showing it is shown in the folder that it lies in.
    """
    try:
        found = folder.resolve()
        if not is_folder(found):
            return None
    except (OSError, RuntimeError, ValueError):  # a circle of links; a name that no system takes
        return None
    return found.parent if _MAY_BE_RUN.search(found.name) else found
