"""Tells when nothing was asked for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol


class Timer(Protocol):
    """What calls something once, later."""

    def start(self) -> None:
        """Begin to wait."""
        ...

    def cancel(self) -> None:
        """Do not call it, if it was not called yet."""
        ...


MakeTimer = Callable[[float, Callable[[], None]], Timer]


def thread_timer(seconds: float, act: Callable[[], None]) -> Timer:
    """A timer on a thread of its own, which no end of the program waits for."""
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    return timer


class IdleTimer:
    """Calls `act` once nothing was in use for some minutes; 0: never. From any thread.

    `act` gets how many uses there were until then: there may be more by the time it acts.
    """

    def __init__(
        self, minutes: float, act: Callable[[int], None], make_timer: MakeTimer = thread_timer
    ) -> None:
        self._seconds = 60 * minutes
        self._act = act
        self._make_timer = make_timer
        self._timer: Timer | None = None
        self._lock = threading.Lock()
        self.uses = 0  #: that have begun

    def use_begins(self) -> None:
        """Note that something is in use, until its end."""
        with self._lock:
            self.uses += 1
            self._stop()

    def use_ends(self) -> None:
        """Note that nothing is in use from now on."""
        with self._lock:
            self._stop()
            if self._seconds:
                self._timer = self._make_timer(self._seconds, partial(self._act, self.uses))
                self._timer.start()

    def close(self) -> None:
        """Call nothing any more."""
        with self._lock:
            self._seconds = 0.0
            self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
