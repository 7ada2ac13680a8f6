"""The models of this machine behind one engine of the app's own, for a server without a window."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event
from typing import TypeVar

from typing_extensions import override

from backends.errors import EngineEndedError, InvalidRequestError, UserFacingError
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort
from baichuan_desktop.services.engines.queue import EngineQueue
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.serving.desk_parts.idle import IdleTimer, MakeTimer, thread_timer
from baichuan_desktop.services.serving.desk_parts.in_memory import ModelInMemory
from baichuan_desktop.services.serving.desk_parts.served_models import ServedModels
from baichuan_desktop.services.serving.desk_parts.terms import DeskTerms
from baichuan_desktop.services.serving.desk_parts.waiting import Waiting, Wish
from baichuan_desktop.services.serving.port import (
    Asked,
    Begun,
    DeskEvent,
    LoadedFacts,
    MakeRequest,
    ModelDesk,
    Over,
)
from baichuan_desktop.services.serving.values import DeskStatus, ServedModel

_Event = TypeVar("_Event")


class OwnDesk(ModelDesk):
    """Answers with each model of this machine; the one that is asked for is loaded in its turn."""

    def __init__(
        self,
        engine: EnginePort,
        store: ModelStore,
        manifests: ManifestStore,
        measurements: Measurements,
        last_used: LastUsed,
        terms: DeskTerms,
        *,
        clock: Callable[[], float] = time.monotonic,
        make_timer: MakeTimer = thread_timer,
    ) -> None:
        """The desk owns `engine`, which has to refuse what is not admitted; folders are looked at.

        Nothing is loaded yet.
        """
        self._terms = terms
        self._clock = clock
        self._models = ServedModels(store, manifests, terms, clock)
        self._models.look()
        self._memory = ModelInMemory(terms, measurements, last_used, clock)
        self._usual = terms.first  #: that is asked where no model is named: the one loaded last
        self._waiting = Waiting()
        self._line = EngineQueue(engine)
        self._idle = IdleTimer(terms.idle_minutes, self._on_idle, make_timer)

    @property
    @override
    def status(self) -> DeskStatus:
        return replace(self._memory.status, waiting=self._line.waiting)

    @override
    def models(self) -> Sequence[ServedModel]:
        return self._models.served(self._memory.model, self._memory.status)

    @override
    def ask(
        self, model_id: str | None, make: MakeRequest, deliver: Callable[[DeskEvent], object]
    ) -> Asked:
        """Take in a request for a model; it is loaded in the request's turn, in order.

        Raises QueueFullError, UnknownModelError, ModelNotServedError, InvalidRequestError where no
        model is named and none is known, and EngineEndedError once the desk is closed.
        """
        model = None if model_id is None else self._models.of(model_id)
        if model is None and self._usual is None:
            raise InvalidRequestError(
                "The request names no model, and none is loaded.",
                hint="Name the id of a model in the request.",
            )
        wish, asked_at = Wish(model), self._clock()

        def answer(engine: EnginePort, stop: Event) -> Iterator[DeskEvent]:
            self._waiting.remove(wish)
            return self._in_use(self._answer(wish, self._clock() - asked_at, make, engine, stop))

        def told(event: DeskEvent) -> None:
            if isinstance(event, Over):  # it may have left before its turn
                self._waiting.remove(wish)
            deliver(event)

        self._waiting.add(wish)
        try:
            return self._line.submit(answer, told, most_waiting=self._terms.most_waiting)
        except UserFacingError:
            self._waiting.remove(wish)
            raise

    def load_first(self, deliver: Callable[[DeskEvent], object]) -> Asked:
        """Have the model loaded that was named, before anybody asks for it."""
        first = self._terms.first
        assert first is not None, "a model was named"
        return self._line.submit(
            lambda engine, stop: self._in_use(self._load(first, engine, lambda: not stop.is_set())),
            deliver,
        )

    def close(self) -> None:
        """End what runs and what waits, and give all memory back; may be called twice."""
        self._idle.close()
        self._line.close()
        self._memory.forget()

    def _answer(
        self,
        wish: Wish,
        queued_seconds: float,
        make: MakeRequest,
        engine: EnginePort,
        stop: Event,
    ) -> Iterator[DeskEvent]:
        """Load the model and answer. Who leaves meanwhile leaves the load to those who come next.

        Else one who asks again after their patience ended would have it begin anew each time.
        """
        model = wish.model or self._memory.model or self._usual
        assert model is not None, "looked at when it was asked"
        yield from self._load(
            model, engine, lambda: not stop.is_set() or self._waiting.suits_next(model)
        )
        status = self.status
        if status.ready is None or stop.is_set():
            return
        request = make(LoadedFacts(self._models.told(model, status), status))
        yield Begun(queued_seconds)
        yield from self._memory.answer(engine.run(request, stop))

    def _load(
        self, model: InstalledModel, engine: EnginePort, is_wanted: Callable[[], bool]
    ) -> Iterator[ClientEvent]:
        if not self._memory.has(model):
            yield from self._memory.load(self._models.now(model), engine, is_wanted)
        self._usual = self._memory.model or self._usual

    def _in_use(self, events: Iterator[_Event]) -> Iterator[_Event]:
        self._idle.use_begins()
        try:
            yield from events
        finally:
            self._idle.use_ends()

    def _on_idle(self, uses: int) -> None:
        """Have the model leave the memory, unless somebody asks for something until then."""

        def unload(engine: EnginePort, _: Event) -> Iterator[ClientEvent]:
            if self._idle.uses == uses and not self._line.waiting:
                self._memory.unload(engine)
            return iter(())

        with contextlib.suppress(EngineEndedError):  # the desk is closed meanwhile
            self._line.submit(unload, lambda _: None)
