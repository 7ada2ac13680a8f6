"""What happens between a message and its answer: the rules, without a widget."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import EngineEndedError, UserFacingError
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
from baichuan_desktop.services.chat.session import ChatSession, completion
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.workers.engine_worker import EngineWorker


@dataclass(slots=True)
class _Answer:
    """An answer that is on its way, and what came of it so far."""

    request_id: int
    text: str  #: what it answers, or continues
    text_before: str = ""  #: of a base model: what it had continued until then
    is_wanted: bool = True  #: no more after New chat
    has_text: bool = False
    dropped_messages: int = 0
    room_tokens: int | None = None
    finished: Finished | None = None
    error: UserFacingError | None = None


@dataclass(frozen=True, slots=True)
class AnswerEnd:
    """How an answer ended: `finished` as a whole, or with an `error`, or neither if stopped."""

    finished: Finished | None
    error: UserFacingError | None
    dropped_messages: int
    room_tokens: int | None = None  #: for the answer, where it is less than was asked for


class ChatController(QObject):
    """The conversation with the model that is loaded.

    Signals:
        person_said: a message went out.
        completion_began: a text for a base model went out; empty if the last one is continued.
        progressed: a LoadProgress, PromptReady or PrefillProgress of the answer.
        reloaded: the ModelReady of a fresh engine, which took the place of one that crashed.
        text_arrived: more of the answer.
        answering: text came, and nobody has asked the answer to stop.
        answer_ended: an AnswerEnd; there was text.
        finished: the Finished of an answer that has come to its own end.
        unanswered: a message's text, which got none, and the AnswerEnd.
        cleared: the conversation is empty now.
        state_changed: the ChatState now; it may be the one of before.
        failed: a UserFacingError to show.
    """

    person_said = Signal(str)
    completion_began = Signal(str)
    progressed = Signal(object)
    reloaded = Signal(object)
    text_arrived = Signal(str)
    answering = Signal()
    answer_ended = Signal(object)
    finished = Signal(object)
    unanswered = Signal(str, object)
    cleared = Signal()
    state_changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self, worker: EngineWorker, switcher: ModelSwitcher, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._switcher = switcher
        self._session = ChatSession()
        self._text = ""  # of a base model: what was written and continued so far
        self._answer: _Answer | None = None
        self.model: InstalledModel | None = None
        self._as_chat = False  # the model is a base model, and chatted with all the same
        self._is_stopping = False
        worker.produced.connect(self._on_event)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)
        switcher.began.connect(self._tell_state)
        switcher.stepped_aside.connect(self._tell_state)

    @property
    def state(self) -> ChatState:
        """What a person can do now."""
        if self._answer is not None:
            return ChatState.STOPPING if self._is_stopping else ChatState.ANSWERING
        return ChatState.WAITING if self._switcher.current is None else ChatState.READY

    @property
    def is_answering(self) -> bool:
        """Whether an answer is on its way."""
        return self._answer is not None

    @property
    def completes(self) -> bool:
        """Whether the model continues text and does not chat."""
        return self.model is not None and self.model.kind is ModelKind.BASE and not self._as_chat

    @property
    def has_text_to_continue(self) -> bool:
        """Whether a base model could go on without a new text."""
        return self.completes and bool(self._text)

    def use_model(self, model: InstalledModel, *, as_chat: bool = False) -> bool:
        """Talk with this model; True if that begins another conversation.

        `as_chat` has a base model chat, for which somebody fine-tuned it.
        """
        is_another = self.model is None or self.model.path != model.path
        is_another = is_another or self._as_chat != as_chat
        self.model, self._as_chat = model, as_chat
        if is_another:
            self._forget()
        return is_another

    def send(self, text: str, params: SamplingParams, system_prompt: str) -> None:
        """Have a message answered, or a text continued; an empty one continues the last text."""
        assert self._answer is None, "one answer at a time"
        self._is_stopping = False
        if self.completes:
            before, self._text = self._text, text or self._text
            request_id = self._worker.start_instead(completion(self._text, params))
            self._answer = _Answer(request_id, text, text_before=before)
            self.completion_began.emit(text)
        else:
            self._session.system_prompt = system_prompt
            request = self._session.ask(text, params, as_chat=self._as_chat)
            self._answer = _Answer(self._worker.start_instead(request), text)
            self.person_said.emit(text)
        self._tell_state()

    @Slot()
    def stop(self) -> None:
        """End the answer; what there is of it stays."""
        if self._answer is not None and not self._is_stopping:
            self._is_stopping = True
            self._worker.stop(self._answer.request_id)
            self._tell_state()

    @Slot()
    def new_chat(self) -> None:
        """Forget the conversation, and stop the answer that is on its way."""
        if self._answer is not None:
            self._answer.is_wanted = False
            self.stop()
        self._forget()
        self.cleared.emit()

    @Slot()
    def _tell_state(self) -> None:
        self.state_changed.emit(self.state)

    def _forget(self) -> None:
        self._session.clear()
        self._text = ""

    # --- from the answer that runs ----------------------------------------------------------

    def _of(self, request_id: int) -> _Answer | None:
        """The answer that a request is about; None where it is somebody else's."""
        answer = self._answer
        return answer if answer is not None and answer.request_id == request_id else None

    @Slot(object, int)
    def _on_event(self, event: EngineEvent, request_id: int) -> None:
        answer = self._of(request_id)
        if answer is None or not answer.is_wanted:
            return
        match event:
            case TextDelta(text):
                answer.has_text = True
                self._receive(text)
            case Finished():
                answer.finished = event
            case ModelReady():
                self.reloaded.emit(event)
            case PromptReady():
                answer.dropped_messages = event.dropped_messages
                answer.room_tokens = event.room_tokens
                self.progressed.emit(event)
            case PrefillProgress() | LoadProgress():
                self.progressed.emit(event)

    def _receive(self, text: str) -> None:
        if self.completes:
            self._text += text
        else:
            self._session.receive(text)
        self.text_arrived.emit(text)
        if not self._is_stopping:
            self.answering.emit()

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, request_id: int) -> None:
        answer = self._of(request_id)
        # An engine that was ended is a stop that was asked for.
        if answer is not None and not isinstance(error, EngineEndedError):
            answer.error = error

    @Slot(int)
    def _on_ended(self, request_id: int) -> None:
        answer = self._of(request_id)
        if answer is None:
            return
        self._answer = None
        self._is_stopping = False
        if answer.is_wanted:
            self._conclude(answer)
        self._tell_state()
        if answer.is_wanted and answer.error is not None:
            self.failed.emit(answer.error)

    def _conclude(self, answer: _Answer) -> None:
        how = AnswerEnd(answer.finished, answer.error, answer.dropped_messages, answer.room_tokens)
        ended_by_itself = (
            answer.finished is not None and answer.finished.reason is not FinishReason.CANCELLED
        )
        if answer.has_text or ended_by_itself:
            self._session.end_answer()
            self.answer_ended.emit(how)
            if answer.finished is not None:
                self.finished.emit(answer.finished)
        elif self.completes:
            self._text = answer.text_before
            self.unanswered.emit(answer.text, how)
        else:
            self.unanswered.emit(self._session.take_back(), how)
