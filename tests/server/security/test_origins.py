"""Web pages that ask the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from baichuan_desktop.server.security.origins import Origins, is_origin
from baichuan_desktop.services.serving.values import ServeOptions
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import Answer, Served, serving

LISTED = "https://notes.example:8443"
FOREIGN = [
    "null",
    "https://evil.example",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://localhost:{port}",  # the same machine, but not the host that the request names
    "http://127.0.0.1:{port}.evil.example",
    "http://evil.example:{port}",
    "http://127.0.0.1:{port}/",
    "https://notes.example",
    "https://notes.example:8443.evil.example",
    "*",
    "",
    "file://",
    "http://127.0.0.1:{port}, https://notes.example:8443",
    "chrome-extension://abcdefghijklmnop",
]


@pytest.fixture(scope="module")
def open_to_one(desk: ScriptedDesk, more_places: None) -> Iterator[Served]:
    with serving(desk, ServeOptions(port=0, origins=(LISTED,))) as running:
        yield running


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_origin_is_refused_and_told_nothing(open_to_one: Served, origin: str) -> None:
    line = f"Origin: {origin.format(port=open_to_one.port)}"
    preflight = ("Access-Control-Request-Method: POST",)
    for answer in (
        open_to_one.ask("GET", "/v1/models", None, line),
        open_to_one.post("/echo", {}, line),
        open_to_one.ask("OPTIONS", "/echo", None, line, *preflight),
        open_to_one.ask("GET", "/health", None, line),
    ):
        assert answer.status == 403
        assert answer.error["code"] == "origin_not_allowed"
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_own_page_asks_by_the_name_that_it_was_opened_with(open_to_one: Served) -> None:
    for host in (open_to_one.host, f"localhost:{open_to_one.port}"):
        answer = open_to_one.ask("GET", "/v1/models", None, f"Origin: http://{host}", host=host)
        assert answer.status == 200
        assert "access-control-allow-origin" not in answer.headers


def test_a_listed_origin_may_read_every_answer_also_an_error(open_to_one: Served) -> None:
    line = f"Origin: {LISTED}"
    answers = [
        open_to_one.ask("GET", "/v1/models", None, line),
        open_to_one.post("/echo", {"a": 1}, line),
        open_to_one.ask("GET", "/nothing", None, line),
        open_to_one.ask("DELETE", "/health", None, line),
        open_to_one.ask("POST", "/echo", b"{", "Content-Type: application/json", line),
        open_to_one.ask("POST", "/echo", b"{}", "Content-Type: text/plain", line),
        open_to_one.post("/echo", {"a": "x" * 2**20}, line),
        open_to_one.post("/fail", {}, line),
    ]

    assert [answer.status for answer in answers] == [200, 200, 404, 405, 400, 415, 413, 500]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == LISTED
        assert answer.headers["vary"] == "origin"
        assert "retry-after" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


def preflight(served: Served, headers: str, *more: str, path: str = "/echo") -> Answer:
    return served.ask(
        "OPTIONS",
        path,
        None,
        f"Origin: {LISTED}",
        "Access-Control-Request-Method: POST",
        f"Access-Control-Request-Headers: {headers}",
        *more,
    )


def test_a_preflight_allows_what_openais_clients_send(open_to_one: Served) -> None:
    sent = (
        "authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-retry-count,"
        "X-Stainless-Timeout,openai-organization"
    )
    answer = preflight(open_to_one, sent)

    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["access-control-allow-headers"].split(", ") == sent.lower().split(",")
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_a_preflight_allows_no_other_header(open_to_one: Served) -> None:
    answer = preflight(open_to_one, "x-evil, cookie, x-stainless-, x-stainless-a b,*")

    assert "access-control-allow-headers" not in answer.headers


def test_a_preflight_needs_no_key_and_what_follows_does(
    desk: ScriptedDesk, more_places: None
) -> None:
    options = ServeOptions(port=0, origins=(LISTED,), needs_key=True)
    with serving(desk, options) as served:
        assert preflight(served, "authorization").status == 204
        assert served.post("/echo", {}, f"Origin: {LISTED}").status == 401


def test_a_browser_that_asks_for_a_private_network_is_answered(open_to_one: Served) -> None:
    asked = "Access-Control-Request-Private-Network: true"

    answer = preflight(open_to_one, "content-type", asked)

    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in preflight(open_to_one, "accept").headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_page_gets_no_image_script_or_frame(served: Served, site: str) -> None:
    """For these a browser sends no Origin."""
    for mode, kind in [("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe")]:
        headers = (f"Sec-Fetch-Site: {site}", f"Sec-Fetch-Mode: {mode}", f"Sec-Fetch-Dest: {kind}")
        assert served.ask("GET", "/v1/models", None, *headers).status == 403


def test_a_link_of_a_foreign_page_leads_to_the_own_one(served: Served) -> None:
    link = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")

    assert served.ask("GET", "/", None, *link).status == 200


@pytest.mark.parametrize(
    "text", ["*", "null", "https://", "https://a/", "a.example", "", "https://a b"]
)
def test_what_is_no_origin_cannot_be_listed(text: str) -> None:
    assert not is_origin(text)
    with pytest.raises(ValueError, match="is no origin"):
        Origins([text])


@pytest.mark.parametrize(
    "text", [LISTED, "http://localhost:3000", "app://obsidian.md", "http://[::1]:3"]
)
def test_origins_of_pages_and_of_programs_can_be_listed(text: str) -> None:
    assert is_origin(text)
