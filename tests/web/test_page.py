"""The page in Debian's Chromium, over a desk of scripts behind the real server."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from backends.protocol.engine_requests import ChatRequest
from baichuan_desktop.services.serving.values import ServeOptions
from tests.server.scripted_desk import BASE, CHAT, ScriptedDesk
from tests.server.serving import KEY, serving
from tests.web.conftest import RunNode
from tests.web.scripted_answers import answer

if not os.environ.get("WEB_PYTHON"):
    pytest.skip("make test-web runs these", allow_module_level=True)

OTHER = replace(CHAT, id="scripted-other", name="Scripted Other")
PICTURES = Path(__file__).parents[2] / "build" / "screenshots" / "web"


class _BlankPage(BaseHTTPRequestHandler):
    """A page of another program."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is not the place."""


@contextmanager
def another_origin() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _BlankPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Running:
    """Servers over one desk, and where they are."""

    def __init__(self, desk: ScriptedDesk, addresses: Mapping[str, str]) -> None:
        self.desk = desk
        self.addresses = addresses

    def questions(self) -> list[str]:
        """What a model was asked, in order."""
        requests = [asked.request for asked in self.desk.asked]
        return [one.messages[-1].text for one in requests if isinstance(one, ChatRequest)]


@pytest.fixture
def running() -> Iterator[Running]:
    desk = ScriptedDesk(CHAT, OTHER, BASE, script=answer)
    with ExitStack() as stack:
        stack.callback(desk.close)
        allowed, foreign = (stack.enter_context(another_origin()) for _ in range(2))
        plain = stack.enter_context(serving(desk, ServeOptions(port=0, origins=(allowed,))))
        keyed = stack.enter_context(serving(desk, ServeOptions(port=0, needs_key=True)))
        addresses = {
            "PAGE": f"http://{plain.host}",
            "KEYED": f"http://{keyed.host}",
            "KEY": KEY.decode(),
            "ALLOWED": allowed,
            "FOREIGN": foreign,
            "PICTURES": str(PICTURES),
        }
        yield Running(desk, addresses)


def test_a_chat_is_asked_stopped_answered_again_and_edited(
    running: Running, run_node: RunNode
) -> None:
    run_node("page/chat.test.ts", running.addresses)

    stopped = [
        asked
        for asked in running.desk.asked
        if isinstance(asked.request, ChatRequest)
        and asked.request.messages[-1].text == "count slowly"
    ]
    assert len(stopped) == 3
    assert all(asked.cancelled.is_set() for asked in stopped)


def test_chats_are_kept_in_the_browser(running: Running, run_node: RunNode) -> None:
    run_node("page/keeping.test.ts", running.addresses)


def test_it_looks_as_it_should_and_asks_no_other_address(
    running: Running, run_node: RunNode
) -> None:
    run_node("page/look.test.ts", running.addresses)


def test_only_a_listed_origin_is_answered(running: Running, run_node: RunNode) -> None:
    run_node("page/origins.test.ts", running.addresses)

    assert running.questions() == ["from another origin"]
