"""A server that starts and ends."""

from __future__ import annotations

import gc
import socket
import threading

import pytest

from backends.errors import PortTakenError
from baichuan_desktop.server import running
from baichuan_desktop.server.running import ThreadedServer
from baichuan_desktop.services.serving.values import LOOPBACK, ServeOptions
from tests.helpers.patience import wait_until
from tests.server.listening import STREAMED, Listener, objects
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import FixedKey, KeptLines, read_answer, serving

FLOOD = (
    b"POST /flood HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)


def made(desk: ScriptedDesk) -> ThreadedServer:
    return ThreadedServer(desk, FixedKey(), KeptLines())


def test_before_it_starts_and_after_it_ended_there_is_nothing(desk: ScriptedDesk) -> None:
    server = made(desk)
    server.stop()  # which does nothing
    assert (server.is_running, list(server.addresses), server.clients) == (False, [], 0)

    server.start(ServeOptions(port=0))
    assert server.is_running
    (address,) = server.addresses
    port = int(address.removeprefix("http://127.0.0.1:"))
    server.stop()
    server.stop()

    assert (server.is_running, list(server.addresses), server.clients) == (False, [], 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, port))


def test_it_starts_again_at_the_port_that_it_had(desk: ScriptedDesk) -> None:
    with serving(desk) as served:
        port = served.port
        assert served.ask("GET", "/health").status == 200
    with serving(desk, ServeOptions(port=port)) as served:
        assert served.port == port
        assert served.ask("GET", "/health").status == 200


def test_a_port_at_which_another_listens_is_named(desk: ScriptedDesk) -> None:
    with serving(desk) as served:
        with pytest.raises(PortTakenError, match=str(served.port)) as caught:
            made(desk).start(ServeOptions(port=served.port))
        assert caught.value.facts["port"] == str(served.port)
        assert served.ask("GET", "/health").status == 200


def test_it_listens_on_this_machine_alone(desk: ScriptedDesk) -> None:
    with serving(desk) as served:
        live = served.server._running
        assert live is not None
        assert live._listening.getsockname()[0] == LOOPBACK


def test_in_a_network_every_address_is_named_the_own_first(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_ANY", LOOPBACK)  # no test listens in the network
    monkeypatch.setattr(running, "_lan_addresses", lambda: ["192.168.7.9", "10.0.0.2"])
    with serving(desk, ServeOptions(port=0, is_lan=True, hosts=("models.example",))) as served:
        hosts = [address.rpartition(":")[0] for address in served.server.addresses]

    assert hosts == [
        "http://127.0.0.1",
        "http://192.168.7.9",
        "http://10.0.0.2",
        "http://models.example",
    ]


def test_streams_that_nobody_reads_do_not_keep_it_from_ending(
    desk: ScriptedDesk, more_places: None
) -> None:
    with serving(desk) as served:
        connections = [served.connect() for _ in range(3)]
        for connection in connections:
            connection.sendall(FLOOD)
            assert connection.recv(4) == b"HTTP"
        served.server.stop()
        for connection in connections:
            connection.close()
        gc.collect()  # what was left open would warn

    assert [line.ended for line in served.journal.kept] == ["the server was stopped"] * 3


def test_a_request_that_waits_is_told_that_the_server_ends(
    desk: ScriptedDesk, more_places: None
) -> None:
    with serving(desk) as served, served.connect() as connection:
        connection.sendall(FLOOD.replace(b"\r\n\r\n{}", b"\r\n\r\n"))
        live = served.server._running
        assert live is not None
        tasks = live._server.server_state.tasks
        wait_until(lambda: bool(tasks))
        stopping = threading.Thread(target=served.server.stop)
        stopping.start()
        answer = read_answer(connection)
        stopping.join()

    assert (answer.status, answer.error["code"]) == (503, "server_stopped")


def test_a_stream_in_the_middle_is_told_that_the_server_ends() -> None:
    desk = ScriptedDesk(is_held=True)
    with serving(desk) as served, Listener(served, STREAMED) as listener:
        desk.allow(2)
        assert listener.answer.status == 200
        stopping = threading.Thread(target=served.server.stop)
        stopping.start()
        told = objects(listener.events())
        stopping.join()

    desk.close()
    assert told[-1]["error"]["code"] == "server_stopped"
    assert [line.ended for line in served.journal.kept] == ["the server was stopped"]


def test_it_may_be_stopped_from_any_thread_and_by_several(desk: ScriptedDesk) -> None:
    server = made(desk)
    server.start(ServeOptions(port=0))
    stopping = [threading.Thread(target=server.stop) for _ in range(4)]
    for thread in stopping:
        thread.start()
    for thread in stopping:
        thread.join()

    assert not server.is_running
    assert "server" not in [thread.name for thread in threading.enumerate()]
