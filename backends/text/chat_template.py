"""Messages to the ids of a prompt, as the published `build_chat_input` does it.

    [system text] 195 user text 196 assistant text 195 user text … 196

The turn ids come from generation_config.json; between turns there is no end-of-sequence. Three
quirks of the published code are mended: the last 196 counts in the budget, a message that does not
fit is reported instead of losing its beginning silently, and a large `max_new_tokens` does not
push out the conversation (`build_app_prompt`): it keeps half of the context free at most, as
Baichuan-13B's published code does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import accumulate, pairwise

from ..errors import ContextLengthExceededError, InvalidRequestError
from .fitting import fitting, most_reserved


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
class Span:
    """Ids of a prompt that belong together, from `begin` to before `end`."""

    message: int | None  #: the place of the message, whose turn id is the first one; None: of none
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """The ids to read, and how many of the oldest messages did not fit."""

    ids: list[int]
    dropped_messages: int
    #: Tokens that are left for the answer, where messages were kept in place of more; else None.
    room_tokens: int | None = None
    spans: tuple[Span, ...] = ()  #: which of the ids are of which message, in order


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
    return _built(
        messages,
        encode,
        tokens,
        context_length=context_length,
        max_new_tokens=max_new_tokens,
        reserved=most_reserved(context_length, max_new_tokens),
    )


def build_whole_prompt(
    messages: Sequence[Message],
    encode: Callable[[str], list[int]],
    tokens: ChatTokens,
    *,
    context_length: int,
    max_new_tokens: int,
) -> ChatPrompt:
    """The prompt for the next answer, of which nothing is left out.

    The answer may use what is left, up to `max_new_tokens`. If all messages together leave no room
    for one new token, raises ContextLengthExceededError; else as `build_chat_prompt`.
    """
    prompt = _built(
        messages,
        encode,
        tokens,
        context_length=sys.maxsize,
        max_new_tokens=1,
        reserved=1,
    )
    room = context_length - len(prompt.ids)
    if room < 1:
        raise ContextLengthExceededError(
            what="The conversation",
            prompt_tokens=len(prompt.ids) + 1,
            context_length=context_length,
        )
    return replace(prompt, room_tokens=room if room < max_new_tokens else None)


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
    return _built(
        messages,
        encode,
        tokens,
        context_length=context_length,
        max_new_tokens=max_new_tokens,
        reserved=max_new_tokens,
    )


def _built(
    messages: Sequence[Message],
    encode: Callable[[str], list[int]],
    tokens: ChatTokens,
    *,
    context_length: int,
    max_new_tokens: int,
    reserved: int,
) -> ChatPrompt:
    system, rounds = _rounds(messages)
    if not rounds:
        raise InvalidRequestError("There is no message to answer.")
    opens_turn = messages[-1].role is not Role.ASSISTANT
    fixed = encode(system) if system else []
    ending = [tokens.assistant] if opens_turn else []
    encoded: list[list[list[int]]] = []  # newest first; what is too old is not even encoded

    def lengths() -> Iterator[int]:
        for one in reversed(rounds):
            encoded.append([_encode_turn(message, encode, tokens) for message in one])
            yield sum(map(len, encoded[-1]))

    fits = fitting(
        lengths(),
        fixed=len(fixed) + len(ending),
        context_length=context_length,
        max_new_tokens=max_new_tokens,
        reserved=reserved,
    )
    if not fits.rounds:
        raise too_long(
            fits.tokens, len(fixed), context_length=context_length, opens_turn=opens_turn
        )
    turns = [ids for one in reversed(encoded[: fits.rounds]) for ids in one]
    parts = [fixed, *turns, ending]
    first = len(messages) - len(turns)  # the message of the first turn
    spans = _spans(parts, [0, *range(first, len(messages)), None])
    ids = [i for part in parts for i in part]
    return ChatPrompt(
        ids, sum(map(len, rounds[: len(rounds) - fits.rounds])), fits.room_tokens, spans
    )


def too_long(
    tokens: int, system_tokens: int, *, context_length: int, opens_turn: bool = True
) -> ContextLengthExceededError:
    """The error of a prompt of so many tokens, without any older rounds, which does not fit."""
    what = "Your message" if opens_turn else "Your message with the answer so far"
    if system_tokens:
        what = "The system prompt with your message"
    if system_tokens and not opens_turn:
        what = "The system prompt with your message and the answer so far"
    if system_tokens + 2 >= context_length:  # and the tokens that begin both turns
        what = "The system prompt"
        tokens = system_tokens + 2
    return ContextLengthExceededError(
        what=what, prompt_tokens=tokens + 1, context_length=context_length
    )


def _spans(parts: Sequence[Sequence[int]], messages: Sequence[int | None]) -> tuple[Span, ...]:
    begins = [0, *accumulate(map(len, parts))]
    return tuple(
        Span(message, begin, end)
        for message, (begin, end) in zip(messages, pairwise(begins), strict=True)
        if begin < end
    )


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


def _encode_turn(
    message: Message, encode: Callable[[str], list[int]], tokens: ChatTokens
) -> list[int]:
    turn = tokens.user if message.role is Role.USER else tokens.assistant
    return [turn, *encode(message.text)]
