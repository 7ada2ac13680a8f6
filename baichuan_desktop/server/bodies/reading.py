"""The JSON object that a client sent."""

from __future__ import annotations

from starlette.requests import Request

from baichuan_desktop.server.bodies.strict_json import parse_object
from baichuan_desktop.server.limits import limits_of


async def read_object(request: Request) -> dict[str, object]:
    """The body of a request. Raises ApiError, and starlette's ClientDisconnect.

    The bytes are not kept: what was asked may wait in a queue for long.
    """
    raw = bytearray()
    async for part in request.stream():
        raw += part
    return parse_object(bytes(raw), limits_of(request.scope).body_depth)
