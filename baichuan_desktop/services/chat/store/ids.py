"""Ids of what a store keeps: numbers that no two stores give twice."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

_RANDOM_BITS = 21


class Ids:
    """Gives ids of 63 bits that grow with time; any thread may ask.

    The upper 42 bits are milliseconds since 1970, the rest is random: two stores that are merged
    have the same id for the same thing only.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> int:
        """An id greater than all before it, also where the clock was set back."""
        with self._lock:
            now = int(self._clock() * 1000) << _RANDOM_BITS
            self._last = max(now | secrets.randbits(_RANDOM_BITS), self._last + 1)
            return self._last
