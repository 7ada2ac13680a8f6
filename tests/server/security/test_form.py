"""Requests in a form that two programs may read in two ways."""

from __future__ import annotations

import pytest

from tests.server.serving import Served

HOST = "Host: 127.0.0.1"


def request(*lines: str, body: str = "") -> bytes:
    return ("\r\n".join([*lines, "", ""]) + body).encode("latin-1")


JSON = "Content-Type: application/json"
REFUSED = {
    "absolute form": (request("GET http://127.0.0.1/health HTTP/1.1", HOST), 400),
    "absolute form elsewhere": (request("GET http://evil.example/ HTTP/1.1", HOST), 400),
    "a tunnel": (request("CONNECT evil.example:443 HTTP/1.1", HOST), 400),
    "asterisk": (request("OPTIONS * HTTP/1.1", HOST), 400),
    "no slash": (request("GET health HTTP/1.1", HOST), 400),
    "HTTP/0.9": (b"GET /health\r\n\r\n", 400),
    "HTTP/2 in plain": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/2 by name": (request("GET /health HTTP/2.0", HOST), 400),
    "HTTP/1.9": (request("GET /health HTTP/1.9", HOST), 400),
    "TLS to a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), 400),
    "two hosts": (request("GET /health HTTP/1.1", HOST, "Host: evil.example"), 400),
    "two equal hosts": (request("GET /health HTTP/1.1", HOST, HOST), 400),
    "two origins": (
        request("GET /health HTTP/1.1", HOST, "Origin: http://127.0.0.1", "Origin: null"),
        400,
    ),
    "two keys": (
        request("GET /health HTTP/1.1", HOST, "Authorization: Bearer a", "Authorization: Bearer b"),
        400,
    ),
    "two lengths": (
        request("POST /echo HTTP/1.1", HOST, JSON, "Content-Length: 2", "Content-Length: 3"),
        400,
    ),
    "two lengths in one": (
        request("POST /echo HTTP/1.1", HOST, JSON, "Content-Length: 2, 3", body="{}"),
        400,
    ),
    "length and chunks": (
        request(
            "POST /echo HTTP/1.1",
            HOST,
            JSON,
            "Content-Length: 2",
            "Transfer-Encoding: chunked",
            body="2\r\n{}\r\n0\r\n\r\n",
        ),
        400,
    ),
    "chunks of HTTP/1.0": (
        request(
            "POST /echo HTTP/1.0",
            HOST,
            JSON,
            "Transfer-Encoding: chunked",
            body="2\r\n{}\r\n0\r\n\r\n",
        ),
        400,
    ),
    "chunks twice": (
        request(
            "POST /echo HTTP/1.1",
            HOST,
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: chunked",
        ),
        400,
    ),
    "chunks in disguise": (
        request("POST /echo HTTP/1.1", HOST, "Transfer-Encoding: xchunked"),
        400,
    ),
    "gzip in transfer": (
        request("POST /echo HTTP/1.1", HOST, "Transfer-Encoding: gzip, chunked"),
        400,
    ),
    "space before the colon": (
        request("POST /echo HTTP/1.1", HOST, "Transfer-Encoding : chunked"),
        400,
    ),
    "a negative length": (request("POST /echo HTTP/1.1", HOST, "Content-Length: -1"), 400),
    "a length with a sign": (request("POST /echo HTTP/1.1", HOST, "Content-Length: +2"), 400),
    "a length that is no number": (request("POST /echo HTTP/1.1", HOST, "Content-Length: 2x"), 400),
    "a length of 30 digits": (
        request("POST /echo HTTP/1.1", HOST, "Content-Length: " + "9" * 30),
        400,
    ),
    "a header without a name": (request("GET /health HTTP/1.1", HOST, ": x"), 400),
    "a header without a colon": (request("GET /health HTTP/1.1", HOST, "evil"), 400),
    "a NUL": (request("GET /health HTTP/1.1", HOST, "X: a\0b"), 400),
    "a control character": (request("GET /health HTTP/1.1", HOST, "X: a\x01b"), 400),
    "a delete": (request("GET /health HTTP/1.1", HOST, "X: a\x7fb"), 400),
    "a lone carriage return": (request("GET /health HTTP/1.1", HOST, "X: a\rHost: evil"), 400),
    "a folded first header": (request("GET /health HTTP/1.1", " folded", HOST), 400),
    "an encoded path": (request("GET /%68ealth HTTP/1.1", HOST), 400),
    "an encoded slash": (request("GET /v1%2fmodels HTTP/1.1", HOST), 400),
    "an encoded way up": (request("GET /page/%2e%2e/%2e%2e/etc/passwd HTTP/1.1", HOST), 400),
    "bytes in the path": (request("GET /\xe4\xbd HTTP/1.1", HOST), 400),
    "a space in the path": (request("GET /a b HTTP/1.1", HOST), 400),
    "too many headers": (
        request("GET /health HTTP/1.1", HOST, *[f"X-{number}: y" for number in range(70)]),
        431,
    ),
    "a long header": (request("GET /health HTTP/1.1", HOST, "X: " + "y" * 20_000), 431),
    "a long path": (request("GET /" + "y" * 20_000 + " HTTP/1.1", HOST), 431),
    "a long query": (request("GET /health?" + "y" * 20_000 + " HTTP/1.1", HOST), 431),
    "headers without an end": (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200_000, 431),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_sentence_and_the_connection_ends(served: Served, name: str) -> None:
    data, status = REFUSED[name]

    answer = served.raw(data)

    assert answer.status == status
    assert answer.error["type"] == "invalid_request_error"
    assert answer.is_closed
    assert served.ask("GET", "/health").status == 200  # alive


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "/page/../../pyproject.toml",
        "//evil.example/",
        "/page/",
        "/health/",
        "/v1/models/..%2f..%2fetc%2fpasswd",
        "/v1/models/%00",
        "/v1/models/%ff%fe",
        "/v1/models/%2e%2e",
        "/v1/models/a%20b",
        "/page/index.htm",
        "/.git/config",
        "/HEALTH",
        "/health;a=b",
    ],
)
def test_no_path_leads_to_anything_but_a_route(served: Served, path: str) -> None:
    answer = served.ask("GET", path)

    assert answer.status == 404
    assert answer.error["code"] in ("unknown_path", "model_not_found")


def test_a_query_changes_nothing(served: Served) -> None:
    assert served.ask("GET", "/health?file=/etc/passwd&url=http://evil.example").status == 200


def test_every_answer_tells_a_browser_to_guess_keep_and_frame_nothing(served: Served) -> None:
    for answer in (
        served.ask("GET", "/health"),
        served.raw(b"\0\r\n\r\n"),
        served.ask("PUT", "/x"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
