"""What an engine is to the app, wherever it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from backends.events import EngineEvent
from backends.protocol.engine_requests import Request
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent

#: What an engine yields; the last two, one that can fall silent.
ClientEvent = EngineEvent | EngineSilent | EngineHeard

#: Makes the events of a request: `run` of an engine.
RunRequest = Callable[[Request, threading.Event], Iterator[ClientEvent]]


class EnginePort(Protocol):
    """Loads a model and answers with it. Used from one thread, but for `kill`."""

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        """The events of a request. Raises UserFacingError.

        When `cancel` is set they end early: those of an answer with `Finished`, those of a load or
        a job without a result. An adapter that is in use is the model's until another one takes its
        place, until it is switched off, and until a switch fails or is cancelled.
        """
        ...

    def kill(self) -> None:
        """End the running request soon, from any thread: its `run` raises EngineEndedError."""
        ...

    def close(self) -> None:
        """Give all memory back; may be called twice."""
        ...
