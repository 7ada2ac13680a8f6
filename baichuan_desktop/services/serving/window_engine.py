"""The engine of the window, of which others know what it has in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from typing_extensions import override

from backends.events import AdapterReady, LoadProgress, ModelReady
from backends.protocol.engine_requests import LoadRequest, Request, UnloadRequest
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort


@dataclass(frozen=True, slots=True)
class InMemory:
    """A model that an engine answers with, also where a crash has it load that again first."""

    folder: str  #: as it was asked for
    ready: ModelReady


class WindowEngine(EnginePort):
    """Hands requests on, and tells what became of them.

    It stands behind the gate of admission: a load that is refused there changes nothing here.
    """

    def __init__(self, engine: EnginePort) -> None:
        self._engine = engine
        #: Called with what is in memory now, on the thread on which requests run.
        self.tell: Callable[[InMemory | None], object] = lambda _: None
        self.in_memory: InMemory | None = None
        self.load_share: float | None = None  #: 0 to 1, while a model is loaded

    @override
    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        """The events of a request. Raises UserFacingError."""
        match request:
            case LoadRequest():
                yield from self._load(request, cancel)
            case UnloadRequest():
                self._note(None)
                yield from self._engine.run(request, cancel)
            case _:
                for event in self._engine.run(request, cancel):
                    self._hear(event)
                    yield event

    def _load(self, request: LoadRequest, cancel: threading.Event) -> Iterator[ClientEvent]:
        self._note(None)
        ready: ModelReady | None = None
        try:
            for event in self._engine.run(request, cancel):
                match event:
                    case LoadProgress(done, total):
                        self.load_share = done / max(total, 1)
                    case ModelReady():
                        ready = event
                yield event
        finally:
            self.load_share = None
        if ready is not None and not cancel.is_set():  # else the engine gave it up
            self._note(InMemory(request.folder, ready))

    def _hear(self, event: ClientEvent) -> None:
        """Keep what another adapter, or a fresh engine, has changed."""
        known = self.in_memory
        if known is None:
            return
        match event:
            case ModelReady():
                self.in_memory = replace(known, ready=event)
            case AdapterReady(adapter):
                self.in_memory = replace(known, ready=replace(known.ready, adapter=adapter))

    def _note(self, in_memory: InMemory | None) -> None:
        self.in_memory = in_memory
        self.tell(in_memory)

    @override
    def kill(self) -> None:
        self._engine.kill()

    @override
    def close(self) -> None:
        self._engine.close()
