"""A server with a route that reads a body, and one that streams until its client has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from baichuan_desktop.server import application
from baichuan_desktop.server.bodies.reading import read_object
from baichuan_desktop.server.routes.parts import Parts, Place
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import Served, serving

_of_the_app = application.every_place


async def _echo(request: Request) -> Response:
    return JSONResponse(await read_object(request))


async def _fail(request: Request) -> Response:
    raise ZeroDivisionError(str(await read_object(request)))


async def _flood(request: Request) -> Response:
    await read_object(request)

    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536
            await asyncio.sleep(0)  # as whatever waits for an engine lets others go on

    return StreamingResponse(parts())


def with_more_places(parts: Parts) -> Sequence[Place]:
    """What the app serves, and the routes of these tests."""
    return [
        *_of_the_app(parts),
        Place("POST", "/echo", _echo),
        Place("POST", "/fail", _fail),
        Place("POST", "/flood", _flood),
    ]


@pytest.fixture(scope="module")
def more_places() -> Iterator[None]:
    """Have servers of these tests serve them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "every_place", with_more_places)
        yield


@pytest.fixture(scope="module")
def desk() -> Iterator[ScriptedDesk]:
    """A desk that is not held."""
    made = ScriptedDesk()
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(desk: ScriptedDesk, more_places: None) -> Iterator[Served]:
    """A server for this machine, with the routes of these tests."""
    with serving(desk) as running:
        yield running
