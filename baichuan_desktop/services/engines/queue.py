"""One engine for several who ask: each gets a turn, in the order in which they asked."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, TypeVar

from typing_extensions import override

from backends.errors import EngineEndedError, EngineError, QueueFullError, UserFacingError
from backends.protocol.engine_requests import Request
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort
from baichuan_desktop.services.engines.turns import InLine, Over

log = logging.getLogger(__name__)

#: How often one who waits looks whether they still want their turn.
_POLL_SECONDS = 0.02

Event = TypeVar("Event")

#: Makes the events of a turn with the engine, until they end or the event is set.
RunTurn = Callable[[EnginePort, threading.Event], Iterator[Event]]

_Deliver = Callable[[Any], object]


class Turn:
    """What somebody asked of an engine, from then on."""

    def __init__(
        self,
        line: EngineQueue,
        run: RunTurn[Any],
        deliver: _Deliver,
        stop: threading.Event,
    ) -> None:
        self._line = line
        self.run = run
        self.deliver = deliver
        self.stop = stop  #: set: it need not begin, or ends early
        self.before = -1  #: turns, as was told last
        self.is_killed = False
        self.is_deaf = False  #: its `deliver` failed, and hears of the end alone from then on

    def cancel(self) -> None:
        """Leave the line, or have the engine end early as it does; from any thread, also later."""
        self._line.cancel(self)

    def kill(self) -> None:
        """Leave the line, or end the engine at once: the turn is over with EngineEndedError."""
        self._line.kill(self)


class EngineQueue:
    """One engine for several who ask: a thread of its own runs what they ask, first come first.

    The engine is used from that thread only, and its child is bound to it. What comes of turns is
    told on a second thread, so that places are told while the engine works.
    """

    def __init__(self, engine: EnginePort) -> None:
        """The queue owns the engine."""
        self._engine = engine
        self._lock = threading.Condition()
        self._waiting: deque[Turn] = deque()
        self._running: Turn | None = None
        self._is_closed = False
        self._told: queue.SimpleQueue[tuple[Turn, object] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._run_turns, "engine-turns"), (self._tell, "engine-told"))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Turns that have not begun."""
        with self._lock:
            return len(self._waiting)

    @property
    def is_running(self) -> bool:
        """Whether a turn has begun and is not over."""
        with self._lock:
            return self._running is not None

    def submit(
        self,
        run: RunTurn[Event],
        deliver: Callable[[InLine | Event | Over], object],
        stop: threading.Event | None = None,
        most_waiting: int | None = None,
    ) -> Turn:
        """A turn at the end of the line; its `run` is called once it has come.

        `deliver` is called on a thread of the queue's and must not wait: with each place in the
        line, with what `run` yields, and at last with `Over`, which has what `run` raised. A turn
        that was cancelled before it came never begins. `stop` is what cancelling sets; who sets
        it themselves calls `cancel` too, or keeps their place. Raises EngineEndedError after the
        queue was closed, and QueueFullError where more would wait than `most_waiting`.
        """
        turn = Turn(self, run, deliver, stop or threading.Event())
        with self._lock:
            if self._is_closed:
                raise EngineEndedError
            ahead = len(self._waiting) + (0 if self._running is None else 1)
            if most_waiting is not None and ahead > most_waiting:
                raise QueueFullError(len(self._waiting))
            self._waiting.append(turn)
            self._tell_places()
            self._lock.notify_all()
        return turn

    def port(self, hear_place: Callable[[int], object] | None = None) -> EnginePort:
        """The engine for one who calls `run` and waits there for their turn: the owner's.

        `hear_place` is called by `run` with how many turns are before it, whenever that changes.
        Its `kill` ends only what was asked by it. Its `close` closes the queue.
        """
        return _QueuedPort(self, hear_place or (lambda _: None))

    def cancel(self, turn: Turn) -> None:
        """See `Turn.cancel`."""
        with self._lock:
            turn.stop.set()
            self._leave(turn, None)

    def kill(self, turn: Turn) -> None:
        """See `Turn.kill`."""
        with self._lock:
            if turn is self._running:
                turn.is_killed = True
                turn.stop.set()
                self._engine.kill()
            else:
                self._leave(turn, EngineEndedError())

    def close(self) -> None:
        """End what runs and give up what waits, end the engine and wait for that.

        May be called twice, from any thread; from the queue's own it does not wait.
        """
        with self._lock:
            self._is_closed = True
            for turn in tuple(self._waiting):
                self._leave(turn, EngineEndedError())
            if self._running is not None:
                self.kill(self._running)
            self._lock.notify_all()
        if threading.current_thread() not in self._threads:
            for thread in self._threads:
                thread.join()

    def _leave(self, turn: Turn, error: UserFacingError | None) -> None:
        """Have a turn that waits be over."""
        if turn in self._waiting:
            self._waiting.remove(turn)
            self._told.put((turn, Over(error)))
            self._tell_places()

    def _tell_places(self) -> None:
        ahead = 0 if self._running is None else 1
        for before, turn in enumerate(self._waiting, ahead):
            if turn.before != before:
                turn.before = before
                self._told.put((turn, InLine(before)))

    def _run_turns(self) -> None:
        try:
            while (turn := self._next()) is not None:
                self._run(turn)
        finally:
            with self._lock:  # also after a bug: nobody waits for ever
                self._is_closed = True
                for turn in tuple(self._waiting):
                    self._leave(turn, EngineEndedError())
            try:
                self._engine.close()
            finally:
                self._told.put(None)

    def _next(self) -> Turn | None:
        """The turn that comes now, as soon as there is one; None once the queue is closed."""
        with self._lock:
            self._tell_places()
            self._lock.wait_for(lambda: self._waiting or self._is_closed)
            if not self._waiting:
                return None
            self._running = self._waiting.popleft()
            return self._running

    def _run(self, turn: Turn) -> None:
        error: UserFacingError | None = None
        try:
            self._run_events(turn)
        except UserFacingError as raised:
            error = raised
        except Exception as raised:  # a thread must not die silently
            log.exception("A turn failed in a way not foreseen.", exc_info=_wordless(raised))
            error = EngineError(
                "The app met an error it does not know: {text}.", text=f"{raised!s:.200}"
            )
        with self._lock:
            # From here on a kill comes too late for it, and is not for the turn that comes next.
            self._running = None
        try:
            if turn.is_killed:
                error = EngineEndedError()
                self._engine.close()  # it may have begun anew, or have ended before it was killed
        finally:
            self._told.put((turn, Over(error)))

    def _run_events(self, turn: Turn) -> None:
        if turn.stop.is_set():
            return
        for event in turn.run(self._engine, turn.stop):
            if turn.is_killed:
                break
            self._told.put((turn, event))

    def _tell(self) -> None:
        while (told := self._told.get()) is not None:
            turn, event = told
            if turn.is_deaf and not isinstance(event, Over):
                continue
            try:
                turn.deliver(event)
            except Exception as error:  # who does not listen any more is no reason to die
                turn.is_deaf = True
                log.exception("What came of a turn was not taken.", exc_info=_wordless(error))
                turn.cancel()


