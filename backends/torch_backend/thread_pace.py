"""How many threads compute the next step: fewer while other programs keep the processor busy.

Threads that compute a step meet hundreds of times in it, and each time all of them wait for the
last. One of them without a core holds up all: beside two busy programs two threads on two cores
took a hundred times as long as one (docs/performance.md). What tells is the time that threads
were ready to compute and waited for a core.

Facts in, decision out: the same steps give the same numbers.
"""

from __future__ import annotations

import math
from typing import Final

#: Threads that wait on average, and which are no reason for fewer: programs that do a little
#: now and then, the window itself among them.
_TOLERATED: Final = 0.25
#: Seconds of waiting beyond that, one after the other, which are a reason.
_ENOUGH: Final = 0.025
#: A thread that shares its core with another program waits half of the time.
_THREADS_PER_WAITING: Final = 2
#: Computed seconds in which hardly a thread waited, before more are tried; twice as many after
#: each try that failed, up to the most.
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 8.0
#: A second of waiting outweighs so many in which nobody waited.
_CALM_PER_WAITING: Final = 10.0
#: Nor before so many times the seconds that the try took: a failed one costs a twentieth at most.
_PAUSE_PER_TRY: Final = 20.0
#: Nor is a try that went well for so long a failed one, whatever follows.
_PROVEN: Final = 2.0


class ThreadPace:
    """Decides the threads of the next step by how long those before it waited for a core."""

    def __init__(self, most: int) -> None:
        self.threads = most  #: for the next step, from 1 to `most`
        self._most = most
        self._excess = 0.0  # seconds waited beyond what is tolerated
        self._calm = 0.0  # seconds computed with hardly a wait
        self._pause = _FIRST_PAUSE
        self._tried: float | None = None  # seconds since more threads were tried

    def saw(self, seconds: float, waited: float) -> None:
        """Count steps: their seconds, and those that all their threads waited for a core."""
        if self._tried is not None:
            self._tried += seconds
        self._excess = max(0.0, self._excess + waited - _TOLERATED * seconds)
        if self._excess >= _ENOUGH and self.threads > 1:
            self._go_down(_THREADS_PER_WAITING * waited / seconds if seconds > 0 else 0.0)
            return
        if self._tried is not None and self._tried >= min(self._pause, _PROVEN):
            self._tried, self._pause = None, _FIRST_PAUSE
        self._calm = max(0.0, self._calm + seconds - _CALM_PER_WAITING * waited)
        if self.threads < self._most and self._calm >= self._pause:
            self._go_to(min(2 * self.threads, self._most))
            self._tried = 0.0

    def _go_down(self, lacking: float) -> None:
        if self._tried is not None:
            longer = min(2 * self._pause, _LONGEST_PAUSE)
            self._pause = max(longer, _PAUSE_PER_TRY * self._tried)
            self._tried = None
        self._go_to(max(1, self.threads - max(1, math.ceil(lacking))))

    def _go_to(self, threads: int) -> None:
        self.threads = threads
        self._excess = self._calm = 0.0
