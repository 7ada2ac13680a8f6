"""A server in the terminal, over a desk of scripts."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import socket
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.errors import InvalidLogitsError, LicenceNotAcceptedError, UserFacingError
from backends.protocol.engine_requests import ChatRequest
from baichuan_desktop.cli.main import main
from baichuan_desktop.cli.verbs.serving import running
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import GUIDE_ID
from baichuan_desktop.services.serving.desk_parts.terms import DeskTerms
from baichuan_desktop.services.serving.key import ServerKey
from baichuan_desktop.services.serving.port import DeskEvent, LoadedFacts, Over
from baichuan_desktop.services.serving.values import LOOPBACK
from tests.helpers.patience import PATIENCE_SECONDS, wait_until
from tests.helpers.policies import write_policy
from tests.server.scripted_desk import ScriptedAsked, ScriptedDesk

Captured = pytest.CaptureFixture[str]


def _made_by_nobody(_facts: LoadedFacts) -> ChatRequest:
    raise AssertionError("nothing but a load was asked for")


class OwnScripted(ScriptedDesk):
    """The desk of the terminal, of scripts."""

    def __init__(self, *parts: object) -> None:
        terms = parts[-1]
        assert isinstance(terms, DeskTerms)
        super().__init__(most_waiting=terms.most_waiting)
        self.terms = terms
        self.errors: list[UserFacingError] = []  #: of the loads to come
        self.loads = 0
        self.interrupts_loads = False

    def load_first(self, deliver: Callable[[DeskEvent], object]) -> ScriptedAsked:
        """Load at once, or fail."""
        self.loads += 1
        if self.interrupts_loads:
            os.kill(os.getpid(), signal.SIGINT)
        else:
            deliver(Over(self.errors.pop(0) if self.errors else None))
        return ScriptedAsked(self.models()[0], _made_by_nobody, deliver)


@pytest.fixture
def desks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[OwnScripted]]:
    """The desks that were made, in place of those with an engine."""
    made: list[OwnScripted] = []

    def make(*parts: object) -> OwnScripted:
        made.append(OwnScripted(*parts))
        return made[-1]

    monkeypatch.setattr(running, "OwnDesk", make)
    yield made
    for desk in made:
        desk.close()


@pytest.fixture
def asked_when_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Once a server is up, it is asked for its health, and Ctrl+C is pressed; its addresses."""
    addresses: list[str] = []
    run = running._tell

    def tell(server: Any, hearing: Any) -> None:
        addresses.extend(server.addresses)
        assert get(server.addresses[0] + "/health") == {"status": "ok"}
        wait_until(lambda: bool(server.lines()))  # which are written after the answer
        os.kill(os.getpid(), signal.SIGINT)
        run(server, hearing)

    monkeypatch.setattr(running, "_tell", tell)
    return addresses


def get(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)


def test_a_model_is_loaded_requests_are_printed_and_ctrl_c_ends_it(
    desks: list[OwnScripted], asked_when_up: list[str], capsys: Captured
) -> None:
    assert main(["serve", GUIDE_ID, "--port", "0", "--queue", "3", "--idle-minutes", "0"]) == 0

    (address,) = asked_when_up
    assert address.startswith(f"http://{LOOPBACK}:")
    first, second, line = capsys.readouterr().out.splitlines()
    assert first == "Serving Baichuan Guide; Ctrl+C ends it."
    assert second == f"  {address}  (programs: {address}/v1)"
    assert re.fullmatch(r"\S+  127\.0\.0\.1  GET /health  200  [0-9.]+ s", line)
    (desk,) = desks
    assert desk.terms.first is not None
    assert desk.terms.first.id == GUIDE_ID
    assert replace(desk.terms, first=None) == DeskTerms(idle_minutes=0, most_waiting=3)
    assert desk.loads == 1
    assert app_paths().server_log.read_text("utf-8").count("GET /health") == 1


def test_the_key_that_is_needed_is_there_once_it_serves(
    desks: list[OwnScripted], asked_when_up: list[str]
) -> None:
    assert main(["serve", "--port", "0", "--require-key"]) == 0

    assert ServerKey(app_paths().server_key).matches(app_paths().server_key.read_bytes().strip())


def test_a_key_that_cannot_be_used_is_told_before_anything_is_served(
    desks: list[OwnScripted], capsys: Captured
) -> None:
    file = app_paths().server_key
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("short")
    file.chmod(0o600)

    assert main(["serve", "--port", "0", "--require-key"]) == 1

    printed = capsys.readouterr()
    assert "Serving" not in printed.out
    assert printed.err.startswith(f"baichuan-desktop: The key in “{file}” cannot be used")
    assert desks == []


def test_without_a_model_none_is_loaded(
    desks: list[OwnScripted], asked_when_up: list[str], capsys: Captured
) -> None:
    assert main(["serve", "--port", "0"]) == 0

    assert capsys.readouterr().out.startswith("Serving the models of this machine; ")
    assert (desks[0].terms.first, desks[0].loads, len(asked_when_up)) == (None, 0, 1)


