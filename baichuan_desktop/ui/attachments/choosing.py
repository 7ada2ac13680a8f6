"""What of the documents is given with a text: counted, chosen and counted again, beside the window.

The numbers that are shown are those of the very text that stands in the prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import UserFacingError
from backends.events import ModelReady
from baichuan_desktop.services.chat.attaching.errors import UncountableDocumentsError
from baichuan_desktop.services.chat.attaching.plan import Wish, planned, refusal_of, with_tokens
from baichuan_desktop.services.chat.attaching.room import Room, history_of, room_for
from baichuan_desktop.services.chat.given import given_text
from baichuan_desktop.services.documents.values import Attachment
from baichuan_desktop.ui.attachments.drafts import DraftDocuments
from baichuan_desktop.ui.attachments.entry import Entry
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import Sending
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.workers.background_task import BackgroundTask
from baichuan_desktop.workers.token_counter import TokenCounter


@dataclass(frozen=True, slots=True)
class Question:
    """What decides what is given, but the documents themselves."""

    text: str
    system_prompt: str
    max_new_tokens: int

    @staticmethod
    def of(sending: Sending) -> Question:
        """What of a message matters here."""
        return Question(sending.text, sending.system_prompt, sending.params.max_new_tokens)


#: Everything that what is given depends on: while it is the same, it is chosen once.
_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is given with a question."""

    attachments: tuple[Attachment, ...]
    room: Room
    refusal: UserFacingError | None = None  #: why it cannot be sent so


@dataclass(slots=True)
class _Work:
    """A choice on its way."""

    key: _Key
    question: Question
    entries: Sequence[Entry]
    wishes: Sequence[Wish]
    fixed: Sequence[str]  #: what is always in the prompt: the system prompt and the question
    history: Sequence[str]
    room: Room | None = None
    given: Sequence[Attachment] = ()
    texts: Sequence[str] = ()  #: what is given, as it stands in the prompt
    request: int = 0  #: of the counter
    task: int = 0  #: of the choosing


class Choosing(QObject):
    """Chooses for the text that was looked at last.

    Signals:
        chosen: there is a Choice for it.
    """

    chosen = Signal()

    def __init__(
        self,
        drafts: DraftDocuments,
        controller: ChatController,
        switcher: ModelSwitcher,
        counter: TokenCounter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._drafts = drafts
        self._controller = controller
        self._switcher = switcher
        self._counter = counter
        self._work: _Work | None = None
        self._known: tuple[_Key, Choice] | None = None
        counter.counted.connect(self._on_counted)
        counter.model_changed.connect(self._on_model)

    def choice_for(self, question: Question) -> Choice | None:
        """What is given with a question, if that is known; None: `look` finds it out."""
        if self._known is not None and self._known[0] == self._key(question):
            return self._known[1]
        return None

    @property
    def last(self) -> Choice | None:
        """What was chosen last, for a text that may be another one by now."""
        return self._known[1] if self._known is not None else None

    @property
    def model(self) -> ModelReady | None:
        """The model that answers next; None while another one is loaded.

        One that was set aside comes back as it was.
        """
        switcher = self._switcher
        is_here = switcher.current is not None or switcher.is_asleep or switcher.aside is not None
        return switcher.running if is_here else None

    def look(self, question: Question) -> bool:
        """Find out what is given with a question; whether all that it takes is there.

        It is not while documents are read and counted, and while there is no model.
        """
        entries = self._drafts.entries
        wishes = [one.wish for one in entries]
        ready, conversation = self.model, self._controller.conversation
        whole = [one for one in wishes if one is not None]
        if not entries or len(whole) < len(entries) or ready is None:
            return False
        if not self._counter.can_count:
            return False
        key = self._key(question)
        if self.choice_for(question) is not None:
            return True
        if self._work is not None and self._work.key == key:
            return True
        model = self._controller.model
        history = history_of(
            self._controller.tree.store,
            None if self._controller.begins_another else conversation,
            ready,
            prompt_turns=model.prompt_turns if model is not None else None,
        )
        system = question.system_prompt if question.system_prompt.strip() else ""
        fixed = [text for text in (system, question.text) if text]
        self._work = _Work(key, question, entries[:], whole, fixed, history)
        self._work.request = self._counter.ask([*fixed, *history])
        return True

    def _key(self, question: Question) -> _Key:
        conversation, model = self._controller.conversation, self._controller.model
        ready = self.model
        return (
            question,
            conversation.head if conversation is not None else None,
            conversation.settings.left_out if conversation is not None else None,
            self._controller.begins_another,
            model.path if model is not None else None,
            ready.context_length if ready is not None else 0,
            tuple(
                (one.id, one.name, one.document.sha256 if one.document else "", one.by_hand)
                + ((one.document.encoding, one.document.id) if one.document else ())
                for one in self._drafts.entries
            ),
        )

    # --- the way of a choice --------------------------------------------------------------------

    @Slot(int, object)
    def _on_counted(self, request_id: int, tokens: Sequence[int]) -> None:
        work = self._work
        if work is None or work.request != request_id:
            return
        asked = [text for text in work.texts if text] if work.room else work.fixed
        history = () if work.room else work.history
        if len(tokens) < len(asked) + len(history):
            room = work.room or Room(0, 0)
            self._tell(work, Choice((), room, UncountableDocumentsError()))
        elif work.room is None:
            self._plan(work, tokens)
        else:
            self._end(work, work.room, tokens)

    def _plan(self, work: _Work, tokens: Sequence[int]) -> None:
        ready = self.model
        if ready is None:
            self._work = None
            return
        fixed = len(work.fixed)
        work.room = room_for(
            context_length=ready.context_length,
            max_new_tokens=work.question.max_new_tokens,
            fixed=sum(tokens[:fixed]),
            history=sum(tokens[fixed:]),
            messages=len(work.history),
        )
        plan = partial(planned, work.wishes, work.question.text, work.room.whole)
        task = BackgroundTask(plan, self)
        task.succeeded.connect(self._on_planned)
        task.failed.connect(self._on_unplanned)
        work.task = task.start()

    @Slot(object, int)
    def _on_planned(self, given: Sequence[Attachment], task_id: int) -> None:
        work = self._work
        if work is None or work.task != task_id:
            return
        work.given = given
        documents = [wish.counted.document for wish in work.wishes]
        work.texts = [given_text(one, of) for one, of in zip(given, documents, strict=True)]
        work.request = self._counter.ask([text for text in work.texts if text])

    @Slot(object, int)
    def _on_unplanned(self, error: UserFacingError, task_id: int) -> None:
        work = self._work
        if work is not None and work.task == task_id and work.room is not None:
            self._tell(work, Choice((), work.room, error))

    def _end(self, work: _Work, room: Room, tokens: Sequence[int]) -> None:
        counts = iter(tokens)
        given = [
            with_tokens(one, next(counts) if text else 0)
            for one, text in zip(work.given, work.texts, strict=True)
        ]
        by_hand = {one.by_hand.document_id for one in work.wishes if one.by_hand is not None}
        for entry, one in zip(work.entries, given, strict=True):
            entry.given = one
        self._tell(work, Choice(tuple(given), room, refusal_of(given, room, by_hand)))

    def _tell(self, work: _Work, choice: Choice) -> None:
        self._known, self._work = (work.key, choice), None
        self.chosen.emit()

    @Slot()
    def _on_model(self) -> None:
        self._known = self._work = None

    def uncountable(self) -> UserFacingError | None:
        """Why nothing can ever be chosen for the model that is loaded; None where it can."""
        if self.model is not None and not self._counter.can_count:
            return UncountableDocumentsError()
        return None
