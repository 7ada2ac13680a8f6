"""Messages to the ids of a prompt, as the published `build_chat_input` does it.

    [system text] 195 user text 196 assistant text 195 user text … 196

The turn ids come from generation_config.json; between turns there is no end-of-sequence. Three
quirks of the published code are mended: the last 196 counts in the budget, a message that does not
fit is reported instead of losing its beginning silently, and a large `max_new_tokens` does not
push out the conversation (`build_app_prompt`): it keeps half of the context free at most, as
Baichuan-13B's published code does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from ..errors import ContextLengthExceededError, InvalidRequestError


class Role(Enum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class ChatTokens:
    """The two ids that begin a turn; their pieces differ between families, the ids do not."""

    user: int
    assistant: int


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """The ids to read, and how many of the oldest messages did not fit."""

    ids: list[int]
    dropped_messages: int
    #: Tokens that are left for the answer, where messages were kept in place of more; else None.
    room_tokens: int | None = None


def build_app_prompt(
    messages: Sequence[Message],
    encode: Callable[[str], list[int]],
    tokens: ChatTokens,
    *,
    context_length: int,
    max_new_tokens: int,
) -> ChatPrompt:
    """The prompt for the next answer, for which half of the context is kept free at most.

    The answer itself may use what is left, up to `max_new_tokens`. Raises as `build_chat_prompt`.
    """
    encode = cache(encode)
    asked, kept = (
        build_chat_prompt(
            messages, encode, tokens, context_length=context_length, max_new_tokens=count
        )
        for count in (max_new_tokens, min(max_new_tokens, max(context_length // 2, 1)))
    )
    if kept.dropped_messages == asked.dropped_messages:
        return kept
    return replace(kept, room_tokens=context_length - len(kept.ids))


def build_chat_prompt(
    messages: Sequence[Message],
    encode: Callable[[str], list[int]],
    tokens: ChatTokens,
    *,
    context_length: int,
    max_new_tokens: int,
) -> ChatPrompt:
    """The prompt for the next answer.

    A round is a user's message with the answers that follow it. The newest round is always kept,
    older whole rounds as long as prompt and `max_new_tokens` stay within `context_length`. The
    system message is always kept. If even the newest round leaves no room for one new token,
    raises ContextLengthExceededError; a system message that is not the first, or no message at
    all, raises InvalidRequestError.

    Where the last message is the assistant's, the prompt ends inside its turn, right after that
    text: what the model says next goes on with it.
    """
    system, rounds = _rounds(messages)
    if not rounds:
        raise InvalidRequestError("There is no message to answer.")
    opens_turn = messages[-1].role is not Role.ASSISTANT
    fixed = encode(system) if system else []
    newest = _encode_round(rounds[-1], encode, tokens)
    ending = [tokens.assistant] if opens_turn else []

    least = len(fixed) + len(newest) + len(ending)
    if least >= context_length:
        what = "The system prompt with your message" if fixed else "Your message"
        if not opens_turn:
            what = (
                "The system prompt with your message and the answer so far"
                if fixed
                else "Your message with the answer so far"
            )
        raise ContextLengthExceededError(
            what=what,
            prompt_tokens=least + 1,
            context_length=context_length,
        )
    budget = context_length - max_new_tokens
    kept, used = [newest], least
    while len(kept) < len(rounds):  # what is too old is not even encoded
        older = _encode_round(rounds[-1 - len(kept)], encode, tokens)
        used += len(older)
        if used > budget:
            break
        kept.append(older)
    ids = fixed + [i for part in reversed(kept) for i in part] + ending
    return ChatPrompt(ids, dropped_messages=sum(map(len, rounds[: len(rounds) - len(kept)])))


def _rounds(messages: Sequence[Message]) -> tuple[str, list[list[Message]]]:
    system = ""
    if messages and messages[0].role is Role.SYSTEM:
        system, messages = messages[0].text, messages[1:]
    rounds: list[list[Message]] = []
    for message in messages:
        if message.role is Role.SYSTEM:
            raise InvalidRequestError("A system prompt can only stand first in a conversation.")
        if message.role is Role.USER or not rounds:
            rounds.append([])
        rounds[-1].append(message)
    return system, rounds


def _encode_round(
    entries: Sequence[Message], encode: Callable[[str], list[int]], tokens: ChatTokens
) -> list[int]:
    ids: list[int] = []
    for message in entries:
        ids.append(tokens.user if message.role is Role.USER else tokens.assistant)
        ids += encode(message.text)
    return ids
