"""Deleting a version or a turn of a conversation, so that it can be undone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.tree import below
from baichuan_desktop.services.chat.values import ChatMessage


@dataclass(frozen=True, slots=True)
class Removal:
    """What was taken away, for its undoing."""

    conversation_id: int
    head: int | None  #: of the conversation, before
    left: int | None  #: its head after it
    messages: tuple[ChatMessage, ...]  #: as they were: what is gone, and what follows another now


def remove_version(store: ConversationStore, message_id: int) -> Removal | None:
    """Delete a version of a message and all that follows it; its neighbour is shown instead.

    Where there is no other version, the conversation ends before it. None if it is gone already.
    """
    message = next(iter(store.messages([message_id])), None)
    if message is None:
        return None
    conversation_id = message.conversation_id
    versions = store.children(conversation_id, message.parent)
    place = versions.index(message_id)
    others = versions[:place] + versions[place + 1 :]
    gone = store.messages([message_id, *below(store, conversation_id, message_id)])
    head = message.parent
    if others:
        head = store.leaf_of(others[min(place, len(others) - 1)])
    return _remove(store, conversation_id, gone, gone, head)


def remove_turn(store: ConversationStore, message_id: int) -> Removal | None:
    """Delete a question and its answers, in all their versions; what follows them moves up.

    `message_id` is the question or an answer to it. Other versions of the question stay, with their
    own answers. None if it is gone already.
    """
    message = next(iter(store.messages([message_id])), None)
    if message is None:
        return None
    conversation_id = message.conversation_id
    conversation = store.conversation(conversation_id)
    question = _question(store, message)
    answers = _answers(store, question)
    gone = [question, *answers]
    gone_ids = {one.id for one in gone}
    children = [child for one in gone for child in store.children(conversation_id, one.id)]
    following = store.messages([child for child in children if child not in gone_ids])
    head = conversation.head if conversation else None
    if head in gone_ids:
        others = [
            one for one in store.children(conversation_id, question.parent) if one != question.id
        ]
        head = store.leaf_of(others[-1]) if others else question.parent
    return _remove(store, conversation_id, [*gone, *following], gone, head)


def undo(store: ConversationStore, removal: Removal) -> None:
    """Bring back what was deleted, as it was.

    Where the conversation went on meanwhile, it is shown as it went on, and what comes back is
    found among the versions.
    """
    for one in removal.messages:
        store.put_message(one)
    conversation = store.conversation(removal.conversation_id)
    if conversation is not None and conversation.head == removal.left:
        store.put_conversation(replace(conversation, head=removal.head))


def _question(store: ConversationStore, message: ChatMessage) -> ChatMessage:
    """The question that a message belongs to; an answer at the beginning is its own."""
    while message.role is Role.ASSISTANT and message.parent is not None:
        parent = next(iter(store.messages([message.parent])), None)
        if parent is None:
            break
        message = parent
    return message


def _answers(store: ConversationStore, question: ChatMessage) -> list[ChatMessage]:
    """All answers to a question, and answers that follow those."""
    found: list[ChatMessage] = []
    pending = [question]
    while pending:
        ids = [c for one in pending for c in store.children(one.conversation_id, one.id)]
        pending = [one for one in store.messages(ids) if one.role is Role.ASSISTANT]
        found += pending
    return found


def _remove(
    store: ConversationStore,
    conversation_id: int,
    touched: list[ChatMessage],
    gone: list[ChatMessage],
    head: int | None,
) -> Removal:
    """Delete `gone`; the store has what followed them follow the message before them."""
    conversation = store.conversation(conversation_id)
    before = conversation.head if conversation else None
    removal = Removal(conversation_id, before, head, tuple(touched))
    if conversation is not None:
        store.put_conversation(replace(conversation, head=head))
    store.delete_messages([one.id for one in gone])
    return removal
