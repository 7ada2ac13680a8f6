"""What can be done with the turns of the open conversation besides asking the next question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from backends.generation.sampling import SamplingParams
from backends.text.chat_template import Role
from baichuan_desktop.services.chat import removal
from baichuan_desktop.services.chat.prompts import beginning
from baichuan_desktop.services.chat.removal import Removal
from baichuan_desktop.services.chat.tree import ConversationTree, copied
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, ConversationKind
from baichuan_desktop.services.documents.values import Attachment
from baichuan_desktop.ui.turns.desk import AnswerDesk, OtherModel, Wanted
from baichuan_desktop.ui.turns.rows import ConversationRows, ends_of


class TurnCommands(QObject):
    """Answers once more, other versions, other texts, less turns.

    A row's id is that of its message; of a base model's text, that of the first. Nothing is changed
    in a conversation in which an answer is being written or waits.

    Signals:
        changed: the id of the conversation, whose rows are others now.
        removed: a Removal, which `undo` takes back.
    """

    changed = Signal(object)
    removed = Signal(object)

    def __init__(
        self,
        tree: ConversationTree,
        desk: AnswerDesk,
        source: ConversationRows,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tree = tree
        self._desk = desk
        self._source = source
        #: Has an edit done later, once it is known what is given with it; whether it does.
        self.takes_edit: Callable[[int, str, SamplingParams], bool] = lambda *_edit: False

    def regenerate(
        self, row_id: int, params: SamplingParams, *, by: OtherModel | None = None
    ) -> None:
        """Have a question answered once more; the answers that there are stay as versions.

        `by` another model, or the same one in another precision, which is loaded for it.
        """
        message = self.target(row_id)
        if message is None:
            return
        wanted = Wanted(message.conversation_id, message.id, self._desk.now_or_later(params), by=by)
        if message.role is Role.ASSISTANT:
            if message.parent is None:
                return
            wanted = replace(wanted, parent=message.parent, instead=message.id)
        loaded = self._desk.by.model
        if by is not None and (loaded is None or by.model.path != loaded.path):
            wanted = replace(wanted, params=None)  # what the other one asks for
        self._desk.want(wanted)

    def continue_answer(self, row_id: int, params: SamplingParams) -> None:
        """Go on with an unfinished answer, as a new version that begins with its text.

        A base model goes on with its text as it is.
        """
        message = self.target(row_id)
        if message is None:
            return
        wanted = Wanted(message.conversation_id, message.id, self._desk.now_or_later(params))
        if self._is_chat():
            if message.role is not Role.ASSISTANT or message.parent is None:
                return
            wanted = replace(
                wanted,
                parent=message.parent,
                instead=message.id,
                begins_with=beginning(message.text),
            )
        self._desk.want(wanted)

    def edit(
        self,
        row_id: int,
        text: str,
        params: SamplingParams,
        attachments: Sequence[Attachment] | None = None,
    ) -> None:
        """Put another text in a message's place, on a branch of its own.

        A question is answered anew; an answer, and a base model's text, is taken as it was written.
        `attachments` are given with it, or else what was given with the text before.
        """
        conversation, message = self._free(), self._tree.message(row_id)
        if conversation is None or message is None or not text.strip():
            return
        if attachments is None and self.takes_edit(row_id, text, params):
            return
        edited = self._tree.edit(row_id, text, attachments)
        self.changed.emit(conversation.id)
        if message.role is Role.USER and self._is_chat():
            self._desk.want(Wanted(conversation.id, edited.id, self._desk.now_or_later(params)))

    def choose_version(self, row_id: int, step: int) -> None:
        """Show another version of a message, with what followed it last."""
        conversation = self._source.conversation
        if conversation is None:
            return
        if self._is_chat():
            self._tree.choose(row_id, step)
        else:
            ends = ends_of(self._tree, conversation.id)
            place = ends.index(conversation.head) + step if conversation.head in ends else -1
            if 0 <= place < len(ends):
                self._tree.change(conversation.id, head=ends[place])
        self.changed.emit(conversation.id)

    def waits_at(self, row_id: int) -> bool:
        """Whether what waits in the open conversation waits at this row."""
        conversation = self._source.conversation
        if conversation is None:
            return False
        wanted = self._desk.waiting.by_conversation.get(conversation.id)
        return wanted is not None and row_id == self._source.row_of(wanted.parent)

    def delete_version(self, row_id: int) -> None:
        """Delete a version of a message and what follows it; another one is shown."""
        message = self.target(row_id)
        if message is not None:
            self._tell(removal.remove_version(self._tree.store, message.id))

    def delete_turn(self, row_id: int) -> None:
        """Delete a question with its answers; what follows moves up."""
        if self._free() is not None:
            self._tell(removal.remove_turn(self._tree.store, row_id))

    def keep_version(self, kept_id: int, other_id: int | None = None) -> None:
        """Show a version of an answer, and delete another one if one is named."""
        kept = self._tree.message(kept_id)
        if kept is None:
            return
        store, removed = self._tree.store, None
        self._tree.change(kept.conversation_id, head=store.leaf_of(kept_id))
        if other_id is not None:
            removed = removal.remove_version(store, other_id)
            self._tree.change(kept.conversation_id, head=store.leaf_of(kept_id))
        self.changed.emit(kept.conversation_id)
        if removed is not None:
            self.removed.emit(removed)

    def _tell(self, removed: Removal | None) -> None:
        if removed is not None:
            self.changed.emit(removed.conversation_id)
            self.removed.emit(removed)

    @Slot(object)
    def undo(self, removed: Removal) -> None:
        """Bring back what was deleted, also while an answer to something else is written."""
        removal.undo(self._tree.store, removed)
        self.changed.emit(removed.conversation_id)

    def duplicate(self, conversation_id: int, *, upto: int | None = None) -> int | None:
        """The id of a copy of a conversation, with all its branches, or with one up to a row."""
        conversation = self._tree.store.conversation(conversation_id)
        if conversation is None:
            return None
        title = self.tr("Copy of {title}").format(title=conversation.title)
        copy = copied(self._tree.store, conversation, title, upto=upto)
        self.changed.emit(copy.id)
        return copy.id

    def duplicate_from(self, row_id: int) -> int | None:
        """The id of a conversation of its own that ends with this row."""
        conversation = self._source.conversation
        if conversation is None:
            return None
        upto = row_id if self._is_chat() else conversation.head
        return self.duplicate(conversation.id, upto=upto)

    def target(self, row_id: int) -> ChatMessage | None:
        """The message that a row is about: of a base model's text, the last one."""
        conversation = self._free()
        if conversation is None:
            return None
        target = row_id if self._is_chat() else conversation.head
        return None if target is None else self._tree.message(target)

    # --- inside -------------------------------------------------------------------------------

    def _is_chat(self) -> bool:
        conversation = self._source.conversation
        return conversation is None or conversation.kind is ConversationKind.CHAT

    def _free(self) -> Conversation | None:
        """The open conversation, if nothing is being written in it nor waits to be."""
        conversation = self._source.conversation
        if conversation is None or conversation.id in self._desk.busy:
            return None
        return conversation
