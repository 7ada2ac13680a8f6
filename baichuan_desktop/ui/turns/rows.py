"""The rows of the open conversation, made from the store as they come into sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from backends.precision import Precision
from backends.text.chat_template import Role
from baichuan_desktop.services.chat.tree import ConversationTree, below
from baichuan_desktop.services.chat.values import (
    ChatMessage,
    Conversation,
    ConversationKind,
    Status,
)
from baichuan_desktop.services.jobs.time_left import left_soon
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.transcript.rows.row import Row, RowAction, RowKind
from baichuan_desktop.ui.turns import adapter_marks, answer_notes, document_notes
from baichuan_desktop.ui.turns.adapter_marks import AdapterMark
from baichuan_desktop.ui.turns.desk import AnswerDesk, Running

_UNFINISHED = (Status.CUT, Status.STOPPED, Status.BROKEN, Status.WRITING)


class ConversationRows:
    """A RowSource. Ids are those of the messages; notes of the page have negative ones.

    A conversation of kind TEXT is one row, with the id of its first message.
    """

    def __init__(self, tree: ConversationTree, desk: AnswerDesk) -> None:
        self._tree = tree
        self._store = tree.store
        self._desk = desk
        self._conversation_id: int | None = None
        self._notes: list[str] = []
        self._marks: dict[int, AdapterMark] = {}  # by row; of the ids that were asked for last
        self._drop_line: tuple[int | None, str] | None = None
        #: The name of a model as the window shows it, by the one that was kept.
        self.shown_name: Callable[[str], str] = str
        #: The name of an adapter as the window shows it, by the one that was kept.
        self.shown_adapter: Callable[[str], str] = str

    def open(self, conversation_id: int | None) -> None:
        """Give the rows of this conversation from now on; None: there are none."""
        self._conversation_id = conversation_id
        self._notes.clear()
        self._drop_line = None

    def set_notes(self, notes: Sequence[str]) -> None:
        """Say this below the conversation, until another one is opened."""
        self._notes = list(notes)

    def set_drop_line(self, before: int | None, text: str) -> bool:
        """Say over a message that the model does not get what is above it; True where that is new.

        None: below all of them, over what is asked next. An empty text says nothing.
        """
        line = (before, text) if text else None
        is_new = line != self._drop_line
        self._drop_line = line
        return is_new

    @property
    def conversation(self) -> Conversation | None:
        """The conversation that is shown."""
        return (
            None
            if self._conversation_id is None
            else self._store.conversation(self._conversation_id)
        )

    def ids(self) -> Sequence[int]:
        """The branch that is shown, from its first message on; then the notes."""
        conversation = self.conversation
        branch = self._store.branch(conversation.head) if conversation else []
        marks = adapter_marks.marks(self._store, branch, self._adapter_now(conversation))
        if conversation is not None and conversation.kind is ConversationKind.TEXT:
            branch, marks = branch[:1], [one for one in marks if one.before is None]
        self._marks = {_row_of_mark(one): one for one in marks}
        over = {one.before: row_id for row_id, one in self._marks.items()}
        ids = [row for one in branch for row in (over.get(one), one) if row is not None]
        ids += [over[None]] if None in over else []
        ids = self._with_drop_line(ids)
        return [*ids, *(-1 - number for number in range(len(self._notes)))]

    def _with_drop_line(self, ids: list[int]) -> list[int]:
        if self._drop_line is None or not ids:
            return ids
        before = self._drop_line[0]
        if before is not None and before not in ids:
            return ids
        place = len(ids) if before is None else ids.index(before)
        return [*ids[:place], DROP_LINE, *ids[place:]]

    def _adapter_now(self, conversation: Conversation | None) -> str | None:
        """The adapter of the next answer here; None where there is none, or not here."""
        is_here = conversation is not None and conversation.kind is self._desk.by.kind
        return self._desk.adapter if is_here else None

    def row_of(self, message_id: int) -> int:
        """The id of the row in which a message is shown."""
        conversation = self.conversation
        if conversation is not None and conversation.kind is ConversationKind.TEXT:
            return self._store.branch(message_id)[0]
        return message_id

    def row(self, row_id: int, /) -> Row:
        """One row, as it is now. One that was just deleted is empty."""
        if (mark := self._marks.get(row_id)) is not None:
            return Row(row_id, RowKind.NOTE, mark.text(self.shown_adapter(mark.adapter)))
        if row_id == DROP_LINE:
            text = self._drop_line[1] if self._drop_line is not None else ""
            actions = frozenset({RowAction.LEAVE_OUT}) if text else frozenset[RowAction]()
            return Row(row_id, RowKind.NOTE, text, actions=actions)
        if row_id < 0:
            number = -1 - row_id
            text = self._notes[number] if number < len(self._notes) else ""
            return Row(row_id, RowKind.NOTE, text)
        conversation = self.conversation
        if conversation is None:
            return Row(row_id, RowKind.NOTE, "")
        if conversation.kind is ConversationKind.TEXT:
            return self._text_row(row_id, conversation)
        message = self._message(row_id)
        if message is None:
            return Row(row_id, RowKind.NOTE, "")
        if message.role is Role.USER:
            return self._question_row(message, conversation)
        return self._answer_row(message, conversation)

    # --- one message ----------------------------------------------------------------------------

    def _message(self, message_id: int) -> ChatMessage | None:
        running = self._desk.running
        if running is not None and running.answer.id == message_id:
            return running.answer
        return self._tree.message(message_id)

    def _running(self, message: ChatMessage) -> Running | None:
        running = self._desk.running
        return running if running is not None and running.answer.id == message.id else None

    def _question_row(self, message: ChatMessage, conversation: Conversation) -> Row:
        versions = self._tree.versions(message.id)
        waits = self._desk.waiting.by_conversation.get(conversation.id)
        row = Row(
            message.id,
            RowKind.PERSON,
            message.text,
            speaker=QCoreApplication.translate("ConversationRows", "You"),
            caution=self._left_out(message, conversation),
            version=versions.index(message.id) + 1,
            versions=len(versions),
            documents=tuple(map(document_notes.chip, message.attachments)),
        )
        if waits is not None and waits.parent == message.id:
            return replace(row, caution=self._why_it_waits(), actions=_TAKEN_BACK)
        if not self._may_change(conversation):
            return row
        actions = {RowAction.EDIT, RowAction.DELETE_TURN, RowAction.DUPLICATE_FROM_HERE}
        if len(versions) > 1:
            actions.add(RowAction.DELETE_VERSION)
        if conversation.head == message.id and self._can_answer(conversation):
            actions.add(RowAction.REGENERATE)
        return replace(row, actions=frozenset(actions))

    def _left_out(self, message: ChatMessage, conversation: Conversation) -> str:
        """That the model is not given this question, nor what follows it."""
        if message.id not in conversation.settings.left_out:
            return ""
        return QCoreApplication.translate(
            "ConversationRows", "You left this question and its answers out of the prompt"
        )

    def _answer_row(self, message: ChatMessage, conversation: Conversation) -> Row:
        versions = self._tree.versions(message.id)
        row = Row(
            message.id,
            RowKind.ANSWER,
            message.text,
            speaker=self._speaker(message, versions),
            caution=answer_notes.caution(message.details),
            version=versions.index(message.id) + 1,
            versions=len(versions),
        )
        running = self._running(message)
        if running is not None:
            return replace(row, is_writing=True, waiting=progress_text(running))
        row = replace(row, footer=answer_notes.note(message))
        if not self._may_change(conversation):
            return row
        actions = {RowAction.EDIT, RowAction.DELETE_TURN, RowAction.DUPLICATE_FROM_HERE}
        if len(versions) > 1:
            actions.add(RowAction.DELETE_VERSION)
        if self._can_answer(conversation):
            actions |= self._once_more()
            is_open = message.status in _UNFINISHED or message.details is None
            if is_open and message.text:
                actions.add(RowAction.CONTINUE)
        return replace(row, actions=frozenset(actions))

    def _speaker(self, message: ChatMessage, versions: Sequence[int]) -> str:
        """Who gave an answer, and in which precision where versions of it differ in that."""
        name = self._author(message)
        if len(versions) == 1 or message.details is None:
            return name
        precisions = {
            one.details.precision for one in self._store.messages(versions) if one.details
        }
        if len(precisions) == 1:
            return name
        return " · ".join(part for part in (name, _label(message.details.precision)) if part)

    def _author(self, message: ChatMessage) -> str:
        """The model that wrote a message, with the adapter that it had."""
        adapter = message.details.adapter if message.details is not None else ""
        name = self.shown_name(message.model)
        return model_texts.with_adapter(name, self.shown_adapter(adapter) if adapter else "")

    # --- a text -------------------------------------------------------------------------------

    def _text_row(self, row_id: int, conversation: Conversation) -> Row:
        branch = self._store.branch(conversation.head)
        messages = [one for one in map(self._message, branch) if one is not None]
        if not messages:
            return Row(row_id, RowKind.NOTE, "")
        text, continued = "", []
        for one in messages:
            if one.role is Role.ASSISTANT:
                continued.append((len(text), len(text) + len(one.text)))
            text += one.text
        last = messages[-1]
        written = [one for one in messages if one.model]
        versions = ends_of(self._tree, conversation.id)
        row = Row(
            row_id,
            RowKind.CONTINUATION,
            text,
            speaker=self._author(written[-1]) if written else "",
            caution=answer_notes.caution(last.details),
            version=versions.index(last.id) + 1 if last.id in versions else 1,
            versions=len(versions),
            continued=tuple(continued),
        )
        running = self._running(last)
        if running is not None:
            return replace(row, is_writing=True, waiting=progress_text(running))
        wrote = last.role is Role.ASSISTANT
        if wrote:
            row = replace(row, footer=answer_notes.note(last))
        if conversation.id in self._desk.waiting.by_conversation:
            return replace(row, caution=self._why_it_waits(), actions=_TAKEN_BACK)
        if not self._may_change(conversation):
            return row
        actions = {RowAction.EDIT, RowAction.DUPLICATE_FROM_HERE}
        if len(versions) > 1:
            actions.add(RowAction.DELETE_VERSION)
        if self._can_answer(conversation):
            actions.add(RowAction.CONTINUE)
            if wrote:
                actions |= self._once_more()
        return replace(row, actions=frozenset(actions))

    # --- what can be done -------------------------------------------------------------------------

    def _may_change(self, conversation: Conversation) -> bool:
        """Whether nothing is being written in the conversation, nor waits to be."""
        return conversation.id not in self._desk.busy

    def _once_more(self) -> set[RowAction]:
        """The ways to have a question answered once more. To compare takes a model that runs."""
        ways = {RowAction.REGENERATE, RowAction.RETRY_WITH}
        return ways | {RowAction.COMPARE} if self._desk.has_model else ways

    def _can_answer(self, conversation: Conversation) -> bool:
        return self._desk.by.model is None or self._desk.by.kind is conversation.kind

    def _why_it_waits(self) -> str:
        if self._desk.running is not None:
            return QCoreApplication.translate(
                "ConversationRows", "Waits until the answer before it has ended"
            )
        if self._desk.has_model:
            return QCoreApplication.translate(
                "ConversationRows", "Waits until the adapter is changed"
            )
        return QCoreApplication.translate("ConversationRows", "Waits until the model is loaded")


DROP_LINE = -999  #: the id of the row that says what the model does not get
_MARKS = -1_000  #: ids of marks are below it: there are less notes


def _row_of_mark(mark: AdapterMark) -> int:
    """The id of a mark's row: it stays while the question is asked that it stands over."""
    return _MARKS - (mark.before or 0)


_TAKEN_BACK = frozenset({RowAction.DELETE_TURN})


def ends_of(tree: ConversationTree, conversation_id: int) -> list[int]:
    """The last messages of all branches, oldest first: each is another version of a text."""
    ids = below(tree.store, conversation_id, None)
    parents = {one.parent for one in tree.store.messages(ids)}
    return sorted(one for one in ids if one not in parents)


def progress_text(running: Running) -> str:
    """Why there is no text yet; empty once there is some, or where a caret says enough."""
    progress = running.progress
    if running.has_text or progress is None or progress.done_tokens >= progress.total_tokens:
        return ""
    left = left_soon(running.pace.steady_seconds_left)
    parts = [answer_notes.prefill_text(progress), error_texts.sentence(left or "")]
    return " · ".join(part for part in parts if part)


def _label(precision: str) -> str:
    try:
        return Precision(precision).label
    except ValueError:
        return precision
