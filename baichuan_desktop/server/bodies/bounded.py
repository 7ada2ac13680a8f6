"""A request's body as it arrives, ended where it is too long or too slow."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from starlette.types import Receive, Scope

from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.limits import Limits

#: Of a body that nobody reads, so much is thrown away before the answer: else the client, still
#: sending, would see its connection broken and no answer at all.
_DRAINED_BYTES = 8 * 2**20
_DRAINED_SECONDS = 2.0


class BoundedBody:
    """The `receive` of a request; beyond its body nothing is bounded, for then it only waits."""

    def __init__(self, scope: Scope, receive: Receive, limits: Limits) -> None:
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        self._receive, self._limits = receive, limits
        self._ends = asyncio.get_running_loop().time() + limits.body_seconds
        self._taken = 0
        self._declared = int(declared)
        self._waits_for_leave = b"expect" in headers
        self._is_late = False
        self.is_whole = self._declared == 0 and b"transfer-encoding" not in headers

    def check_length(self) -> None:
        """Raise ApiError for a body that says itself that it is too long."""
        if self._declared > self._limits.body_bytes:
            raise self._too_long()

    async def __call__(self) -> MutableMapping[str, Any]:
        """As of ASGI. Raises ApiError."""
        if self.is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError as error:
            self._is_late = True
            raise ApiError(
                408,
                f"The body of the request did not arrive within {self._limits.body_seconds:g} "
                "seconds.",
                code="request_timeout",
                headers={"x-should-retry": "false"},
            ) from error
        self._waits_for_leave = False
        self._note(message)
        if self._taken > self._limits.body_bytes:
            raise self._too_long()
        return message

    async def drain(self) -> bool:
        """Throw the rest of the body away; False where there is more than is worth reading."""
        if self.is_whole:
            return True
        if self._is_late or self._waits_for_leave or self._declared > _DRAINED_BYTES:
            return False
        try:
            async with asyncio.timeout(_DRAINED_SECONDS):
                while not self.is_whole and self._taken <= _DRAINED_BYTES:
                    self._note(await self._receive())
        except TimeoutError:
            return False
        return self.is_whole

    def _note(self, message: MutableMapping[str, Any]) -> None:
        self._taken += len(message.get("body", b""))
        self.is_whole = not message.get("more_body", False)

    def _too_long(self) -> ApiError:
        return ApiError(
            413,
            f"The body of the request is longer than {self._limits.body_bytes:,} bytes, the most "
            "that is taken in.",
            code="request_too_large",
        )
