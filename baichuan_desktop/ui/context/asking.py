"""The exact prompt that is asked for: of the message that is written, else of the last question."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from backends.events import ModelReady
from backends.protocol.engine_requests import ChatRequest, DescribePromptRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.chat.context.sections import GivenDocument
from baichuan_desktop.services.chat.given import given_text, text_for_model, with_documents
from baichuan_desktop.services.chat.prompts import completion
from baichuan_desktop.services.chat.requests import request_for
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import (
    ChatMessage,
    Conversation,
    ConversationKind,
    Status,
)
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage, Sending

_NOT_ASKED = 0  # the id of a question that is not asked yet; no message has it
_MOST_READ = 2_000  # messages of a branch that are looked at for documents


@dataclass(frozen=True, slots=True)
class AskedPrompt:
    """What an engine is asked about a prompt, and which documents it holds."""

    request: DescribePromptRequest
    is_draft: bool  #: the message is still in the field
    documents: Mapping[int, Sequence[GivenDocument]]  #: by the place of the message


def asked_prompt(
    page: ChatPage, controller: ChatController, ready: ModelReady | None
) -> AskedPrompt:
    """What the model would get if the draft were sent; without one, for the last question.

    That is asked with the settings of now.
    """
    sending, store = page.previewed(), controller.tree.store
    conversation = None if controller.begins_another else controller.conversation
    is_draft = bool(sending.text.strip() or sending.attachments)
    if controller.completes:
        return _text(store, conversation, sending, is_draft=is_draft)
    conversation = conversation or _unbegun()
    branch = store.branch(conversation.head)
    then = _question(conversation, sending) if is_draft else None
    if then is None:
        outlines = store.outlines(branch)
        asked = [n for n, one in enumerate(outlines) if one.role is Role.USER]
        branch = branch[: asked[-1] + 1] if asked else []
    model = controller.model
    request = request_for(
        store,
        replace(conversation, kind=ConversationKind.CHAT, system_prompt=sending.system_prompt),
        branch,
        sending.params,
        ready,
        as_chat=controller.desk.by.as_chat,
        prompt_turns=model.prompt_turns if model is not None else None,
        then=then,
    )
    assert isinstance(request, ChatRequest), "it is asked as a chat"
    newest = store.messages(branch[-_MOST_READ:])
    messages = [*newest, *([then] if then is not None else [])]
    documents = _documents(store, request.messages, messages)
    return AskedPrompt(DescribePromptRequest(chat=request), is_draft, documents)


def _text(
    store: ConversationStore,
    conversation: Conversation | None,
    sending: Sending,
    *,
    is_draft: bool,
) -> AskedPrompt:
    """A base model's prompt: what is written, else the text above."""
    text = with_documents(sending.text, sending.attachments, store.document)
    if not is_draft and conversation is not None and conversation.kind is ConversationKind.TEXT:
        text = "".join(one.text for one in store.messages(store.branch(conversation.head)))
    request = DescribePromptRequest(complete=completion(text, sending.params))
    return AskedPrompt(request, is_draft, {})


def _unbegun() -> Conversation:
    return Conversation(_NOT_ASKED, "", created=0.0, updated=0.0)


def _question(conversation: Conversation, sending: Sending) -> ChatMessage:
    return ChatMessage(
        _NOT_ASKED,
        conversation.id,
        parent=conversation.head,
        role=Role.USER,
        text=sending.text,
        status=Status.FINISHED,
        created=time.time(),
        attachments=tuple(sending.attachments),
    )


def _documents(
    store: ConversationStore, given: Sequence[Message], messages: Sequence[ChatMessage]
) -> dict[int, list[GivenDocument]]:
    """What of documents stands in the messages of a request, which are the last of the branch's."""
    found: dict[int, list[GivenDocument]] = {}
    place = len(given) - 1
    for one in reversed(messages):
        if place < 0:
            break
        if given[place] != Message(one.role, text_for_model(one, store.document)):
            continue  # the model does not read it
        if one.attachments:
            parts = [
                GivenDocument(each.name, given_text(each, document))
                for each in one.attachments
                if (document := store.document(each.document_id)) is not None
            ]
            found[place] = parts
        place -= 1
    return found
