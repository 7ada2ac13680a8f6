"""Ctrl+C while a training runs: once it keeps a checkpoint and ends, twice it ends at once."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_TOLD = "\nA checkpoint is kept after this step, then it ends; Ctrl+C again ends it at once.\n"


@contextlib.contextmanager
def interrupt_pauses(pause: threading.Event, can_pause: Callable[[], bool]) -> Iterator[None]:
    """Ctrl+C, or the system's wish for an end, sets `pause`; raises KeyboardInterrupt later on.

    Before `can_pause` there is nothing to keep, and it is raised at once.
    """

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        if pause.is_set() or not can_pause():
            raise KeyboardInterrupt
        pause.set()
        # Something is just being printed, or nobody reads it.
        with contextlib.suppress(OSError, RuntimeError):
            print(_TOLD, end="", file=sys.stderr, flush=True)

    before = {one: signal.signal(one, on_signal) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
