"""The model of the window for other programs: their requests stand in line with its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from typing_extensions import override

from backends.errors import (
    AdapterError,
    EngineEndedError,
    ModelNotServedError,
    NoModelServedError,
    QueueFullError,
    UserFacingError,
)
from backends.events import ModelReady
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.engines.queue import EngineQueue, Turn
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent
from baichuan_desktop.services.library.registry import UnknownModelError
from baichuan_desktop.services.serving.port import (
    Asked,
    Begun,
    DeskEvent,
    InLine,
    LoadedFacts,
    MakeRequest,
    ModelDesk,
    Over,
)
from baichuan_desktop.services.serving.values import (
    MOST_WAITING,
    DeskState,
    DeskStatus,
    ServedModel,
)
from baichuan_desktop.services.serving.window_engine import InMemory, WindowEngine

_Deliver = Callable[[DeskEvent], object]


@dataclass(frozen=True, slots=True)
class ShownModel:
    """The model that the window is about, whether it is in memory or not."""

    served: ServedModel
    folder: str
    is_asleep: bool = False  #: it left the memory, and is loaded again once somebody asks


class WindowEars(Protocol):
    """What the window hears of requests that are not its own; called on any thread."""

    def wake(self) -> object:
        """The model that sleeps is wanted."""
        ...

    def used(self) -> object:
        """The model was used."""
        ...

    def reloaded(self, ready: ModelReady) -> object:
        """A fresh engine loaded the model again, after a crash."""
        ...

    def silent(self, seconds: int) -> object:
        """The engine has not gone on for so long, where that is a hang; 0: it goes on."""
        ...

    def adapter_lost(self, error: AdapterError) -> object:
        """The model answers without its adapter from now on."""
        ...


class WindowDesk(ModelDesk):
    """Serves the window's model and loads none: what the person chooses there holds.

    A request that finds no model in memory waits until the window has loaded one.
    """

    def __init__(
        self,
        line: EngineQueue,
        engine: WindowEngine,
        ears: WindowEars,
        is_listed: Callable[[str], bool],
        *,
        most_waiting: int = MOST_WAITING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`engine` is the one in `line`; `is_listed` tells ids of models that are here."""
        self._line, self._engine, self._ears = line, engine, ears
        self._is_listed = is_listed
        self._most_waiting = most_waiting
        self._clock = clock
        self._lock = threading.RLock()
        self._shown: ShownModel | None = None
        self._known: dict[str, ServedModel] = {}  # by folder: what was shown
        self._parked: list[_WindowAsked] = []  # wait for a model, the first comes first
        self._open: set[_WindowAsked] = set()  # are not over
        engine.tell = self._on_memory

    # --- from the window ----------------------------------------------------------------------

    def show(self, shown: ShownModel | None, error: UserFacingError | None = None) -> None:
        """Take note of the window's model; None: there is none, as an error says, if one did."""
        with self._lock:
            self._shown = shown
            if shown is None:
                parked, self._parked = self._parked, []
                for asked in parked:
                    asked.tell(Over(error or NoModelServedError()))
                return
            self._known[shown.folder] = shown.served
            if shown.is_asleep and self._parked:
                self._ears.wake()
            self._unpark()

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits for an answer, or gets one."""
        return bool(self._open)

    def end_running(self) -> None:
        """End the engine that answers a request, and no other; that one ends with an error."""
        with self._lock:
            turns = [one.turn for one in self._open if one.is_begun]
        for turn in turns:
            if turn is not None:
                turn.kill()

    # --- from whoever serves ------------------------------------------------------------------

    @property
    @override
    def status(self) -> DeskStatus:
        with self._lock:
            shown, parked = self._shown, len(self._parked)
            facts = self._facts()
        waiting = parked + self._line.waiting
        if facts is not None:
            state = DeskState.ANSWERING if self._line.is_running else DeskState.READY
            return DeskStatus(state, facts.id, self._ready, waiting)
        if shown is None:
            return DeskStatus(DeskState.EMPTY, waiting=waiting)
        if shown.is_asleep:
            return DeskStatus(DeskState.EMPTY, shown.served.id, waiting=waiting)
        share = self._engine.load_share
        return DeskStatus(DeskState.LOADING, shown.served.id, waiting=waiting, load_share=share)

    @override
    def models(self) -> Sequence[ServedModel]:
        with self._lock:
            facts, shown = self._facts(), self._shown
        if facts is not None:
            return (facts,)
        return () if shown is None else (shown.served,)

    @override
    def ask(self, model_id: str | None, make: MakeRequest, deliver: _Deliver) -> Asked:
        """See the port. Raises NoModelServedError and ModelNotServedError too."""
        with self._lock:
            if self._shown is None:
                raise NoModelServedError
            self._require(model_id, self._shown.served.id)
            waiting = sum(not one.is_begun for one in self._open)  # the window's do not count
            if waiting >= self._most_waiting:
                raise QueueFullError(waiting)
            asked = _WindowAsked(self, model_id, make, deliver, self._clock())
            self._open.add(asked)
            self._go_on(asked)
        return asked

    def _require(self, model_id: str | None, served: str) -> None:
        if model_id in (None, served):
            return
        assert model_id is not None
        if self._is_listed(model_id):
            raise ModelNotServedError(model_id, served)
        raise UnknownModelError(model_id, [served])

    # --- the line -----------------------------------------------------------------------------

    @property
    def _ready(self) -> ModelReady | None:
        in_memory = self._engine.in_memory
        return None if in_memory is None else in_memory.ready

    def _facts(self) -> ServedModel | None:
        """The model that is in memory, if the window has told of it already."""
        in_memory = self._engine.in_memory
        served = None if in_memory is None else self._known.get(in_memory.folder)
        if in_memory is None or served is None:
            return None
        length = in_memory.ready.context_length
        return replace(served, context_length=length, is_loaded=True)

    def _on_memory(self, in_memory: InMemory | None) -> None:
        if in_memory is not None:
            with self._lock:
                self._unpark()

    def _unpark(self) -> None:
        if self._facts() is not None:
            parked, self._parked = self._parked, []
            for asked in parked:
                self._go_on(asked)

    def _go_on(self, asked: _WindowAsked) -> None:
        """Have a request stand in line, or wait for a model where none is in memory."""
        if self._facts() is None:
            self._park(asked)
            return
        trial = _Trial(asked)
        try:
            asked.turn = self._line.submit(
                lambda engine, stop: self._run(trial, engine, stop), trial.tell, asked.stop
            )
        except EngineEndedError as error:  # the window is being closed
            asked.tell(Over(error))

    def _park(self, asked: _WindowAsked) -> None:
        if asked.stop.is_set():
            asked.tell(Over())
            return
        self._parked.append(asked)
        asked.tell(InLine(len(self._parked) - 1 + self._line.waiting))
        if self._shown is not None and self._shown.is_asleep:
            self._ears.wake()

    def _run(self, trial: _Trial, engine: EnginePort, stop: threading.Event) -> Iterator[DeskEvent]:
        """What comes of a request whose turn it is."""
        asked = trial.asked
        with self._lock:
            model = self._facts()
            if model is None:  # it left the memory since, before it was this one's turn
                trial.is_given_up = True
                self._park(asked)
                return
        self._require(asked.model_id, model.id)
        asked.is_begun = True
        request = asked.make(LoadedFacts(model, self.status))
        self._ears.used()
        yield Begun(self._clock() - asked.since)
        yield from engine.run(request, stop)

    def cancel(self, asked: _WindowAsked) -> None:
        """See `Asked.cancel`."""
        with self._lock:
            asked.stop.set()
            if asked in self._parked:
                self._parked.remove(asked)
                asked.tell(Over())
            turn = asked.turn
        if turn is not None:
            turn.cancel()

    def hear(self, asked: _WindowAsked, event: DeskEvent) -> None:
        """Tell the window what comes of a request."""
        match event:
            case ModelReady():
                self._ears.reloaded(event)
            case EngineSilent(seconds):
                self._ears.silent(seconds)
            case EngineHeard():
                self._ears.silent(0)
            case Over(error):
                self._ears.silent(0)
                with self._lock:
                    self._open.discard(asked)
                self._ears.used()
                if isinstance(error, AdapterError):
                    self._ears.adapter_lost(error)


class _WindowAsked(Asked):
    """A request, which may have more than one turn: one that finds no model waits for another."""

    def __init__(
        self,
        desk: WindowDesk,
        model_id: str | None,
        make: MakeRequest,
        deliver: _Deliver,
        since: float,
    ) -> None:
        self._desk, self._deliver = desk, deliver
        self.model_id, self.make = model_id, make
        self.since = since  #: by the clock of the desk
        self.stop = threading.Event()
        self.turn: Turn | None = None  #: the last one
        self.is_begun = False  #: the engine has it

    @override
    def cancel(self) -> None:
        self._desk.cancel(self)

    def tell(self, event: DeskEvent) -> None:
        self._desk.hear(self, event)
        self._deliver(event)


class _Trial:
    """One turn of a request."""

    def __init__(self, asked: _WindowAsked) -> None:
        self.asked = asked
        self.is_given_up = False  #: another turn takes its place

    def tell(self, event: DeskEvent) -> None:
        if not self.is_given_up:
            self.asked.tell(event)
