"""Whether a model may be asked now; asked by whoever starts the server and waits for it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from baichuan_desktop.server.routes.parts import Parts, Place
from baichuan_desktop.services.serving.values import DeskState

_LATER = {"retry-after": "2"}


def places(parts: Parts) -> Sequence[Place]:
    """`GET /health`. Without a model in memory all is well: the one that is asked for is loaded."""

    async def health(_request: Request) -> Response:
        status = parts.desk.status
        if status.state is DeskState.LOADING:
            share = round(status.load_share or 0.0, 2)
            return JSONResponse({"status": "loading", "loaded": share}, 503, headers=_LATER)
        if not parts.desk.models():
            return JSONResponse({"status": "no model"}, 503, headers=_LATER)
        return JSONResponse({"status": "ok"})

    return [Place("GET", "/health", health, is_open=True)]
