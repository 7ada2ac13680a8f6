"""Messages as published scripts write them, and the ids of their prompt.

[{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi!"}, …]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...errors import InvalidRequestError
from ...text.chat_template import ChatTokens, Message, Role, build_chat_prompt
from ...text.tokenizer import TURNS

_PUBLISHED_TURNS = ChatTokens(*TURNS)
_PAD_ID = 0  # which is no text
_ENDLESS = 2**62  # tokens; of a prompt from which nothing is left out


def as_messages(conversation: object) -> list[Message]:
    """The messages of a list of `{"role", "content"}`.

    A role that is neither the user's nor the system's is the assistant's, as it is published.
    Raises InvalidRequestError.
    """
    if isinstance(conversation, str | bytes) or not isinstance(conversation, Sequence):
        raise _no_messages()
    return [_message(entry) for entry in conversation]


def _message(entry: object) -> Message:
    if not isinstance(entry, Mapping):
        raise _no_messages()
    role, content = entry.get("role"), entry.get("content")
    if not isinstance(role, str) or not isinstance(content, str):
        raise _no_messages()
    roles = {Role.USER.value: Role.USER, Role.SYSTEM.value: Role.SYSTEM}
    return Message(roles.get(role, Role.ASSISTANT), content)


def _no_messages() -> InvalidRequestError:
    return InvalidRequestError(
        "The messages are not a list of entries with a “role” and a “content” that are text.",
        hint='Write them as [{"role": "user", "content": "…"}].',
    )


def prompt_ids(
    messages: Sequence[Message], encode: Callable[[str], list[int]], *, opens_turn: bool
) -> list[int]:
    """The ids of all messages; at the end the token that begins an answer, or not.

    Where the last message is the assistant's there is none: the model goes on with that text.
    Raises InvalidRequestError.
    """
    prompt = build_chat_prompt(
        messages, encode, _PUBLISHED_TURNS, context_length=_ENDLESS, max_new_tokens=1
    )
    is_open = messages[-1].role is not Role.ASSISTANT
    return prompt.ids[:-1] if is_open and not opens_turn else prompt.ids


def spoken_by_assistant(ids: Sequence[int]) -> list[int]:
    """1 for each id of an assistant's text, else 0, as masks for training have it."""
    mask, speaks = [], False
    for token_id in ids:
        if token_id in TURNS:
            speaks = token_id == _PUBLISHED_TURNS.assistant
        mask.append(int(speaks and token_id not in (*TURNS, _PAD_ID)))
    return mask
