"""How far a long job is, and how long it still takes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from backends.events import JobProgress

#: What lies longer ago says little of the pace: a drive is fast until its cache is full.
_WINDOW_SECONDS = 20.0
#: A pace from less than this is a guess.
_LEAST_SECONDS = 2.0


class JobPace:
    """Reads the progress of one job."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()  # time, bytes
        self._last: JobProgress | None = None

    def read(self, progress: JobProgress) -> None:
        """The job has come so far."""
        if self._last is not None and self._last.step != progress.step:
            self._seen.clear()
        self._last = progress
        now = self._clock()
        self._seen.append((now, progress.done_bytes))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()

    @property
    def percent(self) -> int:
        """Of the step that the job is at, rounded down."""
        if self._last is None:
            return 0
        return 100 * self._last.done_bytes // max(self._last.total_bytes, 1)

    @property
    def seconds_left(self) -> float | None:
        """Of the step that the job is at; None while it cannot be told."""
        if self._last is None or len(self._seen) < 2:
            return None
        (since, before), (now, done) = self._seen[0], self._seen[-1]
        if now - since < _LEAST_SECONDS or done <= before:
            return None
        return (self._last.total_bytes - done) * (now - since) / (done - before)
