"""A request and its answer: headers that every answer has, and the line that the log gets."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from typing import Any

from starlette.responses import Response
from starlette.types import Scope, Send

from baichuan_desktop.server.noted import noted_of
from baichuan_desktop.server.security.headers import secured
from baichuan_desktop.server.security.origins import answer_headers
from baichuan_desktop.services.serving.values import JournalLine

#: The status, in the log alone, of a request that was not answered: its client left before.
_NONE = 499
#: Any other word is the client's own, of any length, and not for the log.
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Exchange:
    """Sends the answer to one request."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._began = time.monotonic()
        self._status: int | None = None
        self.origin: str | None = None  #: that was listed, and may read the answer

    @property
    def has_begun(self) -> bool:
        """Whether a status was sent, after which no other one can be."""
        return self._status is not None

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """As of ASGI, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = secured(list(message.get("headers", ())))
            if self.origin is not None:
                headers += answer_headers(self.origin)
            message = {**message, "headers": headers}
        await self._send(message)

    async def give(self, response: Response) -> None:
        """Send a whole answer."""
        await response(self._scope, _receive_nothing, self.send)

    def line(self) -> JournalLine:
        """What is noted of it, once it is over."""
        noted, client = noted_of(self._scope), self._scope.get("client")
        method = self._scope["method"]
        return JournalLine(
            at=time.time(),
            client=client[0] if client else "",
            method=method if method in _METHODS else "…",
            path=noted.path,
            status=_NONE if self._status is None else self._status,
            seconds=time.monotonic() - self._began,
            model=noted.model,
            queued_seconds=noted.queued_seconds,
            prompt_tokens=noted.prompt_tokens,
            new_tokens=noted.new_tokens,
            ended=noted.ended,
        )


async def _receive_nothing() -> MutableMapping[str, Any]:
    raise AssertionError("a whole answer asks for nothing")
