"""Bodies that are too long, never end, or come too slowly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from baichuan_desktop.server.limits import Limits
from tests.helpers.patience import wait_until
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import Served, answer_while_trickling, read_answer, serving

MOST = 2000
HEAD = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def narrow(desk: ScriptedDesk, more_places: None) -> Iterator[Served]:
    """It waits long enough for whoever sends at once, on a machine that is busy too."""
    with serving(desk, limits=Limits(body_bytes=MOST, body_seconds=1.0)) as running:
        yield running


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def test_a_body_as_long_as_is_allowed_is_read(narrow: Served) -> None:
    body = b'{"a":"%s"}' % (b"x" * (MOST - 8))
    assert len(body) == MOST

    assert narrow.ask("POST", "/echo", body, "Content-Type: application/json").status == 200
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(body) + chunk(b"")
    assert narrow.raw(chunked).status == 200


def test_a_length_that_is_too_long_is_refused_before_the_body_is_sent(narrow: Served) -> None:
    for length in (MOST + 1, 10**9, 10**19):
        expecting = HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % length
        answer = narrow.raw(expecting)
        assert answer.status == 413
        assert "2,000 bytes" in answer.error["message"]
        assert answer.is_closed


def test_a_body_that_is_sent_all_the_same_is_thrown_away_and_answered(narrow: Served) -> None:
    """The client reads its answer once all is sent, and the connection goes on."""
    body = b"x" * 300_000
    with narrow.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = read_answer(connection)
        assert (answer.status, answer.is_closed) == (413, False)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert read_answer(connection).status == 200


def test_chunks_without_an_end_are_refused_once_they_are_too_many(narrow: Served) -> None:
    sent = 0
    narrow.mark()
    narrow.journal.kept.clear()
    with narrow.connect() as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            while sent < 200 * 2**20:
                connection.sendall(chunk(b"x" * 65536))
                sent += 65536
        except OSError:
            pass  # ended by the server
    assert sent < 100 * 2**20
    assert narrow.ask("GET", "/health").status == 200
    wait_until(lambda: 413 in [line.status for line in narrow.journal.kept])


@pytest.mark.parametrize("start", [b"", b"{", b'{"a": '])
def test_a_body_that_does_not_arrive_is_not_waited_for(narrow: Served, start: bytes) -> None:
    answer = narrow.raw(HEAD + b"Content-Length: 100\r\n\r\n" + start)

    assert answer.status == 408
    assert answer.error["code"] == "request_timeout"
    assert answer.headers["x-should-retry"] == "false"
    assert answer.is_closed


def test_a_body_that_trickles_is_not_waited_for(narrow: Served) -> None:
    """Each byte is new, and all together are too slow."""
    narrow.mark()
    narrow.journal.kept.clear()
    with narrow.connect() as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")

        assert answer_while_trickling(connection, chunk(b" ")) in (b"", b"HTTP/1.1 408")
    wait_until(lambda: 408 in [line.status for line in narrow.journal.kept])


def test_a_body_is_asked_for_where_the_client_waits_to_be_asked(narrow: Served) -> None:
    with narrow.connect() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert read_answer(connection).status == 200


def test_who_may_not_ask_is_not_asked_for_a_body(narrow: Served) -> None:
    data = HEAD.replace(b"127.0.0.1", b"evil.example") + b"Expect: 100-continue\r\n"

    assert narrow.raw(data + b"Content-Length: 2\r\n\r\n").status == 403


def test_a_body_that_nobody_wants_ends_the_connection_after_the_answer(narrow: Served) -> None:
    """Else a client could go on sending it for ever."""
    with narrow.connect() as connection:
        connection.sendall(
            b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        assert read_answer(connection).status == 200
        assert read_answer(connection).is_closed


def test_a_client_that_leaves_in_the_middle_of_its_body_is_noted(narrow: Served) -> None:
    before = narrow.mark()
    with narrow.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 10\r\n\r\n{")

    (line,) = narrow.lines_after(before, 1)
    assert (line.path, line.status, line.ended) == ("/echo", 499, "the client left")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "application/jsonx",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; x=y",
        "text/plain; application/json",
        "",
    ],
)
def test_a_body_that_is_not_said_to_be_json_is_refused(served: Served, kind: str) -> None:
    """These are what a page of any origin may send without asking beforehand."""
    answer = served.ask("POST", "/echo", b"{}", f"Content-Type: {kind}")

    assert answer.status == 415
    assert "application/json" in answer.error["message"]


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"']
)
def test_json_is_said_in_several_ways(served: Served, kind: str) -> None:
    assert served.ask("POST", "/echo", b"{}", f"Content-Type: {kind}").status == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
def test_a_packed_body_is_refused(served: Served, encoding: str) -> None:
    headers = ("Content-Type: application/json", f"Content-Encoding: {encoding}")

    assert served.ask("POST", "/echo", b"{}", *headers).status == 415
