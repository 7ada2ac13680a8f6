"""Looks at the folders of models and adapters, a few at a time, on threads that nobody waits for.

A folder on a network drive that is not there may hang whoever looks at it, for minutes or for ever.
The threads of a pool would be missed elsewhere, and the app would wait for them when it ends.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backends.phrases import Phrase
from baichuan_desktop.services.library.registry import InstalledAdapter, Listed
from baichuan_desktop.services.library.rows.values import AdapterLooked, Looked
from baichuan_desktop.services.library.states import Condition, ModelState

log = logging.getLogger(__name__)

_AT_ONCE = 3  # drives that are looked at
_MOST = 16  # threads, those that do not come back among them
_PATIENCE = 3.0  # seconds after which the other drives do not wait for a look
_GATHER_MS = 100  # what is seen within this is told together

Look = Callable[[Listed], Looked | AdapterLooked]


class ModelLooks(QObject):
    """One thread a drive, so that a drive that hangs costs its own models and no other.

    Signals:
        looked: what was seen since it was told last: pairs of an InstalledModel and its
            Looked, or of an InstalledAdapter and its AdapterLooked.
    """

    looked = Signal(object)

    def __init__(
        self,
        look: Look,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._queue = _Queue(clock)
        self._found: list[tuple[Listed, Looked | AdapterLooked]] = []
        self._signals = _Signals()  # which outlives this object on a thread that hangs
        self._signals.seen.connect(self._on_seen)
        self._signals.ended.connect(self._start_some)
        self._gathering, self._waiting = QTimer(self), QTimer(self)
        self._gathering.setSingleShot(True)
        self._gathering.setInterval(_GATHER_MS)
        self._gathering.timeout.connect(self._tell)
        self._waiting.setInterval(int(1000 * _PATIENCE))
        self._waiting.timeout.connect(self._start_some)

    def ask(self, models: Sequence[Listed]) -> None:
        """Look at these, those of one drive in this order; what waits already is asked once."""
        self._queue.put(models)
        self._start_some()

    @Slot()
    def _start_some(self) -> None:
        for place in self._queue.next_places():
            args = (self._queue, place, self._look, self._signals)
            threading.Thread(target=_work, args=args, daemon=True, name="look").start()
        if self._queue.is_waiting:
            self._waiting.start()
        else:
            self._waiting.stop()

    @Slot(object, object)
    def _on_seen(self, model: Listed, looked: Looked | AdapterLooked) -> None:
        self._found.append((model, looked))
        if not self._gathering.isActive():
            self._gathering.start()

    @Slot()
    def _tell(self) -> None:
        found, self._found = self._found, []
        self.looked.emit(found)


class _Signals(QObject):
    seen = Signal(object, object)
    ended = Signal()


class _Queue:
    """What waits to be looked at, by drive. Every thread uses it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pending: dict[Path, dict[str, Listed]] = {}
        self._began: dict[Path, float] = {}  # when the look began that a thread is at

    def put(self, models: Sequence[Listed]) -> None:
        with self._lock:
            for model in models:
                self._pending.setdefault(_place(model), {})[model.id] = model

    def take(self, place: Path) -> Listed | None:
        """The next one of a drive; None is the end of its thread."""
        with self._lock:
            models = self._pending.get(place)
            if models:
                self._began[place] = self._clock()
                return models.pop(next(iter(models)))
            self._pending.pop(place, None)
            self._began.pop(place, None)
            return None

    def next_places(self) -> Sequence[Path]:
        """The drives that a thread shall be started for now; they count as begun."""
        with self._lock:
            now = self._clock()
            waited_for = sum(now - began < _PATIENCE for began in self._began.values())
            room = min(_AT_ONCE - waited_for, _MOST - len(self._began))
            places = [one for one in self._pending if one not in self._began][: max(room, 0)]
            self._began |= dict.fromkeys(places, now)
            return places

    @property
    def is_waiting(self) -> bool:
        """Whether there is a drive that no thread looks at."""
        with self._lock:
            return any(one not in self._began for one in self._pending)


def _place(model: Listed) -> Path:
    """What hangs together, told without a look: the drive as it was when the model was added."""
    return model.drive or Path(*model.path.parts[:3])


def _work(queue: _Queue, place: Path, look: Look, signals: _Signals) -> None:
    """Look at the models of a drive, one after the other; what of them cannot be seen is said."""
    with contextlib.suppress(RuntimeError):  # the app has ended, and nobody wants to know
        while (model := queue.take(place)) is not None:
            try:
                looked = look(model)
            except Exception as error:  # one bad entry costs its own row
                log.exception("A model could not be looked at.")
                sentence = Phrase("It could not be looked at: {text}.", text=f"{error!s:.200}")
                state = ModelState(Condition.UNREADABLE, sentence)
                is_adapter = isinstance(model, InstalledAdapter)
                looked = AdapterLooked(state) if is_adapter else Looked(state)
            signals.seen.emit(model, looked)
        signals.ended.emit()
