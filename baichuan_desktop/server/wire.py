"""Connections: those that are too many, too slow, too early or no HTTP at all end here."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any, cast

import h11
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol
from uvicorn.server import ServerState

from baichuan_desktop.server.api_errors import SERVER, ApiError
from baichuan_desktop.server.application import Application
from baichuan_desktop.server.limits import Limits
from baichuan_desktop.server.security.headers import secured

_TOO_LARGE = 431
_MANY_PIECES = 1000  # of a body, beyond which their length matters
_CRUMB_BYTES = 32  # on average
#: That a client has, once it is refused, to read so and to leave.
_LINGER_SECONDS = 1.0
#: How often a connection is looked at, in times of the shortest time that it is given.
_LOOKS = 4


class _CrumbsError(h11.RemoteProtocolError):
    pass


class _FewPieces(h11.Connection):
    """Takes no body in crumbs: each of them costs as much as a piece of any other length."""

    def __init__(self, most_header_bytes: int) -> None:
        super().__init__(h11.SERVER, most_header_bytes)
        self._pieces = self._bytes = 0

    @override
    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._pieces = self._bytes = 0
        elif isinstance(event, h11.Data):
            self._pieces += 1
            self._bytes += len(event.data)
            if self._pieces > _MANY_PIECES and self._bytes < self._pieces * _CRUMB_BYTES:
                raise _CrumbsError("a body in crumbs")
        return event


class Wire(H11Protocol):
    """A connection of uvicorn's that ends in time; used on the loop of the server.

    uvicorn itself bounds the time between two requests alone. One that never sends all of its
    headers, or never reads its answer, would stay for ever.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._application = cast("Application", config.app)
        self._limits: Limits = self._application.limits
        self.conn = _FewPieces(self._limits.header_bytes)
        self._waits_since: float | None = None  #: for a request
        self._stuck_since: float | None = None  #: with an answer that nobody reads
        self._is_refused = False  #: what still comes is thrown away
        self._look: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self._waits_since = self.loop.time()
        self._look_later()
        if self._are_too_many():
            if self._refused() > self._limits.connections_of_one:
                self._is_refused = True
                self.transport.abort()  # so many come that none of them is worth a word
                return
            self._refuse(
                ApiError(
                    503,
                    "The server has as many connections as it takes. Ask again in a moment.",
                    code="too_many_connections",
                    kind=SERVER,
                    headers={"retry-after": "2"},
                )
            )

    def _are_too_many(self) -> bool:
        """Those that were refused take no place: else who comes again and again has them all."""
        taken = [wire for wire in self._wires() if not wire._is_refused]
        if len(taken) > self._limits.connections:
            return True
        if self.client is None:  # it has left already
            return False
        own = [wire for wire in taken if wire.client and wire.client[0] == self.client[0]]
        return len(own) > self._limits.connections_of_one

    def _refused(self) -> int:
        return sum(wire._is_refused for wire in self._wires())

    def _wires(self) -> Iterator[Wire]:
        return (wire for wire in self.connections if isinstance(wire, Wire))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing() or self._is_refused:
            return
        if self._is_early:
            # The next request before this one is answered. While it waited, nothing would be read,
            # and nobody would see that the client has left.
            self.cycle.keep_alive = False
            return
        super().data_received(data)
        if self._is_early and self.conn.trailing_data[0]:
            self.cycle.keep_alive = False
            self.flow.resume_reading()
        self._note_state()

    @override
    def on_response_complete(self) -> None:
        if self.conn.their_state is h11.SEND_BODY:  # nobody wanted it, and it may never end
            self.transport.close()
        super().on_response_complete()
        self._note_state()

    @override
    def shutdown(self) -> None:
        if self._is_answering:
            super().shutdown()
        else:
            self.transport.close()  # whatever state h11 is in

    @override
    def send_400_response(self, msg: str) -> None:
        """What is no HTTP; `msg` is uvicorn's, and says less than the error that it handles."""
        error = sys.exception()
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        if hint == _TOO_LARGE:
            what, status, code = "its headers are too long", hint, "headers_too_large"
        elif isinstance(error, _CrumbsError):
            what, status, code = "its body comes in crumbs", 400, "malformed_request"
        else:
            what, status, code = "it is not HTTP/1.1", 400, "malformed_request"
        self._refuse(ApiError(status, f"The request is refused: {what}.", code=code))

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck_since = self.loop.time()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._stuck_since = None

    @override
    def _should_upgrade(self) -> bool:
        return False  # no other protocol is spoken, and nobody warned of those who ask for one

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def _is_early(self) -> bool:
        """What comes now belongs to no request: the one that came whole is not answered yet."""
        return self._is_answering and self.conn.their_state is h11.DONE

    def _note_state(self) -> None:
        """Since when a request is waited for: from the first byte of one, if it follows another."""
        is_between = self.conn.their_state is h11.IDLE
        if not is_between:
            self._waits_since = None
        elif self._waits_since is None and self.timeout_keep_alive_task is None:
            self._waits_since = self.loop.time()

    def _look_later(self) -> None:
        shortest = min(self._limits.header_seconds, self._limits.write_seconds)
        self._look = self.loop.call_later(shortest / _LOOKS, self._look_at_times)

    def _look_at_times(self) -> None:
        now, limits = self.loop.time(), self._limits
        if self.transport.is_closing() and self._stuck_since is None:
            self._stuck_since = now
        if self._stuck_since is not None and now - self._stuck_since > limits.write_seconds:
            self.transport.abort()
            return
        if self._waits_since is not None and now - self._waits_since > limits.header_seconds:
            self._waits_since = None
            self._end_waiting()
        self._look_later()

    def _end_waiting(self) -> None:
        if self.transport.is_closing() or self._is_refused:
            return
        if not self.conn.trailing_data[0]:  # nothing came: nobody waits for an answer
            self.transport.close()
            return
        self._refuse(
            ApiError(
                408,
                f"The headers of the request did not arrive within "
                f"{self._limits.header_seconds:g} seconds.",
                code="request_timeout",
            )
        )

    def _refuse(self, error: ApiError) -> None:
        """Say so if nothing was said yet, and end the connection."""
        self._unset_keepalive_if_required()
        is_silent = self.cycle is None or self.cycle.response_complete
        if self._is_answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            is_silent = not self.cycle.response_started
            self.cycle.response_started = True
        if not is_silent or self.transport.is_closing():
            self.transport.close()
            return
        self._application.note_refusal(self.client[0] if self.client else "", error.status)
        self._is_refused = True
        self.transport.write(_whole_answer(error))
        if not self.transport.can_write_eof():  # as of TLS
            self.transport.close()
            return
        # Closed at once, the answer would be lost to a client that is still sending.
        try:
            self.transport.write_eof()
        except OSError:  # it has left
            self.transport.abort()
            return
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)


def _whole_answer(error: ApiError) -> bytes:
    """An answer outside of any state that h11 keeps: its own of this connection is broken."""
    body = json.dumps(error.body(), ensure_ascii=False).encode()
    headers = [(name.encode(), value.encode()) for name, value in error.headers.items()]
    headers += [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    head = b"HTTP/1.1 %d %s\r\n" % (error.status, STATUS_PHRASES[error.status])
    lines = b"".join(b"%s: %s\r\n" % header for header in secured(headers))
    return head + lines + b"\r\n" + body
