"""Conversations as trees of messages: asked, answered, and answered again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.titles import title_of
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    ChatMessage,
    Conversation,
    ConversationKind,
    Status,
)
from baichuan_desktop.services.documents.values import Attachment


class ConversationTree:
    """What is done to conversations, written to the store at once.

    Messages that have the same parent are versions of each other; the branch that is shown ends at
    the conversation's head. A row of a conversation is read afresh before it is written: the
    sidebar writes the same rows.
    """

    def __init__(self, store: ConversationStore, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since 1970."""
        self.store = store
        self._clock = clock

    # --- conversations ------------------------------------------------------------------------

    def begin(
        self,
        kind: ConversationKind,
        *,
        system_prompt: str = "",
        draft: str = "",
        is_temporary: bool = False,
    ) -> Conversation:
        """A new conversation, without a message and without a title."""
        now = self._clock()
        made = Conversation(
            self.store.new_id(),
            title="",
            created=now,
            updated=now,
            kind=kind,
            is_temporary=is_temporary,
            draft=draft,
            system_prompt=system_prompt,
        )
        self.store.put_conversation(made)
        return made

    def unbegun(self, *, is_temporary: bool = False) -> Conversation | None:
        """The conversation that is only a draft yet, if there is one: nothing was asked in it."""
        return next(
            (
                one
                for one in self.store.conversations()
                if one.head is None and not one.title and one.trashed is None
                if one.is_temporary is is_temporary
            ),
            None,
        )

    def change(self, conversation_id: int, **changes: object) -> Conversation | None:
        """Set fields of a conversation that do not say how new it is; None if it is gone."""
        before = self.store.conversation(conversation_id)
        if before is None:
            return None
        after = replace(before, **changes)  # type: ignore[arg-type]  # of fields by name
        if after != before:
            self.store.put_conversation(after)
        return after

    def branch(self, head: int | None) -> list[ChatMessage]:
        """The messages from the first one to `head`."""
        return self.store.messages(self.store.branch(head))

    def message(self, message_id: int) -> ChatMessage | None:
        """One message; None if it is gone."""
        return next(iter(self.store.messages([message_id])), None)

    def context_tokens(self, conversation: Conversation | None, model: str) -> int:
        """What a conversation takes of the context, as its last answer was counted.

        0 where there is none, or where another model than this one counted it.
        """
        head = conversation.head if conversation is not None else None
        last = self.message(head) if head is not None else None
        if last is None or last.details is None or last.model != model:
            return 0
        return last.details.prompt_tokens + last.details.new_tokens

    # --- questions and answers ----------------------------------------------------------------

    def ask(
        self, conversation_id: int, text: str, attachments: Sequence[Attachment] = ()
    ) -> ChatMessage:
        """A question at the end of the branch that is shown.

        Documents of another conversation, in whose draft it was written, are copied into this one.
        """
        own = self._own(conversation_id, attachments)
        return self._add(self._conversation(conversation_id), text, own)

    def attach(self, conversation_id: int, attachments: Sequence[Attachment]) -> None:
        """Have documents go with the draft of a conversation; what is given of them is open."""
        conversation = self.store.conversation(conversation_id)
        if conversation is None or not attachments:
            return
        attached = conversation.settings.attached
        there = {one.document_id for one in attached}
        new = tuple(
            Attachment(one.document_id, one.name)
            for one in self._own(conversation_id, attachments)
            if one.document_id not in there
        )
        settings = replace(conversation.settings, attached=(*attached, *new))
        self.change(conversation_id, settings=settings)

    def _own(
        self, conversation_id: int, attachments: Sequence[Attachment]
    ) -> tuple[Attachment, ...]:
        """The same with documents of this conversation: documents end with their own."""
        found = []
        for one in attachments:
            document = self.store.document(one.document_id)
            if document is not None and document.conversation_id != conversation_id:
                copy = replace(document, id=self.store.new_id(), conversation_id=conversation_id)
                self.store.put_document(copy)
                one = replace(one, document_id=copy.id)
            found.append(one)
        return tuple(found)

    def edit(
        self, message_id: int, text: str, attachments: Sequence[Attachment] | None = None
    ) -> ChatMessage:
        """A version of a message with another text, which is shown from now on.

        What followed the message follows the old version still. An answer that a person wrote has
        no details. A question keeps its documents, and what is given of them unless that is named.
        """
        old = self._message(message_id)
        conversation = self._conversation(old.conversation_id)
        given = old.attachments if attachments is None else attachments
        return self._add(conversation, text, given, instead_of=old)

    def _add(
        self,
        conversation: Conversation,
        text: str,
        attachments: Sequence[Attachment],
        *,
        instead_of: ChatMessage | None = None,
    ) -> ChatMessage:
        now = self._clock()
        made = ChatMessage(
            self.store.new_id(),
            conversation.id,
            parent=instead_of.parent if instead_of else conversation.head,
            role=instead_of.role if instead_of else Role.USER,
            text=text,
            status=Status.FINISHED,
            created=now,
            model=instead_of.model if instead_of else "",
            attachments=tuple(attachments),
        )
        self.store.put_message(made)
        title = conversation.title
        if made.parent is None and not conversation.has_own_title:
            title = title_of(text)
        changed = replace(conversation, head=made.id, title=title, updated=now)
        self.store.put_conversation(changed)
        return made

    def begin_answer(
        self,
        parent: ChatMessage,
        *,
        model: str,
        details: AnswerDetails,
        text: str = "",
        is_beside: bool = False,
    ) -> ChatMessage:
        """An answer to a message, or what continues it; it is shown if its parent is.

        `text` is what it begins with, where another answer is continued. One that is written
        `is_beside` another is a version that is not shown yet.
        """
        now = self._clock()
        made = ChatMessage(
            self.store.new_id(),
            parent.conversation_id,
            parent=parent.id,
            role=Role.ASSISTANT,
            text=text,
            status=Status.WRITING,
            created=now,
            model=model,
            details=details,
        )
        self.store.put_message(made)
        conversation = self._conversation(parent.conversation_id)
        if not is_beside and parent.id in self.store.branch(conversation.head):
            conversation = replace(conversation, head=made.id)
        self.store.put_conversation(replace(conversation, updated=now))
        return made

    def write(self, answer: ChatMessage, text: str) -> ChatMessage:
        """The answer with its text so far, which the store writes within 250 ms."""
        written = replace(answer, text=text)
        self.store.put_message(written)
        return written

    def describe(self, answer: ChatMessage, details: AnswerDetails) -> ChatMessage:
        """The answer with what is known of it meanwhile."""
        described = replace(answer, details=details)
        self.store.put_message(described)
        return described

    def end_answer(
        self, answer: ChatMessage, status: Status, details: AnswerDetails, *, is_seen: bool = True
    ) -> ChatMessage:
        """The answer at its end; one that nobody saw marks its conversation as unread."""
        ended = replace(answer, status=status, details=details)
        self.store.put_message(ended)
        if (conversation := self.store.conversation(answer.conversation_id)) is not None:
            unread = conversation.is_unread or not is_seen
            changed = replace(conversation, updated=self._clock(), is_unread=unread)
            self.store.put_conversation(changed)
        return ended

    def drop_answer(self, answer: ChatMessage, instead: int | None) -> None:
        """Take an answer of nothing away, in favour of another version or of what it follows.

        What was asked after it meanwhile follows `instead`.
        """
        following = self.store.messages(self.store.children(answer.conversation_id, answer.id))
        conversation = self.store.conversation(answer.conversation_id)
        if conversation is not None and conversation.head == answer.id:
            head = instead
            if instead is not None and instead != answer.parent:
                head = self.store.leaf_of(instead)
            self.store.put_conversation(replace(conversation, head=head))
        for one in following:
            self.store.put_message(replace(one, parent=instead))
        self.store.delete_messages([answer.id])

    def take_back(self, question: ChatMessage) -> None:
        """Take away a question and the answers of nothing to it; its title goes with it.

        Where it was another version of a question, that is shown again.
        """
        versions = self.versions(question.id)
        gone = [question.id, *below(self.store, question.conversation_id, question.id)]
        conversation = self.store.conversation(question.conversation_id)
        if conversation is not None and conversation.head in gone:
            others = [one for one in versions if one != question.id]
            head = self.store.leaf_of(others[-1]) if others else question.parent
            title = conversation.title
            if head is None and not conversation.has_own_title:
                title = ""
            self.store.put_conversation(replace(conversation, head=head, title=title))
        self.store.delete_messages(gone)

    # --- versions -----------------------------------------------------------------------------

    def versions(self, message_id: int) -> list[int]:
        """The versions of a message, oldest first; itself is one of them."""
        message = self._message(message_id)
        return self.store.children(message.conversation_id, message.parent)

    def choose(self, message_id: int, step: int) -> int | None:
        """Show the version that is `step` further, with what followed it last; None: none is."""
        versions = self.versions(message_id)
        place = versions.index(message_id) + step
        if not 0 <= place < len(versions):
            return None
        chosen = versions[place]
        self.change(self._message(chosen).conversation_id, head=self.store.leaf_of(chosen))
        return chosen

    # --- inside -------------------------------------------------------------------------------

    def _conversation(self, conversation_id: int) -> Conversation:
        found = self.store.conversation(conversation_id)
        if found is None:
            raise LookupError(f"there is no conversation {conversation_id}")
        return found

    def _message(self, message_id: int) -> ChatMessage:
        found = self.message(message_id)
        if found is None:
            raise LookupError(f"there is no message {message_id}")
        return found


