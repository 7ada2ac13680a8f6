"""An engine for verbs that answer: it needs no model, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from backends.events import TextDelta
from backends.protocol.engine_requests import AdapterRequest, ChatRequest, LoadRequest, Request
from baichuan_desktop.services.engines.port import ClientEvent
from tests.ui.harness import READY, finished


class Answering:
    """Answers each request with its last words."""

    def __init__(self) -> None:
        self.asked: list[ChatRequest] = []
        self.loads = 0
        self.stop_at = ""  #: a message at which Ctrl+C is pressed

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        """The events of a request."""
        if isinstance(request, LoadRequest):
            self.loads += 1
            yield READY
            return
        assert not isinstance(request, AdapterRequest)
        assert isinstance(request, ChatRequest)
        self.asked.append(request)
        text = request.messages[-1].text
        if text == self.stop_at:
            raise KeyboardInterrupt
        yield TextDelta(f"<{text[-20:]}>")
        yield finished()

    def kill(self) -> None:
        """Nothing runs beside."""

    def close(self) -> None:
        """There is nothing to give back."""
