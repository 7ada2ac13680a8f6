"""What the engine is asked for a branch of a conversation; of a long one only its end is read."""

from __future__ import annotations

from collections.abc import Sequence

from backends.events import ModelReady
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.chat.context.rounds import without_left_out
from baichuan_desktop.services.chat.prompts import (
    chat_request,
    completion,
    messages_of,
    newest_of,
    text_of,
)
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import (
    ChatMessage,
    Conversation,
    ConversationKind,
    Outline,
)


def request_for(
    store: ConversationStore,
    conversation: Conversation,
    branch: Sequence[int],
    params: SamplingParams,
    ready: ModelReady | None,
    *,
    begins_with: str = "",
    as_chat: bool = False,
    prompt_turns: int | None = None,
    then: ChatMessage | None = None,
) -> ChatRequest | CompleteRequest:
    """The request for what follows a branch, the ids of its messages.

    `begins_with` is what there is of the answer already, and `ready` the model that is asked, if it
    is loaded; see `chat_request` for the others. Rounds that the person leaves out are not in it.
    `then` is a question that follows the branch and is not asked yet.
    """
    if conversation.kind is ConversationKind.TEXT:
        return completion(text_of(store.messages(branch)) + begins_with, params)
    asked = () if then is None else (then,)
    if conversation.settings.left_out:
        roles = [one.role for one in (*store.outlines(branch), *asked)]
        ids = [*branch, *(one.id for one in asked)]
        kept = set(without_left_out(ids, roles, conversation.settings.left_out))
        branch = [one for one in branch if one in kept]
    newest = newest_of(
        [*store.outlines(branch), *(Outline(one.role, len(one.text)) for one in asked)],
        context_length=ready.context_length if ready else 0,
        longest_token=ready.longest_token if ready else None,
        prompt_turns=prompt_turns,
    )
    messages = messages_of([*store.messages(branch[newest.first :]), *asked], store.document)
    if begins_with:  # the prompt ends inside the assistant's turn
        messages.append(Message(Role.ASSISTANT, begins_with))
    return chat_request(
        messages,
        params,
        system_prompt=conversation.system_prompt,
        as_chat=as_chat,
        prompt_turns=prompt_turns,
        older=newest.older,
    )
