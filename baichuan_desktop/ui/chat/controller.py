"""The conversation that is open: what is asked in it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import ConversationsInUseError
from backends.events import Finished, LoadProgress
from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.tree import ConversationTree
from baichuan_desktop.services.chat.values import (
    ChatMessage,
    Conversation,
    ConversationKind,
)
from baichuan_desktop.services.documents.values import Attachment
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.chat.state import ChatState, state_in
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.turns.commands import TurnCommands
from baichuan_desktop.ui.turns.desk import AnswerDesk, Wanted
from baichuan_desktop.ui.turns.rows import ConversationRows
from baichuan_desktop.workers.engine_worker import EngineWorker


class ChatController(QObject):
    """The open conversation. Answers belong to theirs, and go on when another one is opened.

    Signals (ids of conversations and messages are objects: they have 63 bits):
        leaving: another conversation is about to be opened.
        conversation_opened: the Conversation that is open now; None: a new one, not begun yet.
        open_changed: the same, and also when the draft of a new one is kept for the first time.
        sought: a message to be shown, and the words in it that were searched for.
        conversations_changed: the id of a conversation that came, went or is another now.
        rows_changed: rows of the open conversation came or went.
        row_changed: the id of a row that is another now.
        text_arrived: the row's id, and more of its text.
        answer_finished: the row's id.
        answering: text came, and nobody has asked the answer to stop.
        progressed: a LoadProgress, PromptReady or PrefillProgress of the answer that is looked at.
        reloaded: the ModelReady of a fresh engine, which took the place of one that crashed.
        finished: the Finished of an answer that has come to its end, in whichever conversation.
        context_known: the same, of the open conversation's answer.
        message_returned: a question's text that got no answer, and goes back to the field.
        unanswered: the id of a question for which no answer began.
        state_changed: the ChatState now.
        generating_changed: a frozenset of ids of conversations in which an answer is on its way.
        failed: a UserFacingError to show.
    """

    leaving = Signal()
    conversation_opened = Signal(object)
    open_changed = Signal(object)
    sought = Signal(object, str)
    conversations_changed = Signal(object)
    rows_changed = Signal()
    row_changed = Signal(object)
    text_arrived = Signal(object, str)
    answer_finished = Signal(object)
    answering = Signal()
    progressed = Signal(object)
    reloaded = Signal(object)
    finished = Signal(object)
    context_known = Signal(object)
    message_returned = Signal(str)
    unanswered = Signal(object)
    state_changed = Signal(object)
    generating_changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        store: ConversationStore,
        worker: EngineWorker,
        switcher: ModelSwitcher,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._switcher = switcher
        self.tree = ConversationTree(store)
        self.desk = AnswerDesk(self.tree, worker, switcher, self)
        self.desk.is_seen = self._is_open
        self.source = ConversationRows(self.tree, self.desk)  #: of the open conversation
        self.turns = TurnCommands(self.tree, self.desk, self.source, self)
        self._open_id: int | None = None
        self._told = ChatState.WAITING  # as was told last
        self._is_temporary = False  # the conversation that will be begun
        self._begun_from: int | None = None  # what a message left to begin the open one
        self._connect(self.desk)
        self.turns.changed.connect(self._on_changed)
        for changed in (switcher.began, switcher.stepped_aside, switcher.adapter_changed):
            changed.connect(self._on_model_changed)

    def _connect(self, desk: AnswerDesk) -> None:
        desk.queued.connect(self._on_queued)
        desk.begun.connect(self._on_begun)
        desk.progressed.connect(self._on_progressed)
        desk.reloaded.connect(self.reloaded)
        desk.text_arrived.connect(self._on_text)
        desk.ended.connect(self._on_ended)
        desk.dropped.connect(self._after)
        desk.unanswered.connect(self._on_unanswered)
        desk.finished.connect(self._on_finished)
        desk.failed.connect(self.failed)

    # --- what is open -------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation | None:
        """The open conversation as it is now; None: a new one, not begun yet."""
        return None if self._open_id is None else self.tree.store.conversation(self._open_id)

    @property
    def is_temporary(self) -> bool:
        """Whether nothing of what is open is ever written to the disk."""
        conversation = self.conversation
        return conversation.is_temporary if conversation else self._is_temporary

    @property
    def model(self) -> InstalledModel | None:
        """The model that answers."""
        return self.desk.by.model

    @property
    def state(self) -> ChatState:
        """What a person can do now."""
        return state_in(self.desk, self._open_id)

    @property
    def is_answering(self) -> bool:
        """Whether an answer is on its way, in whichever conversation."""
        return self.desk.running is not None

    @property
    def completes(self) -> bool:
        """Whether the model continues text and does not chat."""
        return self.model is not None and self.desk.by.kind is ConversationKind.TEXT

    @property
    def begins_another(self) -> bool:
        """Whether the next message begins a conversation, as the model is not for the open one."""
        conversation = self.conversation
        if conversation is None or conversation.head is None or self.model is None:
            return False
        return conversation.kind is not self.desk.by.kind

    @property
    def has_text_to_continue(self) -> bool:
        """Whether a base model could go on without a new text."""
        conversation = self.conversation
        return (
            self.completes
            and conversation is not None
            and conversation.head is not None
            and not self.begins_another
        )

    def use_model(self, model: InstalledModel, *, as_chat: bool = False) -> bool:
        """Talk with this model; True if it is another one than before.

        `as_chat` has a base model chat, for which somebody fine-tuned it.
        """
        before = self.desk.by
        is_another = before.model is None or before.model.path != model.path
        is_another = is_another or before.as_chat != as_chat
        self.desk.use_model(model, as_chat=as_chat)
        self.rows_changed.emit()
        self._tell_state()
        return is_another

    @Slot()
    def new_chat(self) -> None:
        """Begin anew. The conversation stays in its place, and its answer goes on."""
        self._begin_anew(temporary=False)

    @Slot()
    def new_temporary_chat(self) -> None:
        """Begin a conversation that is never written to the disk."""
        self._begin_anew(temporary=True)

    def _begin_anew(self, *, temporary: bool) -> None:
        self._is_temporary = temporary
        unbegun = self.tree.unbegun(is_temporary=temporary)
        self._show(unbegun.id if unbegun else None)

    def open(self, conversation_id: int, message_id: int | None = None, phrase: str = "") -> None:
        """Show a conversation; at one of its messages, on whichever branch that is."""
        store = self.tree.store
        conversation = store.conversation(conversation_id)
        if conversation is None:
            return
        if message_id is not None and message_id not in store.branch(conversation.head):
            self.tree.change(conversation_id, head=store.leaf_of(message_id))
        # Where another window writes the file, it also says what is read: its rows are newer.
        is_elsewhere = isinstance(store.state.unsaved, ConversationsInUseError)
        if conversation.is_unread and not is_elsewhere:
            self.tree.change(conversation_id, is_unread=False)
            self.conversations_changed.emit(conversation_id)
        if conversation_id != self._open_id:
            self._show(conversation_id)
        elif message_id is not None:
            self.rows_changed.emit()
        if message_id is not None:
            is_text = conversation.kind is ConversationKind.TEXT
            row_id = store.branch(message_id)[0] if is_text else message_id
            self.sought.emit(row_id, phrase)

    def restore(self, conversation_id: int | None) -> None:
        """Open what was open when the app was ended, else a new conversation with its draft."""
        kept = None
        if conversation_id is not None:
            kept = self.tree.store.conversation(conversation_id)
        if kept is not None and kept.trashed is None:
            self.open(kept.id)
        else:
            self.new_chat()

    def shut_down(self) -> None:
        """Keep of the answer that is on its way how far it came."""
        self.desk.shut_down()

    def _show(self, conversation_id: int | None) -> None:
        self.leaving.emit()
        self._begun_from = None
        self._set_open(conversation_id)
        self.conversation_opened.emit(self.conversation)
        self._tell_state()

    def _set_open(self, conversation_id: int | None) -> None:
        self._open_id = conversation_id
        self.source.open(conversation_id)
        self.open_changed.emit(self.conversation)

    def _is_open(self, conversation_id: int) -> bool:
        return conversation_id == self._open_id

    # --- questions ----------------------------------------------------------------------------

    def send(
        self,
        text: str,
        params: SamplingParams,
        system_prompt: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> None:
        """Have a message answered, or a text continued; an empty one continues the last text.

        While a model is loaded or another answer is on its way, the message waits for that.
        """
        assert self.state is not ChatState.QUEUED, "one message waits already"
        conversation = self.conversation
        if conversation is not None and not text:  # a base model goes on
            assert conversation.head is not None, "there is a text"
            wanted = Wanted(conversation.id, conversation.head, self.desk.now_or_later(params))
        else:
            conversation = self._conversation_for(system_prompt)
            question = self.tree.ask(conversation.id, text, attachments)
            self.tree.change(conversation.id, draft="", system_prompt=system_prompt)
            wanted = Wanted(
                conversation.id, question.id, self.desk.now_or_later(params), question=question.id
            )
        self.desk.want(wanted)
        self.conversations_changed.emit(conversation.id)

    def _conversation_for(self, system_prompt: str) -> Conversation:
        """The open conversation, or one that is begun and opened."""
        conversation = self.conversation
        begins = conversation is None or self.begins_another
        if conversation is not None and conversation.kind is ConversationKind.TEXT:
            begins = begins or conversation.head is not None  # what is written is a new text
        if conversation is not None and not begins:
            return conversation
        begun = self.tree.begin(
            self.desk.by.kind, system_prompt=system_prompt, is_temporary=self.is_temporary
        )
        self._show(begun.id)
        self._begun_from = conversation.id if conversation is not None else None
        return begun

    def begun(self) -> Conversation:
        """The open conversation; one is begun, as a draft, where there is none yet."""
        if (conversation := self.conversation) is not None:
            return conversation
        made = self.tree.begin(self.desk.by.kind, is_temporary=self._is_temporary)
        self._set_open(made.id)
        return made

    @Slot()
    def stop(self) -> None:
        """End the open conversation's answer; what there is of it stays."""
        if self.desk.running_in(self._open_id) is not None:
            self.desk.stop()
            self._tell_state()

    @Slot()
    def take_back_waiting(self) -> None:
        """Take back what waits in the open conversation; a question's text goes to the field."""
        if self._open_id is None:
            return
        wanted = self.desk.forget(self._open_id)
        if wanted is not None and wanted.question is not None:
            self.take_back(wanted.question)

    def take_back(self, question_id: int) -> None:
        """Give a question to which no answer began back to the field, and take it away."""
        question = self.tree.message(question_id)
        if question is None:
            return
        self.tree.take_back(question)
        conversation, before = self.conversation, self._begun_from
        if conversation is not None and conversation.head is None and before is not None:
            self.open(before)  # as if the message had never been sent
            self.tree.attach(before, question.attachments)
            self.tree.store.delete_conversations([conversation.id])
        else:
            self.tree.attach(question.conversation_id, question.attachments)
        self.rows_changed.emit()
        self.conversations_changed.emit(question.conversation_id)
        self.message_returned.emit(question.text)

    # --- from the answers ---------------------------------------------------------------------

    @Slot()
    def _tell_state(self) -> None:
        if self.state is not self._told:
            self._told = self.state
            self.state_changed.emit(self.state)

    @Slot()
    def _on_model_changed(self) -> None:
        self.rows_changed.emit()
        self._tell_state()

    @Slot(object)
    def _on_changed(self, conversation_id: int) -> None:
        """Show what a command did to the open conversation."""
        self.rows_changed.emit()
        self.conversations_changed.emit(conversation_id)
        self._tell_state()

    @Slot(object)
    def _on_queued(self, conversation_id: int) -> None:
        self.generating_changed.emit(self.desk.busy)
        if self._is_open(conversation_id):
            self.rows_changed.emit()
        self._tell_state()

    @Slot(object)
    def _on_begun(self, answer: ChatMessage) -> None:
        self.generating_changed.emit(self.desk.busy)
        self.conversations_changed.emit(answer.conversation_id)
        self.rows_changed.emit()
        self._tell_state()

    @Slot(object)
    def _on_progressed(self, event: object) -> None:
        running = self.desk.running_in(self._open_id)
        if running is not None:
            self.row_changed.emit(self.source.row_of(running.answer.id))
        if running is not None or isinstance(event, LoadProgress):
            self.progressed.emit(event)

    @Slot(object, str)
    def _on_text(self, answer_id: int, text: str) -> None:
        running = self.desk.running_in(self._open_id)
        if running is None:
            return
        self.text_arrived.emit(self.source.row_of(answer_id), text)
        if not running.is_stopping:
            self.answering.emit()

    @Slot(object)
    def _on_ended(self, answer: ChatMessage) -> None:
        self._after(answer.conversation_id)
        if self._is_open(answer.conversation_id):
            self.answer_finished.emit(self.source.row_of(answer.id))

    @Slot(object, object)
    def _on_finished(self, finished: Finished, conversation_id: int) -> None:
        self.finished.emit(finished)
        if self._is_open(conversation_id):
            self.context_known.emit(finished)

    @Slot(object)
    def _on_unanswered(self, answer: ChatMessage) -> None:
        self._after(answer.conversation_id)
        waits = answer.conversation_id in self.desk.waiting.by_conversation
        if self._is_open(answer.conversation_id) and not waits:  # else the next message follows it
            self.unanswered.emit(answer.parent)

    @Slot(object)
    def _after(self, conversation_id: int) -> None:
        """Show that an answer is over."""
        self.generating_changed.emit(self.desk.busy)
        self.conversations_changed.emit(conversation_id)
        self.rows_changed.emit()
        self._tell_state()
