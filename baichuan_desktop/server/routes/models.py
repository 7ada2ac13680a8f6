"""The models that may be asked, as OpenAI's API lists them, and how long their contexts are."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from baichuan_desktop.server import api_errors
from baichuan_desktop.server.routes.parts import Parts, Place
from baichuan_desktop.services.library.registry import UnknownModelError
from baichuan_desktop.services.serving.values import ServedModel

_OWNER = "baichuan-inc"


def places(parts: Parts) -> Sequence[Place]:
    """`GET /v1/models` and `GET /v1/models/{id}`."""

    async def listed(_request: Request) -> Response:
        models = [_told(model) for model in parts.desk.models()]
        return JSONResponse({"object": "list", "data": models})

    async def one(request: Request) -> Response:
        wanted = request.path_params["model_id"]
        models = parts.desk.models()
        for model in models:
            if model.id == wanted:
                return JSONResponse(_told(model))
        raise api_errors.of(UnknownModelError(wanted, [model.id for model in models]))

    return [Place("GET", "/v1/models", listed), Place("GET", "/v1/models/{model_id}", one)]


def _told(model: ServedModel) -> dict[str, object]:
    return {
        "id": model.id,
        "object": "model",
        "created": model.added,
        "owned_by": _OWNER,
        "max_model_len": model.context_length,
        "name": model.name,
        "is_chat": model.is_chat,
        "is_loaded": model.is_loaded,
    }
