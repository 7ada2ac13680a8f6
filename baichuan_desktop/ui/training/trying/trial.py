"""Asks a model and what was trained of it the same questions, in one engine beside the chat's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backends.errors import EngineEndedError, NotAdmittedError, UserFacingError
from backends.events import (
    AdapterReady,
    Finished,
    LoadProgress,
    ModelKind,
    ModelReady,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import AdapterRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.chat.prompts import chat_request
from baichuan_desktop.services.jobs.load_meter import LoadMeter
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.training.trying.answers import TrialAnswers
from baichuan_desktop.workers.engine_worker import EngineWorker

_TICK_MS = 1000  # an engine that loads is silent for seconds, and shall be seen to be at work


@dataclass(frozen=True, slots=True)
class Tried:
    """What is compared."""

    base: InstalledModel
    adapter: Path | None  #: folder of the adapter that was trained
    tuned: InstalledModel | None  #: the model that was trained; None where it is an adapter
    name: str  #: of what was trained


class _Doing(Enum):
    LOAD = "load"
    SWITCH = "switch"
    ANSWER = "answer"


class Trial(QObject):
    """Has one engine answer each question twice: the side first that is loaded already.

    An adapter is switched on and off in it; a trained model is loaded in place of its base. Each
    question is asked for itself, with what the model asks for of sampling.

    Signals:
        changed: something else is being done, or nothing any more.
        refused: the NotAdmittedError of a load; `again` asks once more.
    """

    changed = Signal()
    refused = Signal(object)

    def __init__(
        self,
        tried: Tried,
        measurements: Measurements,
        make_worker: Callable[[], EngineWorker],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.tried = tried
        self._measurements = measurements
        self._make_worker = make_worker
        self._worker: EngineWorker | None = None
        self.sides = (TrialAnswers(self), TrialAnswers(self))  #: before and after the training
        self.error: UserFacingError | None = None  #: for which the last question was not answered
        self.wish: LoadWish | None = None  #: None: nothing is loaded before it is known
        self._meter = LoadMeter(model_texts.name(tried.base))
        self._ready: ModelReady | None = None
        self._side = 0  # that the engine is ready to answer for
        self._asked = 0  # the side that answers now
        self._doing: _Doing | None = None
        self._request_id = 0
        self._finished: Finished | None = None
        self._question = ""
        self._waiting: deque[tuple[int, str]] = deque()  # side and question
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._say_loading)

    @property
    def is_busy(self) -> bool:
        """Whether a question is not answered yet by both."""
        return self._doing is not None or bool(self._waiting)

    # --- what is asked for --------------------------------------------------------------------

    def ask(self, question: str) -> None:
        """Have both sides answer a question."""
        self.error, self._question = None, question
        for side in self.sides:
            side.ask(question, self.tr("Waits"))
        self._waiting.extend((side, question) for side in (self._side, 1 - self._side))
        self._go_on()

    def begin(self, wish: LoadWish) -> None:
        """There is room: load so what is asked."""
        self.wish = wish
        self._go_on()

    def _go_on(self) -> None:
        """Do what is next, if nothing is being done."""
        if self._doing is not None or self.wish is None or not self._waiting:
            self.changed.emit()
            return
        side, question = self._waiting[0]
        if self._ready is None or (side != self._side and self.tried.tuned is not None):
            self._load(side)
        elif side != self._side:
            adapter = self.tried.adapter if side else None
            self._start(
                _Doing.SWITCH, AdapterRequest(None if adapter is None else str(adapter)), side
            )
        else:
            self._waiting.popleft()
            self._answer(side, question)
        self.changed.emit()

    def _load(self, side: int) -> None:
        assert self.wish is not None
        tried = self.tried
        model = tried.tuned if side and tried.tuned is not None else tried.base
        wish = replace(self.wish, adapter=tried.adapter if side else None)
        self._ready = None
        self._meter = LoadMeter(model_texts.name(model))
        self._tick.start()
        self._start(_Doing.LOAD, wish.request(model, self._measurements), side)
        self._say_loading()

    def _answer(self, side: int, question: str) -> None:
        assert self._ready is not None
        tried = self.tried
        model = tried.tuned if side and tried.tuned is not None else tried.base
        self._finished = None
        request = chat_request(
            [Message(Role.USER, question)],
            SamplingParams.from_defaults(self._ready.defaults),
            as_chat=model.kind is ModelKind.BASE,
            prompt_turns=model.prompt_turns,
        )
        self.sides[side].wait("")
        self._start(_Doing.ANSWER, request, side)

    def _start(self, doing: _Doing, request: object, side: int) -> None:
        worker = self._worker
        if worker is None:
            worker = self._worker = self._make_worker()
            worker.setParent(self)  # which keeps it until its own signal is over
            worker.produced.connect(self._on_event)
            worker.failed.connect(self._on_failed)
            worker.ended.connect(self._on_ended)
        self._doing, self._asked = doing, side
        self._request_id = worker.start(request)

    @Slot()
    def stop(self) -> None:
        """End what is being answered, and answer nothing more of it."""
        self._waiting.clear()
        if self._worker is not None and self._doing is not None:
            self._worker.stop(self._request_id)
        for side in self.sides:
            if side is not self.sides[self._asked] or self._doing is not _Doing.ANSWER:
                side.end(None)
        self.changed.emit()

    def shut_down(self) -> None:
        """End the engine at once."""
        self.blockSignals(True)
        self._waiting.clear()
        self._end_worker()

    # --- from the engine ----------------------------------------------------------------------

    @Slot(object, int)
    def _on_event(self, event: object, request_id: int) -> None:
        if request_id != self._request_id:
            return
        match event:
            case LoadProgress():
                self._meter.read(event)
                self._say_loading()
            case ModelReady():
                self._ready, self._side = event, self._asked
                self._measurements.loaded(event)
            case AdapterReady():
                self._side = self._asked
            case TextDelta(text):
                self.sides[self._asked].write(text)
            case Finished():
                self._finished = event

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, request_id: int) -> None:
        # An engine that was ended is a stop that was asked for.
        if request_id == self._request_id and not isinstance(error, EngineEndedError):
            self.error = error

    @Slot(int)
    def _on_ended(self, request_id: int) -> None:
        if request_id != self._request_id:
            return
        doing, self._doing, self._request_id = self._doing, None, 0
        self._tick.stop()
        if doing is _Doing.ANSWER:
            self.sides[self._asked].end(self._finished, self.error)
        if self.error is not None:
            self._give_up(self.error)
        self._go_on()

    def _give_up(self, error: UserFacingError) -> None:
        """Begin with a fresh engine the next time; a refusal may be asked about."""
        self._waiting.clear()
        for side in self.sides:
            side.end(None, error)
        self._end_worker()
        if isinstance(error, NotAdmittedError):
            self.refused.emit(error)

    def again(self) -> None:
        """Ask the last question once more."""
        self.ask(self._question)

    @Slot()
    def _say_loading(self) -> None:
        if self._doing is _Doing.LOAD:
            self.sides[self._asked].wait(error_texts.sentence(self._meter.phrase))

    def _end_worker(self) -> None:
        """The engine is gone afterwards, and its memory free."""
        self._tick.stop()
        self._request_id, self._doing, self._ready = 0, None, None
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.shut_down()
            worker.deleteLater()
