"""Notices that a drive is back, which models lie on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from baichuan_desktop.services.library.folders.drives import is_here
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.rows.values import AdapterLooked, Looked
from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.workers.background_task import BackgroundTask

_PAUSE_MS = 3000


class DriveWatch(QObject):
    """Asks for drives that were not here, on a thread of its own, and only while there are some.

    One that does not answer is waited for, and no other question is asked meanwhile.

    Signals:
        returned: something is mounted now where a drive was missed.
    """

    returned = Signal()

    def __init__(
        self, parent: QObject | None = None, is_mounted: Callable[[Path], bool] = is_here
    ) -> None:
        super().__init__(parent)
        self._is_mounted = is_mounted
        self._missed: dict[str, Path] = {}  # by id of a model: its drive
        self._asked: frozenset[Path] = frozenset()  # of which an answer is waited for
        self._timer = QTimer(self)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self.ask)

    @property
    def is_watching(self) -> bool:
        """Whether a drive is missed."""
        return self._timer.isActive()

    @Slot(object)
    def note(self, looked: Sequence[tuple[Listed, Looked | AdapterLooked]]) -> None:
        """Take note of what was seen of models."""
        for model, one in looked:
            self._missed.pop(model.id, None)
            if one.state.condition is Condition.DRIVE_ABSENT:
                self._missed[model.id] = model.drive or Path(model.path.anchor)
        self._go_on()

    @Slot(object)
    def forget_others(self, models: Sequence[Listed]) -> None:
        """Only these are listed now."""
        ids = {model.id for model in models}
        self._missed = {one: drive for one, drive in self._missed.items() if one in ids}
        self._go_on()

    def _go_on(self) -> None:
        if not self._missed:
            self._timer.stop()
        elif not self.is_watching:
            self._timer.start()

    @Slot()
    def ask(self) -> None:
        """Ask now, unless an answer is waited for."""
        if self._asked or not self._missed:
            return
        self._asked = frozenset(self._missed.values())
        task = BackgroundTask(partial(_returned, self._asked, self._is_mounted), self)
        task.succeeded.connect(self._on_answer)
        task.failed.connect(self._on_failure)
        task.start_alone()

    @Slot(object)
    def _on_answer(self, found: frozenset[Path]) -> None:
        self._asked = frozenset()
        if found:  # one that is missed still will be noted again
            self._missed = {one: at for one, at in self._missed.items() if at not in found}
            self._go_on()
            self.returned.emit()

    @Slot()
    def _on_failure(self) -> None:
        self._asked = frozenset()


def _returned(drives: frozenset[Path], is_mounted: Callable[[Path], bool]) -> frozenset[Path]:
    return frozenset(drive for drive in drives if is_mounted(drive))
