"""The answer of a model that is loaded beside the chat's, in an engine of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from typing_extensions import override

from backends.errors import EngineEndedError, NotAdmittedError, UserFacingError
from backends.events import (
    EngineEvent,
    Finished,
    FinishReason,
    LoadProgress,
    ModelKind,
    ModelReady,
    PrefillProgress,
    PromptReady,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.chat import details as answer_details
from baichuan_desktop.services.chat.requests import request_for
from baichuan_desktop.services.chat.tree import ConversationTree
from baichuan_desktop.services.chat.values import (
    ChatMessage,
    Conversation,
    ConversationKind,
    Status,
)
from baichuan_desktop.services.jobs.load_meter import LoadMeter
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.comparing.side import Side
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.models import model_texts, precision_texts
from baichuan_desktop.ui.turns.desk import OtherModel, Running, Wanted
from baichuan_desktop.workers.engine_worker import EngineWorker

_TICK_MS = 1000  # an engine that loads is silent for seconds, and shall be seen to be at work


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    conversation: Conversation
    parent: ChatMessage  #: the message that is answered, or the text that is continued
    params: SamplingParams | None  #: None: what the model asks for


class SecondAnswer(Side):
    """Loads the model, has it answer, and ends its engine. Only `start` begins anything.

    The answer is a version of the same question from its first word on, and kept as it is written.

    Signals:
        refused: the NotAdmittedError for which the model was not loaded; it may be started again.
    """

    refused = Signal(object)

    def __init__(
        self,
        question: Question,
        other: OtherModel,
        tree: ConversationTree,
        measurements: Measurements,
        make_worker: Callable[[], EngineWorker],
        adapter: str = "",
        parent: QObject | None = None,
    ) -> None:
        """`adapter` is the name of the adapter that `other` asks for."""
        is_text = question.conversation.kind is ConversationKind.TEXT
        super().__init__(is_text=is_text, parent=parent)
        self._question = question
        self._other = other
        self._wish = other.wish or LoadWish()
        self._tree = tree
        self._measurements = measurements
        self._make_worker = make_worker
        self._adapter = adapter
        self._worker: EngineWorker | None = None
        self._request_id = 0
        self._meter = LoadMeter(model_texts.name(other.model))
        self._ready: ModelReady | None = None
        self._running: Running | None = None
        self._error: UserFacingError | None = None
        self._is_stopping = False
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self.changed)

    @property
    def model(self) -> InstalledModel:
        """The model that answers."""
        return self._other.model

    def start(self) -> None:
        """Load the model; once more where it was refused."""
        self.is_over, self._error = False, None
        worker = self._worker = self._make_worker()
        worker.setParent(self)  # which keeps it until its own signal is over
        worker.produced.connect(self._on_event)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)
        self._tick.start()
        self._request_id = worker.start(self._wish.request(self._other.model, self._measurements))
        self.changed.emit()

    @property
    @override
    def title(self) -> str:
        name = model_texts.with_adapter(model_texts.name(self._other.model), self._adapter)
        if self._ready is not None:
            return f"{name} · {precision_texts.in_use(self._ready)}"
        return f"{name} · {self._wish.precision.label}" if self._wish.precision else name

    @property
    @override
    def waiting(self) -> str:
        return error_texts.sentence(self._meter.phrase) if self._ready is None else ""

    @property
    @override
    def trouble(self) -> str:
        return error_texts.message(self._error) if self._error is not None else ""

    @property
    @override
    def running(self) -> Running | None:
        return self._running

    @override
    def stop(self) -> None:
        if self._worker is not None:
            self._is_stopping = True
            self._worker.stop(self._request_id)

    @override
    def leave(self) -> None:
        self.shut_down(Status.STOPPED)

    def shut_down(self, status: Status = Status.BROKEN) -> None:
        """End the engine at once; what came of the answer so far is kept with this status."""
        self.blockSignals(True)
        self._end_worker()
        running, self._running = self._running, None
        if running is None or running.answer.details is None:
            return
        details = running.answer.details
        if status is Status.STOPPED:
            details = answer_details.ended(details, None, None)
        if running.has_text:
            self.answer = self._tree.end_answer(running.answer, status, details)
        else:
            self._drop(running)

    # --- from the engine ----------------------------------------------------------------------

    @Slot(object, int)
    def _on_event(self, event: EngineEvent, request_id: int) -> None:
        if request_id != self._request_id:
            return
        match event:
            case LoadProgress():
                self._meter.read(event)
            case ModelReady():
                self._ready = event
                self._tick.stop()
                self._measurements.loaded(event)
            case _ if self._running is not None:
                self._take(self._running, event)
        self.changed.emit()

    def _take(self, running: Running, event: EngineEvent) -> None:
        match event:
            case TextDelta(text):
                running.answer = self._tree.write(running.answer, running.answer.text + text)
            case Finished():
                running.finished = event
            case PromptReady():
                details = running.answer.details
                assert details is not None, "it was begun with them"
                read = answer_details.read(details, event)
                running.answer = self._tree.describe(running.answer, read)
            case PrefillProgress():
                running.progress = event
                running.pace.read(event.done_tokens, event.total_tokens)
        self.answer = running.answer

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, request_id: int) -> None:
        # An engine that was ended is a stop that was asked for.
        if request_id == self._request_id and not isinstance(error, EngineEndedError):
            self._error = error

    @Slot(int)
    def _on_ended(self, request_id: int) -> None:
        if request_id != self._request_id:
            return
        if self._running is not None:
            self._conclude(self._running)
        elif self._ready is not None and not self._is_stopping and self._error is None:
            self._ask(self._ready)
            return
        self._end_worker()
        self.is_over = True
        self.ended.emit()
        if isinstance(self._error, NotAdmittedError):
            self.refused.emit(self._error)

    def _ask(self, ready: ModelReady) -> None:
        """Have the model that is loaded answer."""
        assert self._worker is not None, "it has just spoken"
        conversation, model = self._question.conversation, self._other.model
        params = self._question.params or SamplingParams.from_defaults(ready.defaults)
        parent = self._question.parent
        request = request_for(
            self._tree.store,
            conversation,
            self._tree.store.branch(parent.id),
            params,
            ready,
            as_chat=model.kind is ModelKind.BASE and conversation.kind is ConversationKind.CHAT,
            prompt_turns=model.prompt_turns,
        )
        self.answer = self._tree.begin_answer(
            parent,
            model=model.shown_name.en,
            details=answer_details.begun(ready, params, self._adapter),
            is_beside=True,
        )
        self._request_id = self._worker.start(request)
        wanted = Wanted(conversation.id, parent.id, params)
        self._running = Running(wanted, self._request_id, self.answer)
        self.changed.emit()

    def _conclude(self, running: Running) -> None:
        self._running = None
        finished, error = running.finished, self._error
        by_itself = finished is not None and finished.reason is not FinishReason.CANCELLED
        if not running.has_text and not by_itself:
            self._drop(running)
            return
        assert running.answer.details is not None, "it was begun with them"
        self.answer = self._tree.end_answer(
            running.answer,
            answer_details.status_of(finished, error),
            answer_details.ended(running.answer.details, finished, error),
        )

    def _drop(self, running: Running) -> None:
        self._tree.drop_answer(running.answer, running.wanted.parent)
        self.answer = None

    def _end_worker(self) -> None:
        """The engine is gone afterwards, and its memory free."""
        self._tick.stop()
        self._request_id = 0
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.shut_down()
            worker.deleteLater()
