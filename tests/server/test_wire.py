"""Connections that are too slow, too many or too early."""

from __future__ import annotations

import logging
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from baichuan_desktop.server.limits import Limits
from tests.helpers.patience import PATIENCE_SECONDS, wait_until
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import Served, answer_while_trickling, read_answer, serving

GET = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
POST = b"POST /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def impatient(desk: ScriptedDesk, more_places: None) -> Iterator[Served]:
    """It waits long enough for whoever sends at once, on a machine that is busy too."""
    with serving(desk, limits=Limits(header_seconds=1.0, write_seconds=0.2)) as running:
        yield running


@pytest.mark.parametrize("start", [b"G", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
def test_headers_that_do_not_arrive_are_not_waited_for(impatient: Served, start: bytes) -> None:
    answer = impatient.raw(start)

    assert answer.status == 408
    assert answer.error["code"] == "request_timeout"
    assert answer.is_closed


def test_a_connection_on_which_nothing_comes_is_ended(impatient: Served) -> None:
    with impatient.connect() as connection:
        assert read_answer(connection).status == 0


def test_headers_that_trickle_are_not_waited_for(impatient: Served) -> None:
    """Slowloris: a byte now and then is no sign of life."""
    with impatient.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\n")

        assert answer_while_trickling(connection, b"X") in (b"", b"HTTP/1.1 408")


def test_a_second_request_that_does_not_arrive_is_not_waited_for(impatient: Served) -> None:
    with impatient.connect() as connection:
        connection.sendall(GET)
        assert read_answer(connection).status == 200
        connection.sendall(GET[:20])
        assert read_answer(connection).status == 408


def test_several_requests_are_answered_one_after_the_other(served: Served) -> None:
    with served.connect() as connection:
        for _ in range(5):
            connection.sendall(GET)
            assert read_answer(connection).status == 200


def test_requests_that_do_not_wait_for_their_answers_are_not_answered(served: Served) -> None:
    """A request behind another would keep the server from seeing that the client has left."""
    with served.connect() as connection:
        connection.sendall(GET * 3)
        assert read_answer(connection).status == 200
        assert read_answer(connection).is_closed


def test_a_request_smuggled_into_a_body_is_not_answered(served: Served) -> None:
    inner = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    before = served.mark()
    with served.connect() as connection:
        connection.sendall(POST % b"echo" + b"Content-Length: 2\r\n\r\n{}" + inner)
        assert read_answer(connection).status == 200
        assert read_answer(connection).is_closed

    assert [line.path for line in served.lines_after(before, 1)] == ["/echo"]


def test_a_body_in_broken_chunks_is_refused(served: Served) -> None:
    start = POST % b"echo" + b"Transfer-Encoding: chunked\r\n\r\n"
    for broken in (b"zz\r\n{}", b"-1\r\n{}", b"2\r\n{}xx0\r\n\r\n", b"2 2\r\n{}", b"\r\n"):
        answer = served.raw(start + broken + b"\r\n\r\n")
        assert answer.status == 400, broken
        assert answer.is_closed
        with served.connect() as connection:  # the same, once the route reads
            connection.sendall(start)
            connection.sendall(b"1\r\n{\r\n")
            connection.sendall(broken + b"\r\n\r\n")
            assert read_answer(connection).status == 400, broken


def test_a_body_in_crumbs_is_refused_and_one_in_small_pieces_is_not(served: Served) -> None:
    """Each piece costs the server as much as a long one, and all others wait meanwhile."""
    start = POST % b"echo" + b"Transfer-Encoding: chunked\r\n\r\n"
    crumbs = b"1\r\n \r\n" * 2000
    answer = served.raw(start + crumbs + b"2\r\n{}\r\n0\r\n\r\n")
    assert (answer.status, answer.is_closed) == (400, True)
    assert "in crumbs" in answer.error["message"]

    few = b"1\r\n \r\n" * 500
    assert served.raw(start + few + b"2\r\n{}\r\n0\r\n\r\n").status == 200
    pieces = b"40\r\n%s\r\n" % (b" " * 64) * 5000
    assert served.raw(start + pieces + b"2\r\n{}\r\n0\r\n\r\n").status == 200


def test_an_answer_that_nobody_reads_is_ended(impatient: Served) -> None:
    with impatient.connect() as connection:
        connection.sendall(POST % b"flood" + b"Content-Length: 2\r\n\r\n{}")
        wait_until(lambda: [line.path for line in impatient.journal.kept[-1:]] == ["/flood"])

    wait_until(lambda: impatient.server.clients == 0)


@pytest.mark.parametrize("limits", [Limits(connections=4), Limits(connections_of_one=4)])
def test_more_connections_than_are_taken_are_told_so(desk: ScriptedDesk, limits: Limits) -> None:
    with serving(desk, limits=limits) as served, ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(served.connect())
        wait_until(lambda: served.server.clients == 4)

        answer = served.raw(b"")

        assert (answer.status, answer.error["code"]) == (503, "too_many_connections")
        assert answer.headers["retry-after"] == "2"
        stack.close()
        wait_until(lambda: served.server.clients == 0)
        assert served.ask("GET", "/health").status == 200


@pytest.mark.skipif(sys.platform == "darwin", reason="it has one address of its own")
def test_who_comes_again_and_again_takes_no_place_of_others(desk: ScriptedDesk) -> None:
    limits = Limits(connections=4, connections_of_one=2)
    with serving(desk, limits=limits) as served, ExitStack() as stack:
        for _ in range(12):
            other = ("127.0.0.2", 0)
            address = ("127.0.0.1", served.port)
            stack.enter_context(socket.create_connection(address, PATIENCE_SECONDS, other))

        assert served.ask("GET", "/health").status == 200
        # Two are served, two or three are told, and the others are no longer there.
        wait_until(lambda: served.server.clients <= 2 + 3)


def test_small_answers_are_sent_at_once(served: Served) -> None:
    """Each piece of a stream would else wait for the client to confirm the one before."""
    wires: list[socket.socket] = []
    with served.connect() as connection:
        connection.sendall(GET)
        assert read_answer(connection).status == 200
        running = served.server._running
        assert running is not None
        for wire in running._server.server_state.connections:
            wires.append(wire.transport.get_extra_info("socket"))
        assert [wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for wire in wires] == [1]


def test_an_upgrade_is_answered_as_if_nobody_had_asked(served: Served) -> None:
    headers = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x")

    assert served.ask("GET", "/health", None, *headers).status == 200
    assert served.ask("GET", "/ws", None, *headers).status == 404


def test_connections_that_break_leave_no_trace(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a client's own words least of all."""
    caplog.set_level(logging.DEBUG)
    for data in (b"", b"GET", GET, GET * 2, POST % b"flood" + b"Content-Length: 2\r\n\r\n{}"):
        with served.connect() as connection:
            connection.sendall(data)
            # closed with a reset, as by a process that was killed
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: served.server.clients == 0)

    assert served.ask("GET", "/health").status == 200
    told = [one for one in caplog.records if (one.name, one.levelno) != ("asyncio", logging.DEBUG)]
    assert told == []