def _wordless(error: Exception) -> tuple[type[RuntimeError], RuntimeError, TracebackType | None]:
    """What a log may say of an error: its own words may be those of a prompt."""
    kind = RuntimeError(f"{type(error).__name__}, whose words are left out")
    return RuntimeError, kind, error.__traceback__


class _QueuedPort(EnginePort):
    """An engine whose turns come from a queue."""

    def __init__(self, line: EngineQueue, hear_place: Callable[[int], object]) -> None:
        self._line = line
        self._hear_place = hear_place
        self._turn: Turn | None = None  #: the one that `run` waits for, or has

    @override
    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        """Wait for a turn and yield its events; nothing if it was cancelled before it came."""
        told: queue.SimpleQueue[InLine | ClientEvent | Over] = queue.SimpleQueue()
        turn = self._turn = self._line.submit(
            lambda engine, stop: engine.run(request, stop), told.put, cancel
        )
        is_begun = is_over = False
        try:
            while not is_over:
                try:
                    event = told.get(timeout=None if is_begun else _POLL_SECONDS)
                except queue.Empty:
                    if cancel.is_set():
                        turn.cancel()
                    continue
                match event:
                    case InLine(before):
                        self._hear_place(before)
                    case Over(error):
                        is_over = True
                        if error is not None:
                            raise error
                    case _:
                        is_begun = True
                        yield event
        finally:
            if not is_over:  # nobody listens any more; else the event stays as its owner has it
                turn.cancel()

    @override
    def kill(self) -> None:
        turn = self._turn
        if turn is not None:
            turn.kill()

    @override
    def close(self) -> None:
        self._line.close()
