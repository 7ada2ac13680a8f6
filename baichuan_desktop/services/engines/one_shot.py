"""Runs long jobs, each in an engine process of its own, whose end gives all of its memory back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from backends.errors import UserFacingError
from backends.precision import Precision
from backends.protocol.requests import Request
from baichuan_desktop.services.engines.process import ClientEvent, EngineClient

#: Makes the events of a request: `JobEngine.run`, or a fake in a test.
RunRequest = Callable[[Request, threading.Event], Iterator[ClientEvent]]


@dataclass(frozen=True, slots=True)
class PrecisionBegun:
    """A job that goes from precision to precision turns to the next one."""

    precision: Precision | None  #: as it was asked for; None: the best that fits
    number: int  #: from 1
    count: int


@dataclass(frozen=True, slots=True)
class PrecisionFailed:
    """One precision could not be run; the job goes on with the next."""

    precision: Precision | None
    error: UserFacingError


class JobEngine:
    """One engine process a request. Used from one thread; `kill` may come from any."""

    def __init__(self, log_file: Path) -> None:
        self._client = EngineClient(log_file)

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        """The events of one request. Raises what the engine raised, or EngineError."""
        if cancel.is_set():
            return
        try:
            yield from self._client.run(request, cancel)
        finally:
            self._client.close()

    def kill(self) -> None:
        """Make the engine end at once; `run` then raises EngineEndedError."""
        self._client.kill()
