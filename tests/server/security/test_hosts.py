"""Names by which the server may be called."""

from __future__ import annotations

import pytest

from baichuan_desktop.server import application, running
from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.routes.parts import Parts
from baichuan_desktop.server.security.hosts import Hosts
from baichuan_desktop.services.serving.values import ServeOptions
from baichuan_desktop.services.tokens.client import TokenClient
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import KEY, Served, serving

FOREIGN = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "0x7f000001:{port}",
    "192.168.0.1:{port}",
    "[::1]:{port}",
    "user@127.0.0.1:{port}",
    "127.0.0.1:{port}@evil.example",
    "127.0.0.1:{port}, evil.example",
    "127.0.0.1 evil.example",
    "127.0.0.1:{port}/evil",
    "127.0.0.1:evil",
    "localhost.",
    "",
    " ",
    "\xff",
]


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_is_refused(served: Served, host: str) -> None:
    lines = f"GET /v1/models HTTP/1.1\r\nHost: {host.format(port=served.port)}\r\n\r\n"
    answer = served.raw(lines.encode("latin-1"))

    assert answer.status == 403
    assert answer.error["code"] == "host_not_allowed"
    assert answer.is_closed


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "127.0.0.1", "LocalHost:{port}", "localhost:9"]
)
def test_names_of_this_machine_are_served_at_any_port(served: Served, host: str) -> None:
    """A port that a tunnel gives is not the server's own."""
    assert served.ask("GET", "/health", host=host.format(port=served.port)).status == 200


def test_a_page_whose_name_leads_to_this_machine_is_refused_on_every_route(
    served: Served, desk: ScriptedDesk
) -> None:
    """DNS rebinding: the page's own name, which is the origin too, so that no Origin is foreign."""
    rebound = f"evil.example:{served.port}"
    tokens = TokenClient()
    places = application.every_place(Parts(desk, ServeOptions(), tokens))
    tokens.close()
    paths = {place.path for place in places}
    assert {"/", "/health", "/v1/models", "/v1/models/{model_id}", "/echo"} <= paths

    before = served.mark()
    for path in [*paths, "/nothing"]:
        for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT"):
            for origin in ([], [f"Origin: http://{rebound}"]):
                answer = served.ask(method, path.replace("{", "").replace("}", ""), None, *origin,
                                    host=rebound)  # fmt: skip
                assert answer.status == 403, (method, path)
    lines = served.lines_after(before, 10 * (len(paths) + 1))
    assert {(line.path, line.status) for line in lines} == {("…", 403)}


def test_a_request_without_a_host_is_refused(served: Served) -> None:
    assert served.raw(b"GET /health HTTP/1.0\r\n\r\n").status == 403
    assert served.raw(b"GET /health HTTP/1.1\r\n\r\n").status == 400


def test_in_a_network_the_address_of_the_connection_counts_and_no_other() -> None:
    hosts = Hosts(["this-machine", "this-machine.local"])
    scope = {"server": ("192.168.7.9", 8000)}

    for host in (b"192.168.7.9:8000", b"THIS-machine:8000", b"this-machine.local", b"localhost"):
        assert hosts.check(scope, {b"host": host}) == host.decode().lower()
    for host in (b"192.168.7.8:8000", b"127.0.0.1:8000", b"that-machine", b""):
        with pytest.raises(ApiError):
            hosts.check(scope, {b"host": host})


def test_a_name_that_the_person_gave_is_served(desk: ScriptedDesk) -> None:
    with serving(desk, ServeOptions(port=0, hosts=("Models.example",))) as served:
        assert served.ask("GET", "/health", host="models.example:8000").status == 200
        assert served.ask("GET", "/health", host="other.example:8000").status == 403


NAMES = ("some-machine.example", "some-machine", "some-machine.local")


def test_in_a_network_this_machine_is_called_by_its_name(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Some-Machine.example")
    monkeypatch.setattr(running, "_ANY", "127.0.0.1")  # no test listens in the network

    with serving(desk, ServeOptions(port=0, is_lan=True)) as served:
        key = f"Authorization: Bearer {KEY.decode()}"
        for name in (*NAMES, "localhost", "127.0.0.1"):
            assert served.ask("GET", "/v1/models", None, key, host=name).status == 200
        assert served.ask("GET", "/v1/models", None, key, host="evil.example").status == 403
