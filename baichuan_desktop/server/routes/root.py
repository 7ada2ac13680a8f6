"""The page at `/`, and its files below `/page/`: all that is served is known at the start."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from baichuan_desktop.server.page.built_files import BuiltFile, built_files
from baichuan_desktop.server.routes.parts import Place
from baichuan_desktop.server.security.headers import PAGE_POLICY

_INDEX = "index.html"
_FOLDER = "/page/"


def places() -> Sequence[Place]:
    """`GET /` and a place for each file of the page."""
    files = built_files()
    if _INDEX not in files:  # it is built apart; whoever looks whether a server is there sees one
        return [Place("GET", "/", _without_page, is_open=True)]
    served = {"/": files[_INDEX]} | {_FOLDER + name: file for name, file in files.items()}
    return [_place(path, file) for path, file in served.items()]


def _place(path: str, file: BuiltFile) -> Place:
    async def answer(request: Request) -> Response:
        headers = {
            "content-security-policy": PAGE_POLICY,
            "cache-control": "no-cache",  # asked for each time, answered 304 unless it changed
            "etag": file.tag,
        }
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.media_type)

    return Place("GET", path, answer, is_open=True)


async def _without_page(_request: Request) -> Response:
    return JSONResponse({"name": "Baichuan Desktop", "api": "/v1"})
