"""Messages to the ids of a prompt, as the published `build_chat_input` does it.

    [system text] 195 user text 196 assistant text 195 user text … 196

The turn ids come from generation_config.json; between turns there is no end-of-sequence. Two
quirks of the published code are mended: the last 196 counts in the budget, and a message that
does not fit is reported instead of losing its beginning silently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from .errors import ContextLengthExceededError, InvalidRequestError
from .generation_config import ChatTokens


class Role(Enum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


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
    """
    system, rounds = _rounds(messages)
    if not rounds:
        raise InvalidRequestError("There is no message to answer.")
    opens_turn = messages[-1].role is not Role.ASSISTANT
    fixed = encode(system) if system else []
    encoded = [_encode_round(entries, encode, tokens) for entries in rounds]
    ending = [tokens.assistant] if opens_turn else []

    least = len(fixed) + len(encoded[-1]) + len(ending)
    if least >= context_length:
        raise ContextLengthExceededError(
            what="The system prompt with your message" if fixed else "Your message",
            prompt_tokens=least + 1,
            context_length=context_length,
        )
    budget = context_length - max_new_tokens
    first, used = len(encoded) - 1, least
    while first > 0 and used + len(encoded[first - 1]) <= budget:
        first -= 1
        used += len(encoded[first])
    ids = fixed + [i for part in encoded[first:] for i in part] + ending
    return ChatPrompt(ids, dropped_messages=sum(map(len, rounds[:first])))


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
