"""The key of the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from baichuan_desktop.server import running
from baichuan_desktop.services.serving.values import ServeOptions
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import KEY, Served, serving


@pytest.fixture(scope="module", params=["asked for", "in a network"])
def with_key(
    request: pytest.FixtureRequest, desk: ScriptedDesk, more_places: None
) -> Iterator[Served]:
    is_lan = request.param == "in a network"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "_ANY", "127.0.0.1")  # no test listens in the network
        with serving(desk, ServeOptions(port=0, is_lan=is_lan, needs_key=not is_lan)) as made:
            yield made


WRONG = [
    (),
    ("Authorization:",),
    ("Authorization: Bearer",),
    ("Authorization: Bearer ",),
    ("Authorization: Bearer wrong",),
    (f"Authorization: Bearer {KEY.decode()}x",),
    (f"Authorization: Bearer {KEY.decode()[:-1]}",),
    (f"Authorization: Basic {KEY.decode()}",),
    (f"Authorization: {KEY.decode()}",),
    (f"X-Api-Key: {KEY.decode()}",),
    (f"Cookie: key={KEY.decode()}",),
    ("Authorization: Bearer \xff\xfe",),
]


@pytest.mark.parametrize("headers", WRONG, ids=str)
def test_without_the_key_nothing_of_a_model_is_told(
    with_key: Served, headers: tuple[str, ...]
) -> None:
    for answer in (
        with_key.ask("GET", "/v1/models", None, *headers),
        with_key.ask("GET", f"/v1/models?key={KEY.decode().replace(' ', '+')}", None, *headers),
        with_key.ask("GET", "/v1/models/scripted-chat", None, *headers),
        with_key.post("/echo", {}, *headers),
        with_key.ask("POST", "/echo", b"x" * 100, "Content-Type: text/plain", *headers),
    ):
        assert answer.status == 401
        assert answer.error["code"] == "invalid_api_key"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_the_key_everything_is_answered(with_key: Served, scheme: str) -> None:
    key = f"Authorization: {scheme} {KEY.decode()}"

    assert with_key.ask("GET", "/v1/models", None, key).status == 200
    assert with_key.post("/echo", {"a": 1}, key).json == {"a": 1}


def test_the_page_and_the_health_are_told_to_all(with_key: Served) -> None:
    assert with_key.ask("GET", "/").status == 200
    assert with_key.ask("GET", "/health").status == 200


def test_where_no_key_is_asked_for_any_is_taken(served: Served) -> None:
    """OpenAI's clients always send one."""
    assert served.ask("GET", "/v1/models", None, "Authorization: Bearer none").status == 200
