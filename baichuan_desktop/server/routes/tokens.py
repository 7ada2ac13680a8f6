"""POST /tokenize and /detokenize, as vLLM has them: tokens of the model that is loaded."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from backends.text.chat_template import Role
from baichuan_desktop.server.api_errors import SERVER, ApiError
from baichuan_desktop.server.bodies.reading import read_object
from baichuan_desktop.server.routes.parts import Parts, Place
from baichuan_desktop.server.schema.token_ids import (
    TokenizeAsked,
    read_detokenize,
    read_tokenize,
)
from baichuan_desktop.services.library.registry import UnknownModelError
from baichuan_desktop.services.serving.port import ModelDesk
from baichuan_desktop.services.tokens.client import TokenClient, Tokens

_T = TypeVar("_T")


def places(parts: Parts) -> Sequence[Place]:
    """`POST /tokenize` and `POST /detokenize`; the engine has nothing to do with them."""

    async def tokenised(request: Request) -> Response:
        asked = read_tokenize(await read_object(request))
        model = _loaded(parts.desk, asked.fields.model)
        found = await _told(request, _asked(parts.tokens, model, asked))
        return JSONResponse(_object(asked, model, found))

    async def detokenised(request: Request) -> Response:
        fields, ids = read_detokenize(await read_object(request))
        model = _loaded(parts.desk, fields.model)
        text = await _told(request, parts.tokens.text(model.folder, ids))
        return JSONResponse({"prompt": text})

    return [
        Place("POST", "/tokenize", tokenised),
        Place("POST", "/detokenize", detokenised),
    ]


@dataclass(frozen=True, slots=True)
class _Loaded:
    folder: Path
    context_length: int
    is_chat: bool


def _loaded(desk: ModelDesk, wanted: str | None) -> _Loaded:
    """The model that is loaded. Raises ApiError where it is not the one that was named."""
    status, models = desk.status, desk.models()
    if wanted and wanted not in [model.id for model in models]:
        raise UnknownModelError(wanted, [model.id for model in models])
    if status.ready is None or (wanted or status.model) != status.model:
        raise ApiError(
            400,
            "Tokens are those of the model that is loaded, and this one is not: a request for an "
            "answer loads it.",
            param="model",
            code="model_not_loaded",
        )
    is_chat = any(model.is_chat for model in models if model.id == status.model)
    return _Loaded(Path(status.ready.folder), status.ready.context_length, is_chat)


def _asked(tokens: TokenClient, model: _Loaded, asked: TokenizeAsked) -> Future[Tokens]:
    if asked.messages is not None:
        return tokens.prompt(model.folder, asked.messages, as_chat=model.is_chat)
    return tokens.tokens(model.folder, asked.prompt or "")


def _object(asked: TokenizeAsked, model: _Loaded, found: Tokens) -> dict[str, object]:
    ids, pieces = list(found.ids), list(found.pieces)
    opens_answer = asked.messages is not None and asked.messages[-1].role is not Role.ASSISTANT
    if opens_answer and asked.fields.add_generation_prompt is False:
        del ids[-1], pieces[-1]
    return {
        "count": len(ids),
        "max_model_len": model.context_length,
        "tokens": ids,
        "token_strs": pieces if asked.fields.return_token_strs else None,
    }


async def _told(request: Request, future: Future[_T]) -> _T:
    """What comes of a question; where its client leaves while it waits, it is never asked."""
    asked = asyncio.wrap_future(future)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((asked, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            raise ClientDisconnect
        return await asked
    except ChildProcessError as error:
        raise ApiError(
            503,
            "The process that knows tokens ended over this. Ask again, or send less at once.",
            code="tokenizer_ended",
            kind=SERVER,
        ) from error
    finally:
        asked.cancel()
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaving


async def _left(request: Request) -> None:
    """Return once the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
