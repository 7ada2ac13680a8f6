"""From places to starlette's routes: methods, the key and the kind of a body, alike for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from backends.errors import PolicyError
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.noted import noted_of
from baichuan_desktop.server.routes.parts import Place
from baichuan_desktop.server.security.key import require_key

_JSON = "application/json"


def routes(places: Sequence[Place], *, needs_key: bool) -> list[Route]:
    """A route for each path, which answers every method in some way."""
    by_path = groupby(sorted(places, key=lambda place: place.path), lambda place: place.path)
    return [
        Route(path, _Path(path, {place.method: place for place in group}, needs_key))
        for path, group in by_path
    ]


async def not_found(scope: Scope, _receive: Receive, _send: Send) -> None:
    """What answers under any other path. Raises ApiError."""
    raise ApiError(
        404,
        "There is nothing under this path; the API is below /v1/.",
        code="unknown_path",
    )


class _Path:
    """An ASGI application for all methods of a path."""

    def __init__(self, path: str, places: Mapping[str, Place], needs_key: bool) -> None:
        self._path, self._places, self._needs_key = path, places, needs_key
        methods = {*places, "OPTIONS"} | ({"HEAD"} if "GET" in places else set())
        self._allowed = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        noted_of(scope).path = self._path
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        place = self._places.get(method)
        if place is None:
            return self._without_place(method)
        if not place.is_open:
            if self._needs_key:
                require_key(request.scope)
            _check_policy()
        if method == "POST":
            _check_kind(request)
        return await place.answer(request)

    def _without_place(self, method: str) -> Response:
        if method == "OPTIONS":
            return Response(status_code=204, headers={"allow": self._allowed})
        raise ApiError(
            405,
            f"This path is asked with these methods only: {self._allowed}.",
            code="method_not_allowed",
            headers={"allow": self._allowed},
        )


def _check_policy() -> None:
    """An administrator may turn the server off while it runs."""
    try:
        require(site_policy(), Feature.SERVER)
    except PolicyError as error:
        raise ApiError(
            403,
            f"{error.message} {error.hint}".rstrip(),
            code="server_not_allowed",
            kind="permission_error",
        ) from error


def _check_kind(request: Request) -> None:
    """A form, or text, is what a foreign page may send without asking beforehand."""
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if kind.strip().lower() != _JSON or charset not in ("", "charset=utf-8"):
        raise ApiError(
            415,
            "The body has to be JSON in UTF-8, and to say so: “Content-Type: application/json”.",
            code="unsupported_media_type",
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(
            415, "The body has to be sent as it is, not compressed.", code="unsupported_encoding"
        )


def error_response(error: ApiError) -> Response:
    """What a client gets that cannot be served."""
    return JSONResponse(error.body(), error.status, headers=error.headers)
