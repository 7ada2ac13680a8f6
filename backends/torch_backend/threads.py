"""Sets the threads that torch computes each step with, by how long they waited for a core."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Final

import torch

from ..interface import LoadOptions
from ..machine import hardware
from .thread_pace import ThreadPace

#: Looks are no closer than this: a step may be shorter than a look is worth.
_LOOK_SECONDS: Final = 0.02
#: Nor than so many times the seconds that a look takes, which grow with the threads of the process.
_LOOKS_SHARE: Final = 100.0
#: What was seen before a pause as long as this says nothing of now.
_STALE_SECONDS: Final = 1.0


class PacedThreads:
    """Watches the steps of one model, and the loading before them."""

    def __init__(
        self,
        most: int,
        *,
        waited: Callable[[], float | None] = hardware.waited_seconds,
        clock: Callable[[], float] = time.perf_counter,
        use: Callable[[int], None] = torch.set_num_threads,
    ) -> None:
        self._pace = ThreadPace(most)
        self._waited, self._clock, self._use = waited, clock, use
        use(most)
        self._begin_anew()

    @classmethod
    def begin(cls, options: LoadOptions) -> PacedThreads | None:
        """Set the threads of what is loaded from now on; None if their number never changes."""
        if options.may_take_fewer and options.threads > 1:
            return cls(options.threads)
        torch.set_num_threads(options.threads)
        return None

    @property
    def threads(self) -> int:
        """The number of threads that compute the step."""
        return self._pace.threads

    def loaded(self) -> None:
        """Tell that the model is loaded, and steps follow."""
        self._ended = self._clock()

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """A context to compute one step in, with the number of threads that it should have."""
        now = self._clock()
        if now - self._ended > _STALE_SECONDS:
            self._begin_anew()
        elif now >= self._next_look:
            self._look(now)
        try:
            yield
        finally:
            self._ended = self._clock()

    def _begin_anew(self) -> None:
        self._since = self._ended = self._clock()
        self._next_look = self._since + _LOOK_SECONDS
        self._known = self._waited()

    def _look(self, now: float) -> None:
        waited = self._waited()
        cost = self._clock() - now
        self._next_look = now + max(_LOOK_SECONDS, _LOOKS_SHARE * cost)
        if waited is None or self._known is None:
            return
        before = self._pace.threads
        # A thread that has ended takes what it waited with it.
        self._pace.saw(now - self._since, max(0.0, waited - self._known))
        self._since, self._known = now, waited
        if self._pace.threads != before:
            self._use(self._pace.threads)
