"""POST /v1/chat/completions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from backends.errors import InvalidRequestError
from backends.generation.terms import GrammarKind
from baichuan_desktop.server.answers.chat import ChatForm
from baichuan_desktop.server.answers.form import Wanted
from baichuan_desktop.server.answers.head import new_head
from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.asking.answering import Answering, defaults_of
from baichuan_desktop.server.bodies.reading import read_object
from baichuan_desktop.server.routes.parts import Parts, Place
from baichuan_desktop.server.schema.body import wrong
from baichuan_desktop.server.schema.chat import ChatAsked, read_chat
from baichuan_desktop.services.serving.port import LoadedFacts, ModelDesk
from baichuan_desktop.services.tokens.client import TokenClient


def places(parts: Parts) -> Sequence[Place]:
    """`POST /v1/chat/completions`."""

    async def completed(request: Request) -> Response:
        asked = read_chat(await read_object(request))
        _check_chats(parts.desk, asked)
        await _check_schema(parts.tokens, asked)
        return Answering(
            parts.desk,
            asked.fields.model_id(),
            request=lambda facts: asked.request(
                defaults_of(facts),
                is_chat=facts.model.is_chat,
                prompt_turns=facts.model.prompt_turns,
            ),
            form=lambda facts: _form(asked, facts),
            is_stream=bool(asked.fields.stream),
            asked_in="messages",
        )

    return [Place("POST", "/v1/chat/completions", completed)]


async def _check_schema(tokens: TokenClient, asked: ChatAsked) -> None:
    """Raise ApiError for a schema that no answer can be held to, before a place in the line.

    A schema may take minutes to read, and nothing stops that: an engine is never given such a one.
    """
    grammar = asked.terms.grammar
    if grammar is None or grammar.kind is not GrammarKind.JSON_SCHEMA:
        return
    param = "response_format.json_schema.schema"
    try:
        await asyncio.wrap_future(tokens.schema(grammar.schema))
    except InvalidRequestError as error:
        raise wrong(param, error.message) from error
    except ChildProcessError as error:
        raise wrong(
            param,
            "The schema takes too long to read: fewer parts that are each combined with all others "
            "(“allOf”, “anyOf”, “patternProperties”) would help.",
        ) from error


def _form(asked: ChatAsked, facts: LoadedFacts) -> ChatForm:
    wanted = Wanted(
        has_scores=asked.terms.likeliest is not None,
        tells_usage=asked.tells_usage,
        tells_dropped=asked.drops_oldest,
    )
    return ChatForm(new_head("chatcmpl-", facts.model.id, facts.status.ready), wanted)


def _check_chats(desk: ModelDesk, asked: ChatAsked) -> None:
    """Raise ApiError before a base model is loaded in vain; the loaded one's engine says it too."""
    if asked.fields.as_chat:
        return
    wanted = asked.fields.model_id() or desk.status.model
    for model in desk.models():
        if model.id == wanted and not model.is_chat:
            raise ApiError(
                400,
                f"“{model.id}” is a base model: it continues text, with /v1/completions, and does "
                "not chat. If it was fine-tuned on conversations, ask with “as_chat”: true.",
                param="model",
                code="model_does_not_chat",
            )
