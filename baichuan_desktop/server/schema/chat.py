"""What may be asked of /v1/chat/completions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from backends.events import SamplingDefaults
from backends.generation.terms import AnswerTerms, Grammar
from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import Message
from baichuan_desktop.server.schema.body import wrong
from baichuan_desktop.server.schema.formats import grammar_of
from baichuan_desktop.server.schema.messages import messages_of
from baichuan_desktop.server.schema.refused import CHAT_REFUSED
from baichuan_desktop.server.schema.sampling import MOST_TOKENS, Likeliest, SamplingFields
from baichuan_desktop.services.chat.prompt_turns import latest_turns

_Tokens = Annotated[int, Field(ge=1, le=MOST_TOKENS)]


class ChatFields(SamplingFields):
    """The fields of a body."""

    messages: list[object]
    max_tokens: _Tokens | None = None  #: the older name of the next one
    max_completion_tokens: _Tokens | None = None
    logprobs: bool | None = None
    top_logprobs: Likeliest | None = None
    response_format: object = None
    truncation: Literal["auto", "disabled"] | None = None
    as_chat: bool | None = None  #: a base model too, which somebody fine-tuned on conversations


@dataclass(frozen=True, slots=True)
class ChatAsked:
    """A request that was understood, all of it."""

    fields: ChatFields
    messages: tuple[Message, ...]
    max_new_tokens: int | None
    terms: AnswerTerms
    tells_usage: bool

    @property
    def drops_oldest(self) -> bool:
        """Whether the oldest messages are left out where they do not fit."""
        return self.fields.truncation == "auto"

    def request(
        self, defaults: SamplingDefaults, *, is_chat: bool, prompt_turns: int | None = None
    ) -> ChatRequest:
        """What the engine is asked, where the model samples so and is used for chats or not.

        A model that is given few turns gets no more of them from a client that lets them be left
        out.
        """
        messages = self.messages
        if self.drops_oldest:
            messages = latest_turns(messages, prompt_turns)
        return ChatRequest(
            messages,
            self.fields.params(defaults, self.max_new_tokens),
            as_chat=is_chat or bool(self.fields.as_chat),
            older_messages=len(self.messages) - len(messages),
            terms=self.terms,
            drops_oldest=self.drops_oldest,
        )


def read_chat(content: Mapping[str, object]) -> ChatAsked:
    """What a body asks for. Raises ApiError, 400, naming the field that is wrong."""
    fields = ChatFields.read(content, CHAT_REFUSED)
    fields.stops()
    return ChatAsked(
        fields,
        messages_of(fields.messages),
        _max_new_tokens(fields),
        _terms(fields, grammar_of(fields.response_format)),
        fields.tells_usage(),
    )


def _max_new_tokens(fields: ChatFields) -> int | None:
    if fields.max_tokens is None or fields.max_completion_tokens is None:
        return fields.max_tokens or fields.max_completion_tokens
    raise wrong(
        "max_tokens", "“max_tokens” and “max_completion_tokens” are one: only one can be set."
    )


def _terms(fields: ChatFields, grammar: Grammar | None) -> AnswerTerms:
    if fields.top_logprobs is not None and not fields.logprobs:
        raise wrong("top_logprobs", "“top_logprobs” is only allowed with “logprobs”: true.")
    return AnswerTerms(
        frequency_penalty=fields.frequency_penalty or 0.0,
        presence_penalty=fields.presence_penalty or 0.0,
        likeliest=(fields.top_logprobs or 0) if fields.logprobs else None,
        grammar=grammar,
    )
