"""Notices that somebody else wrote a list of models: a terminal, an editor, an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal, Slot

#: Writers come in bursts, and whoever writes on and on is looked at this often and no more.
_PAUSE_MS = 300

#: Of a file: when it was written, how long it is, and which one it is. None: it is not there.
_Stamp = tuple[int, int, int] | None


class ListWatcher(QObject):
    """Watches the registry files and the folders in which they are replaced.

    Some drives tell nobody of a change, so whoever is about to show the list has it `look`.

    Signals:
        changed: a file is another one than before.
    """

    changed = Signal()

    def __init__(self, files: Sequence[Path], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files = tuple(files)
        self._known = self._stamps()
        self._watcher = QFileSystemWatcher(self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.look)
        self._watcher.fileChanged.connect(self._on_change)
        self._watcher.directoryChanged.connect(self._on_change)
        self._watch()

    @Slot()
    def look(self) -> None:
        """Tell at once if a file is another one than when it was looked at last."""
        self._watch()  # a file that was replaced is watched no more, one may have come
        found = self._stamps()
        if found != self._known:
            self._known = found
            self.changed.emit()

    @Slot()
    def _on_change(self) -> None:
        if not self._pause.isActive():
            self._pause.start()

    def _watch(self) -> None:
        watched = {*self._watcher.files(), *self._watcher.directories()}
        wanted = {str(place) for file in self._files for place in _places(file)}
        if fresh := sorted(wanted - watched):
            self._watcher.addPaths(fresh)

    def _stamps(self) -> list[_Stamp]:
        return [_stamp(file) for file in self._files]


def _places(file: Path) -> list[Path]:
    """What there is to watch: the file, and its folder, or the one in which that would be made."""
    folder = next((one for one in file.parents if one.is_dir()), None)
    return [place for place in (file, folder) if place is not None and place.exists()]


def _stamp(file: Path) -> _Stamp:
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