def copied(
    store: ConversationStore, conversation: Conversation, title: str, *, upto: int | None = None
) -> Conversation:
    """A conversation of its own with the same messages, branches and documents, under new ids.

    `upto` takes the branch that ends there alone. An answer that is being written is copied as far
    as it has come; what is being drafted is not.
    """
    messages = _all(store, conversation.id) if upto is None else store.messages(store.branch(upto))
    ids = {old: store.new_id() for old in sorted(one.id for one in messages)}
    copy = replace(
        conversation,
        id=store.new_id(),
        title=title,
        head=ids.get(upto if upto is not None else conversation.head or -1),
        has_own_title=True,
        trashed=None,
        is_pinned=False,
        is_unread=False,
        draft="",
        settings=replace(
            conversation.settings,
            attached=(),
            left_out=frozenset(ids[one] for one in conversation.settings.left_out & ids.keys()),
        ),
    )
    store.put_conversation(replace(copy, head=None))
    documents = _copied_documents(store, messages, copy.id)
    for one in messages:
        status = Status.BROKEN if one.status is Status.WRITING else one.status
        parent = None if one.parent is None else ids[one.parent]
        attachments = tuple(
            replace(some, document_id=documents.get(some.document_id, some.document_id))
            for some in one.attachments
        )
        store.put_message(
            replace(
                one,
                id=ids[one.id],
                conversation_id=copy.id,
                parent=parent,
                status=status,
                attachments=attachments,
            )
        )
    store.put_conversation(copy)
    return copy


def _copied_documents(
    store: ConversationStore, messages: Sequence[ChatMessage], conversation_id: int
) -> dict[int, int]:
    """Put what messages have into another conversation; the new ids by the old ones."""
    ids: dict[int, int] = {}
    for old in sorted({some.document_id for one in messages for some in one.attachments}):
        document = store.document(old)
        if document is not None:
            ids[old] = store.new_id()
            store.put_document(replace(document, id=ids[old], conversation_id=conversation_id))
    return ids


def below(store: ConversationStore, conversation_id: int, message_id: int | None) -> list[int]:
    """Every message that follows one, on all branches, each after what it follows."""
    following: dict[int | None, list[int]] = {}
    for one, parent in sorted(store.tree(conversation_id).items()):
        following.setdefault(parent, []).append(one)
    found: list[int] = []
    pending = following.get(message_id, [])
    while pending:
        found += pending
        pending = [child for one in pending for child in following.get(one, [])]
    return found


def _all(store: ConversationStore, conversation_id: int) -> list[ChatMessage]:
    return store.messages(below(store, conversation_id, None))
