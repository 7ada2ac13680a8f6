"""An engine in this process: for a terminal, which has nothing else to do while it works."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from typing_extensions import override

from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import EngineEndedError
from backends.events import EngineEvent
from backends.machine.card_order import number_cards_by_slot
from backends.protocol.engine_requests import Request
from baichuan_desktop.services.engines.port import EnginePort


class InProcessEngine(EnginePort):
    """Runs requests in this process, whose memory holds the model."""

    def __init__(self) -> None:
        number_cards_by_slot()
        self._engine = Engine()
        self._cancel = threading.Event()
        self._is_killed = False

    @override
    def run(self, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        self._cancel, self._is_killed = cancel, False
        for event in run_request(self._engine, request, cancel):
            if self._is_killed:
                break
            yield event
        if self._is_killed:
            raise EngineEndedError

    @override
    def kill(self) -> None:
        """Have the request that runs end after the step that is being computed."""
        self._is_killed = True
        self._cancel.set()

    @override
    def close(self) -> None:
        self._engine.unload()
