"""How long something still takes that goes through a known amount, from how fast it went lately."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: What lies longer ago says little of the pace: a drive is fast until its cache is full.
_WINDOW_SECONDS = 20.0
#: A pace from less than this is a guess.
_LEAST_SECONDS = 2.0
#: What was told counts down by itself; only an estimate that is further off takes its place.
_STEADY_SHARE, _STEADY_SECONDS = 0.25, 3.0


class Pace:
    """Reads how much is done of how much; begins anew where either goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()  # time, amount
        self._total = 0
        self._told: tuple[float, float] | None = None  # when, and the seconds that were left then

    def begin_anew(self) -> None:
        """Forget how fast it went: something else is done now."""
        self._seen.clear()
        self._told = None

    def read(self, done: int, total: int) -> None:
        """So much of so much is done."""
        if total != self._total or (self._seen and done < self._seen[-1][1]):
            self.begin_anew()
        self._total = total
        now = self._clock()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()
        self._tell(now)

    @property
    def per_second(self) -> float | None:
        """How much is done in a second, as of late; None while it cannot be told."""
        if len(self._seen) < 2:
            return None
        (since, before), (now, done) = self._seen[0], self._seen[-1]
        if now - since < _LEAST_SECONDS or done <= before:
            return None
        return (done - before) / (now - since)

    @property
    def seconds_left(self) -> float | None:
        """The newest estimate; None while it cannot be told."""
        speed = self.per_second
        return None if speed is None else (self._total - self._seen[-1][1]) / speed

    @property
    def steady_seconds_left(self) -> float | None:
        """An estimate for showing: it goes down with the time, and jumps only where it was wrong.

        Less than nothing is nothing. None while it cannot be told.
        """
        if self._told is None:
            return None
        at, seconds = self._told
        return max(seconds - (self._clock() - at), 0.0)

    def _tell(self, now: float) -> None:
        estimate = self.seconds_left
        if estimate is None:
            return
        if self._told is not None:
            at, seconds = self._told
            expected = seconds - (now - at)
            tolerated = max(_STEADY_SHARE * max(expected, estimate), _STEADY_SECONDS)
            if expected > 0 and abs(estimate - expected) <= tolerated:
                return
        self._told = (now, estimate)
