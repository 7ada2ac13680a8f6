"""The one model that an engine has in memory: how it is loaded, and what is known of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event

from backends.errors import (
    EngineCrashedError,
    EngineEndedError,
    EngineProtocolError,
    GpuLostError,
    InsufficientMemoryError,
    ModelAwayError,
    NotAdmittedError,
    UserFacingError,
)
from backends.events import Finished, LoadProgress, ModelReady
from backends.protocol.engine_requests import UnloadRequest
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.rows.patiently import require_here
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.serving.desk_parts.terms import DeskTerms
from baichuan_desktop.services.serving.values import DeskState, DeskStatus

#: After these, an engine has nothing in memory any more.
_LOST = (
    EngineCrashedError,
    EngineEndedError,
    EngineProtocolError,
    GpuLostError,
    InsufficientMemoryError,
)

#: So long the speed of an answer is remembered before another one's is: each is written to a disk.
_NOTED_SECONDS = 60.0


class ModelInMemory:
    """The one model of an engine. Used in turns of the engine; what it tells, from any thread."""

    def __init__(
        self,
        terms: DeskTerms,
        measurements: Measurements,
        last_used: LastUsed,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._terms = terms
        self._measurements = measurements
        self._last_used = last_used
        self._clock = clock
        self._noted_until = -math.inf  # by that clock
        self.model: InstalledModel | None = None  #: that is loaded, or being loaded
        self.status = DeskStatus(
            DeskState.EMPTY
        )  #: replaced as a whole; how many wait is not in it

    def load(
        self, model: InstalledModel, engine: EnginePort, is_wanted: Callable[[], bool]
    ) -> Iterator[ClientEvent]:
        """Have a model in memory, in place of the one before.

        One that may not be loaded, or is not here, leaves the one before where it is. A load that
        is not wanted any more is stopped, and then nothing is loaded. Raises UserFacingError.
        """
        before, stop = (self.model, self.status), Event()
        self.model, self.status = model, DeskStatus(DeskState.LOADING, model.id, load_share=0.0)
        try:
            require_here(model)
            request = self._terms.request(model, self._measurements)
            for event in engine.run(request, stop):
                if not is_wanted():
                    stop.set()
                self._hear(event)
                yield event
        except (NotAdmittedError, ModelAwayError):
            self.model, self.status = before
            raise
        except UserFacingError:
            self.unload(engine)  # whatever is left of either model is in the way of the next
            raise
        finally:
            if self.status.state is DeskState.LOADING:  # it was stopped
                self.forget()
        if stop.is_set():  # as its last part came: the engine may have given it up
            self.unload(engine)
        elif self.status.ready is not None:
            self._note_loaded(self.status.ready)

    def has(self, model: InstalledModel) -> bool:
        """Whether it is in memory, from the folder where it lies."""
        own = self.model
        return (
            self.status.ready is not None
            and own is not None
            and (own.id, own.path) == (model.id, model.path)
        )

    def answer(self, events: Iterator[ClientEvent]) -> Iterator[ClientEvent]:
        """Pass on the events of a request of the model that is loaded."""
        self.status = replace(self.status, state=DeskState.ANSWERING)
        try:
            for event in events:
                self._hear(event)
                yield event
                if isinstance(event, Finished):
                    self._note_answered(event)
        except _LOST:
            self.forget()
            raise
        finally:
            if self.status.ready is not None:
                self.status = replace(self.status, state=DeskState.READY)
            elif self.status.state is not DeskState.EMPTY:  # it was being loaded again
                self.forget()

    def unload(self, engine: EnginePort) -> None:
        """Give the model's memory back."""
        self.forget()
        for _ in engine.run(UnloadRequest(), Event()):
            pass

    def forget(self) -> None:
        """Note that the engine has nothing in memory any more."""
        self.model, self.status = None, DeskStatus(DeskState.EMPTY)

    def _hear(self, event: ClientEvent) -> None:
        """Keep what an event says. An engine that was lost while idle loads the model again."""
        match event:
            case LoadProgress():
                share = event.done_bytes / max(event.total_bytes, 1)
                self.status = replace(
                    self.status, state=DeskState.LOADING, ready=None, load_share=share
                )
            case ModelReady():
                is_again = self.status.state is DeskState.ANSWERING
                state = DeskState.ANSWERING if is_again else DeskState.READY
                self.status = replace(self.status, state=state, ready=event, load_share=None)
            case _:
                pass

    def _note_answered(self, finished: Finished) -> None:
        """Remember how fast the model is, but not anew for each of many answers."""
        now = self._clock()
        if self.status.ready is not None and now >= self._noted_until:
            self._noted_until = now + _NOTED_SECONDS
            self._measurements.answered(self.status.ready, finished)

    def _note_loaded(self, ready: ModelReady) -> None:
        assert self.model is not None, "it is loaded"
        self._last_used.note(self.model.id)
        if ready.adapter is None:  # else more memory was used than the model needs
            self._measurements.loaded(ready)
