"""The trash of the system; Qt alone knows where it is on each, and needs no window for it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from PySide6.QtCore import QFile, QStandardPaths

from backends.errors import NoTrashError


def move_to_trash(path: Path) -> None:
    """Put a file or a folder into the trash, from where a person can take it back.

    Raises NoTrashError where its drive has none, or the system refuses it; then it is where it was.
    """
    around = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    with contextlib.suppress(OSError):  # a new account has no such folder, and Qt makes none
        Path(around).mkdir(parents=True, exist_ok=True)
    file = QFile(str(path))
    if not file.moveToTrash():
        raise NoTrashError(path, file.errorString())
