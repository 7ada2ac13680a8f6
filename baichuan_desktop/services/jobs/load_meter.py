"""How far the loading of a model is, in words that move while the engine is silent too.

An engine says nothing before its libraries are imported, and nothing after the last weight is read
while it makes the model ready. Both take seconds, on some machines a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from backends.events import LoadProgress
from backends.phrases import Phrase
from baichuan_desktop.services.jobs.pace import Pace
from baichuan_desktop.services.jobs.time_left import left_soon

#: A silence shorter than this is not worth a number.
_LEAST_SECONDS = 2


class LoadMeter:
    """Reads the `LoadProgress` of one load, which begins when this is made."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`name` is what the model is called where this is shown."""
        self._name = name
        self._clock = clock
        self._pace = Pace(clock)
        self._last: LoadProgress | None = None
        self._since = clock()  # of the phase

    def read(self, event: LoadProgress) -> None:
        """The engine read more of the files."""
        before = self.is_reading
        self._last = event
        if self.is_reading != before:
            self._since = self._clock()
        if self.is_reading:  # what the engine imports before says nothing of the drive
            self._pace.read(event.done_bytes, event.total_bytes)

    @property
    def is_reading(self) -> bool:
        """Whether weights are being read; else the engine starts, or makes the model ready."""
        return self._last is not None and 0 < self._last.done_bytes < self._last.total_bytes

    @property
    def percent(self) -> int | None:
        """Of the files, rounded down; None while nothing can be said of how far it is."""
        if self._last is None or not self.is_reading:
            return None
        return 100 * self._last.done_bytes // self._last.total_bytes

    @property
    def phrase(self) -> Phrase:
        """What happens now, how far it is, and how long it still takes if that is known."""
        if (percent := self.percent) is not None:
            left = left_soon(self._pace.steady_seconds_left)
            if left is None:
                return Phrase("Loading {name}: {percent} %", name=self._name, percent=percent)
            return Phrase(
                "Loading {name}: {percent} % · {left}",
                name=self._name,
                percent=percent,
                left=left,
            )
        if self._last is not None and self._last.total_graphs:
            return Phrase(
                "Loading {name}: recording CUDA graphs, {done} of {total}",
                name=self._name,
                done=self._last.done_graphs,
                total=self._last.total_graphs,
            )
        seconds = int(self._clock() - self._since)
        is_read = self._last is not None and self._last.done_bytes > 0
        if seconds < _LEAST_SECONDS:
            if is_read:
                return Phrase("Loading {name}: getting it ready", name=self._name)
            return Phrase("Loading {name}: starting", name=self._name)
        if is_read:
            return Phrase(
                "Loading {name}: getting it ready · {seconds} s", name=self._name, seconds=seconds
            )
        return Phrase("Loading {name}: starting · {seconds} s", name=self._name, seconds=seconds)
