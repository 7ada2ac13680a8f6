"""Has a model leave the memory that was asked nothing for long; a question loads it again."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.turns.desk import AnswerDesk
from baichuan_desktop.workers.engine_worker import EngineWorker

_LOOK_SECONDS = 15  # between two looks at the clock


class IdleUnload(QObject):
    """Looks at the clock now and then; whatever the engine does counts as use of the model.

    Signals:
        unloaded: after how many minutes.
    """

    unloaded = Signal(int)

    def __init__(
        self,
        desk: AnswerDesk,
        switcher: ModelSwitcher,
        worker: EngineWorker,
        settings: SettingsFile,
        is_asked: Callable[[], bool],
        parent: QObject,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_asked` tells whether other programs wait for an answer, or get one."""
        super().__init__(parent)
        self._is_asked = is_asked
        self._desk, self._switcher, self._worker = desk, switcher, worker
        self._settings, self._clock = settings, clock
        self._used = clock()
        worker.produced.connect(self.note_use)
        worker.ended.connect(self.note_use)
        desk.queued.connect(self._wake)
        self._timer = QTimer(self)
        self._timer.setInterval(1000 * _LOOK_SECONDS)
        self._timer.timeout.connect(self.look_at_the_clock)
        self._timer.start()

    @Slot()
    def look_at_the_clock(self) -> None:
        """Unload the model, if it is time."""
        minutes = self._settings.current.idle_minutes
        if self._is_used():
            self.note_use()
        elif minutes and self._clock() - self._used >= 60 * minutes:
            self._switcher.set_aside(asleep=True)
            self.unloaded.emit(minutes)

    def _is_used(self) -> bool:
        switcher = self._switcher
        return (
            switcher.current is None
            or switcher.is_changing_adapter
            or not switcher.is_settled
            or self._worker.is_busy
            or self._is_asked()
            or bool(self._desk.busy)
        )

    @Slot()
    def note_use(self) -> None:
        """Begin to count anew: the model was used."""
        self._used = self._clock()

    @Slot(object)
    def _wake(self, _conversation_id: int) -> None:
        if self._desk.waiting.first is not None:
            self._switcher.wake()
