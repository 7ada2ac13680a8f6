"""Conversations for tests, short to write."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Status
from baichuan_desktop.services.documents.values import Document


def put_conversation(store: ConversationStore, title: str = "Title", **fields: Any) -> Conversation:
    """A conversation that the store has."""
    number = store.new_id()
    one = Conversation(number, title, created=1.0, updated=fields.pop("updated", 1.0), **fields)
    store.put_conversation(one)
    return one


def put_message(
    store: ConversationStore,
    conversation: Conversation,
    parent: ChatMessage | None,
    text: str,
    status: Status = Status.FINISHED,
    **fields: Any,
) -> ChatMessage:
    """A message that the store has; questions and answers alternate."""
    is_answer = parent is not None and parent.role is Role.USER
    one = ChatMessage(
        id=store.new_id(),
        conversation_id=conversation.id,
        parent=None if parent is None else parent.id,
        role=Role.ASSISTANT if is_answer else Role.USER,
        text=text,
        status=status,
        created=1.0,
        **fields,
    )
    store.put_message(one)
    return one


def put_document(
    store: ConversationStore, conversation: Conversation, text: str, name: str = "a.txt"
) -> Document:
    """A document that the store has."""
    content = text.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(content).hexdigest()
    one = Document(
        store.new_id(), conversation.id, name, "text", len(content), digest, text, encoding="utf-8"
    )
    store.put_document(one)
    return one


def put_branch(
    store: ConversationStore, texts: list[str], title: str = "Title", **fields: Any
) -> tuple[Conversation, list[ChatMessage]]:
    """A conversation with these messages, one after the other."""
    conversation = put_conversation(store, title, **fields)
    messages: list[ChatMessage] = []
    for text in texts:
        messages.append(put_message(store, conversation, messages[-1] if messages else None, text))
    conversation = dataclasses.replace(conversation, head=messages[-1].id if messages else None)
    store.put_conversation(conversation)
    return conversation, messages
