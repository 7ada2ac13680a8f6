"""What a server tells on its threads, taken by the one that prints; Ctrl+C is told there too."""

from __future__ import annotations

import contextlib
import queue
import signal
from collections.abc import Iterator
from types import FrameType

from baichuan_desktop.services.serving.port import DeskEvent
from baichuan_desktop.services.serving.values import JournalLine

_LOOK_SECONDS = 0.5  # Windows does not wake a wait at Ctrl+C
#: What a terminal that stands still has not printed yet; more lines of requests are left out.
_MOST_UNTOLD = 1000


class Hearing:
    """A queue of what is to be printed or obeyed."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[DeskEvent | JournalLine | None] = queue.SimpleQueue()
        self.is_over = False  #: whether Ctrl+C or the system wants an end

    def hear(self, event: DeskEvent | JournalLine) -> None:
        """Take in what comes, from any thread; nobody waits."""
        if not isinstance(event, JournalLine) or self._told.qsize() < _MOST_UNTOLD:
            self._told.put(event)

    def next(self) -> DeskEvent | JournalLine | None:
        """What came first; None if nothing does for a moment, or is left when an end is wanted."""
        try:
            return self._told.get(timeout=0 if self.is_over else _LOOK_SECONDS)
        except queue.Empty:
            return None

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Ctrl+C and the system's wish end what is waited for, and are no exception."""

        def on_signal(_signal: int, _frame: FrameType | None) -> None:
            self.is_over = True
            self._told.put(None)  # whoever waits looks up at once

        before = {one: signal.signal(one, on_signal) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
