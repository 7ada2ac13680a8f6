"""Texts to tokens and back: what may be asked of /tokenize and /detokenize."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from backends.text.chat_template import Message
from baichuan_desktop.server.schema.body import Body, ModelId, wrong
from baichuan_desktop.server.schema.messages import messages_of


def is_ids(value: object) -> TypeGuard[list[int]]:
    """Whether it is a list of token ids, at least one."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(type(one) is int and one >= 0 for one in value)
    )


class TokenizeFields(Body):
    """The fields of a body, as vLLM names them."""

    model: ModelId | None = None
    prompt: str | None = None
    messages: list[object] | None = None
    add_special_tokens: bool | None = None  #: no token is added to a text, whatever this says
    add_generation_prompt: bool | None = None  #: what begins the answer, as it is asked for
    return_token_strs: bool | None = None


@dataclass(frozen=True, slots=True)
class TokenizeAsked:
    """A text, or messages; one of them is none."""

    fields: TokenizeFields
    prompt: str | None
    messages: tuple[Message, ...] | None


class DetokenizeFields(Body):
    """The fields of a body, as vLLM names them."""

    model: ModelId | None = None
    tokens: list[object]


def read_tokenize(content: Mapping[str, object]) -> TokenizeAsked:
    """What a body asks for. Raises ApiError, 400, naming the field that is wrong."""
    fields = TokenizeFields.read(content)
    if (fields.prompt is None) == (fields.messages is None):
        raise wrong("prompt", "Either “prompt” or “messages” has to be set.")
    messages = None if fields.messages is None else messages_of(fields.messages)
    return TokenizeAsked(fields, fields.prompt, messages)


def read_detokenize(content: Mapping[str, object]) -> tuple[DetokenizeFields, tuple[int, ...]]:
    """What a body asks for. Raises ApiError, 400, naming the field that is wrong."""
    fields = DetokenizeFields.read(content)
    if fields.tokens and not is_ids(fields.tokens):
        raise wrong("tokens", "“tokens” should be a list of token ids.")
    return fields, tuple(one for one in fields.tokens if isinstance(one, int))
