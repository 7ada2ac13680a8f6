"""What happens between a message and its answer: the rules, without a widget."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from backends.errors import EngineEndedError, UserFacingError
from backends.events import (
    EngineEvent,
    Finished,
    FinishReason,
    LoadProgress,
    ModelReady,
    PrefillProgress,
    PromptReady,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from backends.protocol.requests import Request
from baichuan_desktop.services.chat.session import ChatSession, completion
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.models.request_queue import RequestQueue


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
        progressed: a LoadProgress, ModelReady, PromptReady or PrefillProgress of the answer.
        text_arrived: more of the answer.
        answer_ended: an AnswerEnd; there was text.
        unanswered: a message's text, which got none, and the AnswerEnd.
        cleared: the conversation is empty now.
        state_changed: `is_answering` or `is_stopping` may be others now.
        failed: a UserFacingError to show.
    """

    person_said = Signal(str)
    completion_began = Signal(str)
    progressed = Signal(object)
    text_arrived = Signal(str)
    answer_ended = Signal(object)
    unanswered = Signal(str, object)
    cleared = Signal()
    state_changed = Signal()
    failed = Signal(object)

    def __init__(self, queue: RequestQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = ChatSession()
        self._text = ""  # of a base model: what was written and continued so far
        self._answer: _Answer | None = None
        self.model: InstalledModel | None = None
        self._as_chat = False  # the model is a base model, and chatted with all the same
        self.is_stopping = False

    @property
    def is_answering(self) -> bool:
        """Whether an answer is on its way."""
        return self._answer is not None

    @property
    def completes(self) -> bool:
        """Whether the model continues text and does not chat."""
        return self.model is not None and self.model.kind == "base" and not self._as_chat

    @property
    def has_text_to_continue(self) -> bool:
        """Whether a base model could go on without a new text."""
        return self.completes and bool(self._text)

    def use_model(self, model: InstalledModel, *, as_chat: bool = False) -> bool:
        """Talk with this model; whether it begins a conversation of its own.

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
        request: Request
        if self.completes:
            before, self._text = self._text, text or self._text
            request = completion(self._text, params)
            self._answer = _Answer(self, request, text, text_before=before)
            self.completion_began.emit(text)
        else:
            self._session.system_prompt = system_prompt
            request = self._session.ask(text, params, as_chat=self._as_chat)
            self._answer = _Answer(self, request, text)
            self.person_said.emit(text)
        self.is_stopping = False
        self.state_changed.emit()
        self._queue.submit(self._answer)

    def stop(self) -> None:
        """End the answer; what there is of it stays."""
        if self._answer is not None and not self.is_stopping:
            self.is_stopping = True
            self._queue.stop()
            self.state_changed.emit()

    def new_chat(self) -> None:
        """Forget the conversation, and stop the answer that is on its way."""
        if self._answer is not None:
            self._answer.is_wanted = False
            self.stop()
        self._forget()
        self.cleared.emit()

    def _forget(self) -> None:
        self._session.clear()
        self._text = ""

    # --- from the answer that runs ----------------------------------------------------------

    def receive(self, text: str) -> None:
        """More of the answer."""
        if self.completes:
            self._text += text
        else:
            self._session.receive(text)
        self.text_arrived.emit(text)

    def end(self, answer: _Answer) -> None:
        """The answer is over, however."""
        self._answer = None
        self.is_stopping = False
        if answer.is_wanted:
            self._conclude(answer)
        self.state_changed.emit()
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
        elif self.completes:
            self._text = answer.text_before
            self.unanswered.emit(answer.text, how)
        else:
            self.unanswered.emit(self._session.take_back(), how)


class _Answer:
    """A job of the queue."""

    def __init__(
        self, controller: ChatController, request: Request, text: str, *, text_before: str = ""
    ) -> None:
        self._controller = controller
        self.request = request
        self.text = text
        self.text_before = text_before  # of a base model: what it had continued until then
        self.is_wanted = True  # no more after New chat
        self.has_text = False
        self.dropped_messages = 0
        self.room_tokens: int | None = None
        self.finished: Finished | None = None
        self.error: UserFacingError | None = None

    def on_event(self, event: EngineEvent) -> None:
        if not self.is_wanted:
            return
        match event:
            case TextDelta(text):
                self.has_text = True
                self._controller.receive(text)
            case Finished():
                self.finished = event
            case PromptReady() | PrefillProgress() | LoadProgress() | ModelReady():
                if isinstance(event, PromptReady):
                    self.dropped_messages = event.dropped_messages
                    self.room_tokens = event.room_tokens
                self._controller.progressed.emit(event)

    def on_failed(self, error: UserFacingError) -> None:
        if not isinstance(error, EngineEndedError):  # which is a stop that was asked for
            self.error = error

    def on_ended(self) -> None:
        self._controller.end(self)
