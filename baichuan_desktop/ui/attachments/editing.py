"""A question that is edited in its place: the passages of its documents are chosen anew for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Slot

from backends.generation.sampling import SamplingParams
from backends.text.chat_template import Role
from baichuan_desktop.services.chat.attaching.plan import (
    Divided,
    Wish,
    counted,
    divide,
    planned,
    with_tokens,
)
from baichuan_desktop.services.chat.attaching.room import history_of, room_for
from baichuan_desktop.services.chat.given import given_text
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.documents.values import Attachment
from baichuan_desktop.ui.attachments.choosing import Choosing
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.workers.background_task import BackgroundTask
from baichuan_desktop.workers.token_counter import TokenCounter


@dataclass(slots=True)
class _Edit:
    """An edit that waits for what is given with it."""

    row_id: int
    text: str
    params: SamplingParams
    conversation_id: int
    fixed: Sequence[str]  #: the system prompt, if there is one, and the question
    history: Sequence[str]
    task: int = 0
    request: int = 0
    divided: Sequence[Divided] = ()
    given: Sequence[Attachment] | None = None  #: planned; None: not yet
    most: int = 0


class EditedQuestions(QObject):
    """Takes the edit of a question of whose documents not all is given, and does it soon.

    Where nothing can be chosen, or does not fit, it is given what it was given before.
    """

    def __init__(
        self,
        controller: ChatController,
        choosing: Choosing,
        counter: TokenCounter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._choosing = choosing
        self._counter = counter
        self._edit: _Edit | None = None
        controller.turns.takes_edit = self.take
        controller.leaving.connect(self.flush)
        counter.counted.connect(self._on_counted)
        counter.model_changed.connect(self.flush)

    def take(self, row_id: int, text: str, params: SamplingParams) -> bool:
        """Whether the edit of a row is done here, a moment later."""
        tree, conversation = self._controller.tree, self._controller.conversation
        message, ready = tree.message(row_id), self._choosing.model
        if message is None or conversation is None or ready is None or not self._counter.can_count:
            return False
        if message.role is not Role.USER or all(one.given is None for one in message.attachments):
            return False
        self.flush()
        model = self._controller.model
        before = None if message.parent is None else tree.store.branch(message.parent)[-1]
        history = history_of(
            tree.store,
            tree.store.conversation(conversation.id),
            ready,
            prompt_turns=model.prompt_turns if model is not None else None,
            head=before,
        )
        system = conversation.system_prompt
        fixed = [part for part in (system if system.strip() else "", text) if part]
        self._edit = _Edit(row_id, text, params, conversation.id, fixed, history)
        task = BackgroundTask(partial(_divided, tree.store, message.attachments), self)
        task.succeeded.connect(self._on_divided)
        task.failed.connect(self._on_failed)
        self._edit.task = task.start()
        return True

    @Slot()
    def flush(self) -> None:
        """Do an edit now that still waits, with what was given before: no text is lost."""
        self._end(None)

    def _end(self, attachments: Sequence[Attachment] | None) -> None:
        edit, self._edit = self._edit, None
        if edit is None:
            return
        tree, turns = self._controller.tree, self._controller.turns
        message = tree.message(edit.row_id)
        if message is None:
            return
        given = message.attachments if attachments is None else attachments
        conversation = self._controller.conversation
        is_open = conversation is not None and conversation.id == edit.conversation_id
        if is_open and edit.conversation_id not in self._controller.desk.busy:
            turns.edit(edit.row_id, edit.text, edit.params, given)
        else:  # it is answered when somebody asks for that
            tree.edit(edit.row_id, edit.text, given)
            turns.changed.emit(edit.conversation_id)

    @Slot(object, int)
    def _on_divided(self, divided: Sequence[Divided], task_id: int) -> None:
        edit = self._edit
        if edit is None or edit.task != task_id:
            return
        if not divided:  # a document is gone
            self.flush()
            return
        edit.divided = divided
        texts = [text for one in divided for text in one.to_count]
        edit.request = self._counter.ask([*edit.fixed, *edit.history, *texts])

    @Slot(object, int)
    def _on_failed(self, _error: object, task_id: int) -> None:
        if self._edit is not None and self._edit.task == task_id:
            self.flush()

    @Slot(int, object)
    def _on_counted(self, request_id: int, tokens: Sequence[int]) -> None:
        edit = self._edit
        if edit is None or edit.request != request_id:
            return
        if edit.given is None:
            self._plan(edit, tokens)
        elif len(tokens) == len(edit.given):
            given = [with_tokens(*one) for one in zip(edit.given, tokens, strict=True)]
            fits = sum(one.given_tokens for one in given) <= edit.most
            self._end(given if fits else None)
        else:
            self.flush()

    def _plan(self, edit: _Edit, tokens: Sequence[int]) -> None:
        ready = self._choosing.model
        expected = sum(len(one.to_count) for one in edit.divided)
        if ready is None or len(tokens) != len(edit.fixed) + len(edit.history) + expected:
            self.flush()
            return
        fixed = sum(tokens[: len(edit.fixed)])
        start = len(edit.fixed) + len(edit.history)
        room = room_for(
            context_length=ready.context_length,
            max_new_tokens=edit.params.max_new_tokens,
            fixed=fixed,
            history=sum(tokens[len(edit.fixed) : start]),
            messages=len(edit.history),
        )
        wishes = []
        for one in edit.divided:
            wishes.append(Wish(counted(one, tokens[start : start + len(one.to_count)])))
            start += len(one.to_count)
        edit.most = room.most
        task = BackgroundTask(partial(planned, wishes, edit.text, room.whole), self)
        task.succeeded.connect(self._on_planned)
        task.failed.connect(self._on_failed)
        edit.task = task.start()

    @Slot(object, int)
    def _on_planned(self, given: Sequence[Attachment], task_id: int) -> None:
        edit = self._edit
        if edit is None or edit.task != task_id:
            return
        if any(one.given == () for one in given):
            self.flush()
            return
        edit.given = given
        texts = [given_text(one, of.document) for one, of in zip(given, edit.divided, strict=True)]
        edit.request = self._counter.ask(texts)


def _divided(store: ConversationStore, attachments: Sequence[Attachment]) -> Sequence[Divided]:
    """The documents of a question, divided; none of them where one is gone."""
    found = []
    for one in attachments:
        document = store.document(one.document_id)
        if document is None:
            return ()
        found.append(divide(document, one.name))
    return found
