"""When is an engine that says nothing one that hangs? The rule, without a clock or a process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class EngineSilent:
    """The engine has not gone on for longer than its steps explain; comes again each second."""

    seconds: int


@dataclass(frozen=True, slots=True)
class EngineHeard:
    """An engine that was said to be silent goes on."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a silence may be."""

    steps: float = 20.0  #: times the slowest step that was measured
    least: float = 10.0  #: seconds, and
    most: float = 120.0
    #: Seconds that an engine which was asked to stop may say nothing at all; ending it takes
    #: some more, and three altogether are promised.
    stop: float = 2.5

    def bound(self, slowest: float, least: float) -> float:
        """Seconds for a step, of which the slowest took `slowest` seconds."""
        return min(max(self.steps * slowest, least), self.most)


class Work(Enum):
    """What an engine does, as far as its silence goes."""

    LOAD = "load"  #: steps of any length: a library is imported, a session is made
    ANSWER = "answer"  #: chunks of a prompt and tokens, one much like the other
    JOB = "job"  #: steps of any length


class Silence:
    """Hears the frames of one engine, and tells whether it hangs. Times are those of one clock.

    Two clocks run: since the last frame of any kind, which a process that is stopped does not
    send, and since the last step, which a process whose main thread waits for ever does not make.
    The first is held against the slowest step. The second, too, where the steps of an answer have
    been measured; where nothing tells how long a step may be, an engine that lives has `most`.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._work = Work.JOB
        self._slowest: dict[Work, float] = {}
        self._heard = 0.0
        self._stepped = 0.0
        self._has_stepped = False
        self._stopped: float | None = None
        self._steps = 0

    def begin(self, work: Work, now: float) -> None:
        """Note that a request goes out. Measured answers count until a model is loaded."""
        self._work = work
        if work is Work.LOAD:
            self._slowest.clear()
        self._heard = self._stepped = now
        self._has_stepped = False
        self._stopped = None

    def on_alive(self, steps: int, now: float) -> None:
        """Note that the process lives, and has made so many steps."""
        goes_on = steps != self._steps
        self._steps = steps
        self._heard = now
        if goes_on:
            self._stepped = now

    def on_step(self, now: float) -> None:
        """Note an event: a part is loaded, a chunk is read, a token is made."""
        # What comes before the first event is no step; nor is a hang that has ended.
        if self._has_stepped and self.seconds(now) is None:
            took = now - self._stepped
            self._slowest[self._work] = max(self._slowest.get(self._work, 0.0), took)
        self._heard = self._stepped = now
        self._has_stepped = True

    def seconds(self, now: float) -> float | None:
        """Seconds that the engine has not gone on, if that is a hang; else None."""
        quiet, stuck = now - self._heard, now - self._stepped
        if quiet >= self._quiet_bound() or stuck >= self._stuck_bound(self._patience.least):
            return stuck
        return None

    def on_stop(self, now: float) -> None:
        """Note that the engine was asked to stop."""
        self._stopped = now

    def must_end(self, now: float) -> bool:
        """Whether an engine that was asked to stop has had its time."""
        if self._stopped is None or now - self._stopped < self._patience.stop:
            return False
        quiet, stuck = now - self._heard, now - self._stepped
        return quiet >= self._patience.stop or stuck >= self._stuck_bound(self._patience.stop)

    def _quiet_bound(self) -> float:
        slowest = self._slowest.get(self._work, 0.0)
        return self._patience.bound(slowest, self._patience.least)

    def _stuck_bound(self, least: float) -> float:
        slowest = self._slowest.get(Work.ANSWER)
        if self._work is Work.ANSWER and slowest is not None:
            return self._patience.bound(slowest, least)
        return self._patience.most


class AwakeClock:
    """Seconds that this process has lived through.

    Between two looks no more than `_LONGEST_LOOK` is counted: what is more was lost by a process
    that was stopped, most likely together with its engine, or by a machine that slept.
    """

    _LONGEST_LOOK = 1.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen = clock()
        self._now = 0.0

    def now(self) -> float:
        """The seconds so far; asked for many times a second while something is waited for."""
        seen = self._clock()
        self._now += min(seen - self._seen, self._LONGEST_LOOK)
        self._seen = seen
        return self._now