def test_what_keeps_the_model_from_being_loaded_ends_it(
    desks: list[OwnScripted], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(OwnScripted, "load_first", _failing(InvalidLogitsError()))

    assert main(["serve", GUIDE_ID, "--port", "0"]) == 1

    captured = capsys.readouterr()
    assert (captured.out, len(desks)) == ("", 1)
    assert captured.err.startswith(f"baichuan-desktop: {InvalidLogitsError().message}")


def _failing(*errors: UserFacingError) -> Callable[..., ScriptedAsked]:
    load, left = OwnScripted.load_first, [*errors]

    def load_first(desk: OwnScripted, deliver: Callable[[DeskEvent], object]) -> ScriptedAsked:
        desk.errors = left
        return load(desk, deliver)

    return load_first


@pytest.mark.usefixtures("asked_when_up")
def test_a_licence_is_asked_for_at_the_terminal(
    desks: list[OwnScripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = LicenceNotAcceptedError(GUIDE_ID, "Guide")
    monkeypatch.setattr(OwnScripted, "load_first", _failing(error))
    monkeypatch.setattr(running, "is_accepted_now", lambda _store, model: model.id == GUIDE_ID)

    assert main(["serve", GUIDE_ID, "--port", "0"]) == 0

    assert desks[0].loads == 2


def test_where_nobody_can_accept_a_licence_nothing_is_served(
    desks: list[OwnScripted], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    error = LicenceNotAcceptedError(GUIDE_ID, "Guide")
    monkeypatch.setattr(OwnScripted, "load_first", _failing(error))

    assert main(["serve", GUIDE_ID, "--port", "0"]) == 1

    assert error.message in capsys.readouterr().err
    assert desks[0].loads == 1


def test_ctrl_c_ends_a_load(
    desks: list[OwnScripted], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    load = OwnScripted.load_first

    def load_first(desk: OwnScripted, deliver: Callable[[DeskEvent], object]) -> ScriptedAsked:
        desk.interrupts_loads = True
        return load(desk, deliver)

    monkeypatch.setattr(OwnScripted, "load_first", load_first)

    assert main(["serve", GUIDE_ID, "--port", "0"]) == 130

    assert capsys.readouterr().out == ""
    assert desks[0].loads == 1


def test_a_port_that_is_taken_is_told_before_a_model_is_loaded(
    desks: list[OwnScripted], capsys: Captured
) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]

        assert main(["serve", GUIDE_ID, "--port", str(port)]) == 1

    assert f"The server cannot listen on port {port}: " in capsys.readouterr().err
    assert desks[0].loads == 0


def test_what_a_policy_turns_off_is_not_begun(
    desks: list[OwnScripted], tmp_path: Path, capsys: Captured
) -> None:
    write_policy(tmp_path, "server: false\n")

    for verb in ("serve", "web"):
        assert main([verb, GUIDE_ID, "--port", "0"]) == 1
        assert "The app serves no other program here" in capsys.readouterr().err

    assert not desks


def test_without_the_extra_the_library_is_named(
    desks: list[OwnScripted], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    assert main(["serve", "--port", "0"]) == 1

    assert "The server needs starlette, which is not installed." in capsys.readouterr().err
    assert not desks


@pytest.mark.usefixtures("desks", "asked_when_up")
def test_who_opens_the_machine_to_others_reads_the_clause_first(capsys: Captured) -> None:
    assert main(["serve", "--lan", "--port", "0"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "security review and filing" in lines[0]
    assert "安全审查和备案" in lines[1]
    assert lines[2].startswith("Warning: without TLS")
    assert str(app_paths().server_key) in "".join(lines[3:])


def test_the_key_is_made_shown_and_renewed_without_a_server(
    desks: list[OwnScripted], capsys: Captured
) -> None:
    shown = []
    for option in ("--show-key", "--show-key", "--new-key", "--show-key"):
        assert main(["serve", option]) == 0
        shown.append(capsys.readouterr().out)

    first, second, third, fourth = shown
    assert first == second != third == fourth
    assert app_paths().server_key.read_text() == fourth
    assert not desks


@pytest.mark.usefixtures("desks")
def test_web_opens_the_page_in_a_browser(
    monkeypatch: pytest.MonkeyPatch, asked_when_up: list[str], capsys: Captured
) -> None:
    opened: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")

    def open_page(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", open_page)

    assert main(["web", "--port", "0"]) == 0
    assert main(["web", "--port", "0", "--no-browser"]) == 0

    assert opened == asked_when_up[:1]
    assert "No browser" not in capsys.readouterr().out


@pytest.mark.usefixtures("desks")
def test_where_there_is_no_browser_the_address_is_enough(
    monkeypatch: pytest.MonkeyPatch, asked_when_up: list[str], capsys: Captured
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("webbrowser.open", lambda _address: False)

    assert main(["web", "--port", "0"]) == 0

    assert f"No browser could be opened here; open {asked_when_up[0]} yourself." in (
        capsys.readouterr().out
    )
