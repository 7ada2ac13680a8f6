"""What is heard of turns of an engine, and an engine that goes on when a test lets it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from backends.errors import EngineEndedError
from backends.events import TextDelta
from baichuan_desktop.services.engines.turns import InLine, Over
from tests.helpers.patience import PATIENCE_SECONDS, wait_until


class Heard:
    """Keeps what is told of one turn; is its `deliver`."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._is_over = threading.Event()

    def __call__(self, event: Any) -> None:
        assert not self._is_over.is_set(), "nothing comes after the end"
        self.events.append(event)
        if isinstance(event, Over):
            self._is_over.set()

    @property
    def is_over(self) -> bool:
        return self._is_over.is_set()

    @property
    def places(self) -> list[int]:
        return [event.before for event in self.events if isinstance(event, InLine)]

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, TextDelta)]

    def until(self, event: object) -> Heard:
        """Wait for an event that equals this one."""
        wait_until(lambda: event in self.events)
        return self

    def over(self) -> Over:
        """Wait for the end."""
        assert self._is_over.wait(PATIENCE_SECONDS), "the turn did not end"
        last = self.events[-1]
        assert isinstance(last, Over)
        return last


class SteppingEngine:
    """Says the request, a letter each time that it is let go on, until it is stopped or killed."""

    def __init__(self, seconds: float = 0.0) -> None:
        """`seconds` are what a letter takes once it may go on."""
        self._seconds = seconds
        self.begun: list[Any] = []  # requests
        self.ran_on: set[threading.Thread] = set()
        self.closed_on: list[threading.Thread] = []
        self.allowed = threading.Semaphore(0)
        self.kills = 0
        self._is_killed = threading.Event()

    def run(self, request: Any, cancel: threading.Event) -> Iterator[Any]:
        self.begun.append(request)
        self.ran_on.add(threading.current_thread())
        self._is_killed.clear()
        for letter in str(request):
            wait_until(
                lambda: (
                    cancel.is_set()
                    or self._is_killed.is_set()
                    or self.allowed.acquire(blocking=False)
                )
            )
            if self._is_killed.is_set():
                raise EngineEndedError
            if cancel.is_set():
                return
            time.sleep(self._seconds)
            yield TextDelta(letter)

    def kill(self) -> None:
        self.kills += 1
        self._is_killed.set()

    def close(self) -> None:
        self.closed_on.append(threading.current_thread())

    def let_go_on(self, letters: int = 1_000) -> None:
        self.allowed.release(letters)
