"""Answers that are wanted: one is on its way, the others wait for it, each in its conversation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

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
from baichuan_desktop.services.chat import details as answer_details
from baichuan_desktop.services.chat.requests import request_for
from baichuan_desktop.services.chat.tree import ConversationTree
from baichuan_desktop.services.chat.values import (
    ChatMessage,
    Conversation,
    ConversationKind,
    Status,
)
from baichuan_desktop.services.jobs.pace import Pace
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.workers.engine_worker import EngineWorker


@dataclass(frozen=True, slots=True)
class OtherModel:
    """A model, or another precision of one, that is to answer."""

    model: InstalledModel
    wish: LoadWish | None = None  #: None: as it ran before


@dataclass(frozen=True, slots=True)
class Wanted:
    """An answer that is wanted."""

    conversation_id: int
    parent: int  #: the message that it follows
    params: SamplingParams | None  #: None: what is set when it begins
    question: int | None = None  #: was written for it, and comes back where no answer begins
    instead: int | None = None  #: the version that is shown again where nothing comes of this one
    begins_with: str = ""  #: what it continues
    by: OtherModel | None = None  #: None: whichever is loaded


@dataclass(slots=True)
class Running:
    """The answer that is on its way, and what came of it so far."""

    wanted: Wanted
    request_id: int
    answer: ChatMessage  #: with its text so far
    progress: PrefillProgress | None = None
    pace: Pace = field(default_factory=Pace)  #: of reading the prompt
    finished: Finished | None = None
    error: UserFacingError | None = None
    is_stopping: bool = False

    @property
    def has_text(self) -> bool:
        """Whether anything came."""
        return len(self.answer.text) > len(self.wanted.begins_with)


@dataclass(slots=True)
class AnswerModel:
    """The model that answers."""

    model: InstalledModel | None = None
    as_chat: bool = False  #: it is a base model, and chatted with all the same

    @property
    def kind(self) -> ConversationKind:
        """What conversations with it are."""
        completes = self.model is not None and self.model.kind is ModelKind.BASE
        return ConversationKind.TEXT if completes and not self.as_chat else ConversationKind.CHAT


@dataclass(slots=True)
class Waiting:
    """The answers that wait for their turn: at most one a conversation, the first comes first."""

    by_conversation: dict[int, Wanted] = field(default_factory=dict)

    @property
    def first(self) -> Wanted | None:
        """The one whose turn it is."""
        return next(iter(self.by_conversation.values()), None)


class AnswerDesk(QObject):
    """Has one answer after the other made and stored, whichever conversation is looked at.

    Signals (ids are objects: they have 63 bits):
        queued: the id of a conversation for which something waits now, or does not any more.
        begun: the ChatMessage of an answer that is on its way.
        progressed: a LoadProgress, PromptReady or PrefillProgress of it.
        reloaded: the ModelReady of a fresh engine, which took the place of one that crashed.
        text_arrived: the id of the answer, and more of its text.
        ended: the ChatMessage as it is kept now.
        dropped: the id of a conversation of which an answer of nothing was taken away.
        unanswered: the ChatMessage, without text, of an answer to a new question.
        finished: the Finished of an answer that has come to its end, and its conversation's id.
        failed: a UserFacingError to show.
    """

    queued = Signal(object)
    begun = Signal(object)
    progressed = Signal(object)
    reloaded = Signal(object)
    text_arrived = Signal(object, str)
    ended = Signal(object)
    dropped = Signal(object)
    unanswered = Signal(object)
    finished = Signal(object, object)
    failed = Signal(object)

    def __init__(
        self,
        tree: ConversationTree,
        worker: EngineWorker,
        switcher: ModelSwitcher,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tree = tree
        self._worker = worker
        self._switcher = switcher
        self._loading_for: Wanted | None = None  # the model that it wants is being loaded
        self.by = AnswerModel()
        self.running: Running | None = None
        self.waiting = Waiting()
        #: What is set in the window, for who was asked before a model said what it asks for.
        self.sampling: Callable[[Conversation], SamplingParams] = lambda _: SamplingParams()
        #: The name of an adapter that lies in a folder, as it is kept with answers.
        self.adapter_name: Callable[[Path], str] = lambda folder: folder.name
        #: Whether a conversation is looked at: an answer in another one is marked as unread.
        self.is_seen: Callable[[int], bool] = lambda _conversation_id: True
        worker.produced.connect(self._on_event)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)
        switcher.adapter_settled.connect(self.go_on)

    @property
    def busy(self) -> frozenset[int]:
        """The conversations in which an answer is on its way, or waits."""
        running = [self.running.answer.conversation_id] if self.running else []
        return frozenset((*running, *self.waiting.by_conversation))

    @property
    def adapter(self) -> str | None:
        """The name of the adapter that is answered with; empty for none, None without a model."""
        loaded = self._switcher.loaded
        return None if loaded is None else self.adapter_in(loaded.wish)

    def adapter_in(self, wish: LoadWish) -> str:
        """The name of the adapter that a wish asks for; empty for none."""
        return "" if wish.adapter is None else self.adapter_name(wish.adapter)

    @property
    def has_model(self) -> bool:
        """Whether a model is loaded, and not about to be replaced."""
        return self._switcher.current is not None

    def running_in(self, conversation_id: int | None) -> Running | None:
        """The answer that is on its way in a conversation."""
        running = self.running
        if running is None or running.answer.conversation_id != conversation_id:
            return None
        return running

    def use_model(self, model: InstalledModel, *, as_chat: bool) -> None:
        """Answer with this model, which is loaded."""
        self.by.model, self.by.as_chat = model, as_chat
        # Once whoever else hears of the model has: its sampling may have to be set first.
        QTimer.singleShot(0, self.go_on)

    def now_or_later(self, params: SamplingParams) -> SamplingParams | None:
        """The sampling of an answer that is wanted now; None where no model is there yet.

        What waits for a model is made with what is set once that model has said what it asks for.
        """
        return None if self._switcher.current is None else params

    def want(self, wanted: Wanted) -> None:
        """Have an answer made, at once or when its turn comes."""
        assert wanted.conversation_id not in self.waiting.by_conversation, "one a conversation"
        self.waiting.by_conversation[wanted.conversation_id] = wanted
        self.go_on()
        if wanted.conversation_id in self.waiting.by_conversation:
            self.queued.emit(wanted.conversation_id)

    def forget(self, conversation_id: int) -> Wanted | None:
        """What waited in a conversation, and does not any more."""
        wanted = self.waiting.by_conversation.pop(conversation_id, None)
        if wanted is not None:
            self.queued.emit(conversation_id)
        return wanted

    def stop(self) -> None:
        """End the answer that is on its way; what there is of it stays."""
        running = self.running
        if running is not None and not running.is_stopping:
            running.is_stopping = True
            self._worker.stop(running.request_id)

    def shut_down(self) -> None:
        """Keep of the answer that is on its way how far it came. Nothing is begun any more."""
        self.waiting.by_conversation.clear()
        running, self.running = self.running, None
        if running is not None and running.answer.details is not None:
            self._tree.end_answer(running.answer, Status.BROKEN, running.answer.details)

    # --- beginning ----------------------------------------------------------------------------

    @Slot()
    def go_on(self) -> None:
        """Begin with what waits, if the model is there and nothing is on its way."""
        wanted = self.waiting.first
        if self.running is not None or wanted is None or self._switcher.current is None:
            return
        if self._switcher.is_changing_adapter:
            return  # it tells when it has
        if wanted.by is not None and not self._runs(wanted.by):
            if self._loading_for is wanted:  # it was tried, and another model came in its place
                self._loading_for = None
                self.forget(wanted.conversation_id)
                self.go_on()
            else:
                self._loading_for = wanted
                self._bring(wanted.by)
            return
        self._loading_for = None
        del self.waiting.by_conversation[wanted.conversation_id]
        if not self._start(wanted):
            self.queued.emit(wanted.conversation_id)
            self.go_on()

    def _bring(self, other: OtherModel) -> None:
        """Have a model loaded; where another adapter is all, the one that is loaded goes on."""
        loaded, wish = self._switcher.loaded, other.wish
        if (
            loaded is not None
            and wish is not None
            and loaded.model.path == other.model.path
            and replace(loaded.wish, adapter=wish.adapter) == wish
        ):
            self._switcher.use_adapter(other.model, wish.adapter)
        else:
            self._switcher.load(other.model, wish)

    def _runs(self, other: OtherModel) -> bool:
        loaded = self._switcher.loaded
        if loaded is None or loaded.model.path != other.model.path:
            return False
        return other.wish is None or loaded.wish == other.wish

    def _start(self, wanted: Wanted) -> bool:
        """Whether the answer is on its way; what it was to answer may have been deleted."""
        parent = self._tree.message(wanted.parent)
        conversation = self._tree.store.conversation(wanted.conversation_id)
        if parent is None or conversation is None:
            return False
        branch = self._tree.store.branch(parent.id)
        if len(branch) == 1 and not wanted.begins_with and conversation.kind is not self.by.kind:
            changed = self._tree.change(conversation.id, kind=self.by.kind)
            conversation = changed or conversation
        params = wanted.params or self.sampling(conversation)
        model = self.by.model
        request = request_for(
            self._tree.store,
            conversation,
            branch,
            params,
            self._switcher.running,
            begins_with=wanted.begins_with,
            as_chat=self.by.as_chat,
            prompt_turns=model.prompt_turns if model else None,
        )
        answer = self._tree.begin_answer(
            parent,
            model=model.shown_name.en if model else "",
            details=answer_details.begun(self._switcher.running, params, self.adapter or ""),
            text=wanted.begins_with,
        )
        self.running = Running(wanted, self._worker.start_instead(request), answer)
        self.begun.emit(answer)
        return True

    # --- from the answer that runs ------------------------------------------------------------

    def _of(self, request_id: int) -> Running | None:
        """The answer that a request is about; None where it is somebody else's."""
        running = self.running
        return running if running is not None and running.request_id == request_id else None

    @Slot(object, int)
    def _on_event(self, event: EngineEvent, request_id: int) -> None:
        running = self._of(request_id)
        if running is None:
            return
        match event:
            case TextDelta(text):
                running.answer = self._tree.write(running.answer, running.answer.text + text)
                self.text_arrived.emit(running.answer.id, text)
            case Finished():
                running.finished = event
            case ModelReady():
                self.reloaded.emit(event)
            case PromptReady():
                details = running.answer.details
                assert details is not None, "it was begun with them"
                read = answer_details.read(details, event)
                running.answer = self._tree.describe(running.answer, read)
                self.progressed.emit(event)
            case PrefillProgress():
                running.progress = event
                running.pace.read(event.done_tokens, event.total_tokens)
                self.progressed.emit(event)
            case LoadProgress():
                self.progressed.emit(event)

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, request_id: int) -> None:
        running = self._of(request_id)
        # An engine that was ended is a stop that was asked for.
        if running is not None and not isinstance(error, EngineEndedError):
            running.error = error

    @Slot(int)
    def _on_ended(self, request_id: int) -> None:
        running = self._of(request_id)
        if running is None:
            return
        self.running = None
        self._conclude(running)
        if running.finished is not None:
            self.finished.emit(running.finished, running.answer.conversation_id)
        if running.error is not None:
            self.failed.emit(running.error)
        self.go_on()

    def _conclude(self, running: Running) -> None:
        wanted, answer, finished = running.wanted, running.answer, running.finished
        by_itself = finished is not None and finished.reason is not FinishReason.CANCELLED
        has_come = running.has_text or by_itself
        if not has_come and wanted.question is None:
            self._tree.drop_answer(answer, wanted.instead or wanted.parent)
            self.dropped.emit(answer.conversation_id)
            return
        assert answer.details is not None, "it was begun with them"
        answer = self._tree.end_answer(
            answer,
            answer_details.status_of(finished, running.error),
            answer_details.ended(answer.details, finished, running.error),
            is_seen=self.is_seen(answer.conversation_id),
        )
        (self.ended if has_come else self.unanswered).emit(answer)
