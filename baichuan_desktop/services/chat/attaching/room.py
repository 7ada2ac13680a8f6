"""How many tokens the documents of a question may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backends.events import ModelReady
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.chat.prompt_turns import latest_turns
from baichuan_desktop.services.chat.requests import request_for
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Conversation, ConversationKind

_TURN = 1  # tokens that say who speaks, for each message and for the answer
_SLACK = 8  # tokens for the lines between documents and question, which are counted apart


@dataclass(frozen=True, slots=True)
class Room:
    """What the context has for documents, in tokens."""

    most: int  #: that documents may take; what is older in the conversation may have to go for it
    beside_history: int  #: that they may take without that

    @property
    def whole(self) -> int:
        """Up to how many tokens documents are given whole, or in as many passages as fit.

        They push out no more than half of what is there: a conversation is not forgotten for the
        sake of one more page.
        """
        return max(self.beside_history, self.most // 2)


def room_for(
    *, context_length: int, max_new_tokens: int, fixed: int, history: int, messages: int
) -> Room:
    """The room beside what is always there: `fixed` tokens of system prompt and question.

    `history` is the tokens of the `messages` before. For the answer at most half of the context is
    kept free, as the prompt does it.
    """
    kept = min(max_new_tokens, max(context_length // 2, 1))
    most = context_length - kept - fixed - 2 * _TURN - _SLACK
    return Room(max(most, 0), max(most - history - _TURN * messages, 0))


def shares(wanted: Sequence[int], most: int) -> list[int]:
    """How many tokens each of several documents gets: small ones are whole, the others share."""
    found = [0] * len(wanted)
    left, waiting = most, len(wanted)
    for place in sorted(range(len(wanted)), key=lambda place: wanted[place]):
        found[place] = min(wanted[place], max(left, 0) // waiting)
        left, waiting = left - found[place], waiting - 1
    return found


def history_of(
    store: ConversationStore,
    conversation: Conversation | None,
    ready: ModelReady,
    *,
    prompt_turns: int | None,
    head: int | None = -1,
) -> list[str]:
    """The texts that the model would read of a conversation before its next question.

    That follows the message `head`; without one, the last one of the branch that is shown.
    """
    if conversation is not None and head == -1:
        head = conversation.head
    if conversation is None or head is None:
        return []
    if conversation.kind is ConversationKind.TEXT:
        return []
    branch = store.branch(head)
    request = request_for(store, conversation, branch, SamplingParams(), ready)
    assert isinstance(request, ChatRequest), "it is no text that is continued"
    said = [one for one in request.messages if one.role is not Role.SYSTEM]
    turns = latest_turns([*said, Message(Role.USER, "")], prompt_turns)[:-1]
    return [one.text for one in turns if one.text]
