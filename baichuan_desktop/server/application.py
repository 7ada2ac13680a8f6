"""The ASGI application: the gate, the routes, an answer to whatever happens, and the log."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Sequence
from typing import Protocol

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from backends.errors import UserFacingError
from baichuan_desktop.server import api_errors
from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.bodies.bounded import BoundedBody
from baichuan_desktop.server.exchange import Exchange
from baichuan_desktop.server.limits import give_limits
from baichuan_desktop.server.noted import noted_of
from baichuan_desktop.server.routes import chat, completions, health, models, root, tokens
from baichuan_desktop.server.routes.parts import Parts, Place
from baichuan_desktop.server.routes.placing import error_response, not_found, routes
from baichuan_desktop.server.security.gate import Gate
from baichuan_desktop.server.security.origins import preflight_headers
from baichuan_desktop.services.serving.values import BUG, LEFT, STOPPED, JournalLine

log = logging.getLogger(__name__)


class Journal(Protocol):
    """Takes in what was served; from any thread."""

    def add(self, line: JournalLine) -> None:
        """The latest line."""
        ...


def every_place(parts: Parts) -> Sequence[Place]:
    """All that is served."""
    return [
        *health.places(parts),
        *models.places(parts),
        *chat.places(parts),
        *completions.places(parts),
        *tokens.places(parts),
        *root.places(),
    ]


class Application:
    """Serves a desk. Every request is answered, and noted in the journal, once."""

    def __init__(self, parts: Parts, gate: Gate, journal: Journal) -> None:
        self._gate, self._journal = gate, journal
        self.limits = gate.limits
        self._router = Router(
            routes(every_place(parts), needs_key=parts.options.asks_for_key),
            redirect_slashes=False,
            default=not_found,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As of ASGI."""
        assert scope["type"] == "http", "no other protocol is spoken"
        give_limits(scope, self.limits)
        exchange = Exchange(scope, send)
        try:
            await self._serve(exchange, scope, receive)
        except ClientDisconnect:
            noted_of(scope).ended = LEFT
        except asyncio.CancelledError:
            noted_of(scope).ended = STOPPED
            if not exchange.has_begun:
                await exchange.give(error_response(api_errors.of_an_end()))
            raise
        finally:
            self._journal.add(exchange.line())

    def note_refusal(self, client: str, status: int) -> None:
        """Note what had not even the form of a request."""
        self._journal.add(JournalLine(time.time(), client, "…", "…", status, 0.0))

    async def _serve(self, exchange: Exchange, scope: Scope, receive: Receive) -> None:
        body = BoundedBody(scope, receive, self.limits)
        try:
            await self._admit_and_answer(exchange, scope, body)
        except ClientDisconnect:
            raise
        except ApiError as error:
            refusal = error
        except UserFacingError as error:
            refusal = api_errors.of(error)
        except Exception as error:  # noqa: BLE001  whatever it is, the client is answered
            _log(error, noted_of(scope).path)
            noted_of(scope).ended = BUG
            refusal = api_errors.of_a_bug()
        else:
            return
        if exchange.has_begun:
            return  # cut short: the connection ends with it
        if not await body.drain():
            refusal.headers["connection"] = "close"
        await exchange.give(error_response(refusal))

    async def _admit_and_answer(self, exchange: Exchange, scope: Scope, body: BoundedBody) -> None:
        admitted = self._gate.admit(scope)
        exchange.origin = admitted.origin
        if admitted.is_preflight:
            headers = preflight_headers(admitted.headers)
            await exchange.give(Response(status_code=204, headers=headers))
            return
        body.check_length()
        await self._router(scope, body, exchange.send)


def _log(error: Exception, path: str) -> None:
    """Where it happened and of what class it is; its own words may be those of a prompt."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error(
        "%s while %s was served, at %s:%s", type(error).__name__, path, place.filename, place.lineno
    )
