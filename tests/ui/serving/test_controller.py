"""Who starts and stops the server of the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from backends.errors import PolicyError, PortTakenError, ServerError, ServerLibrariesError
from baichuan_desktop.services.serving.port import Server
from baichuan_desktop.services.serving.values import DEFAULT_PORT, ServeOptions
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.serving.controller import ServingController, ServingState
from tests.helpers.policies import write_policy
from tests.ui.harness import until
from tests.ui.serving.fakes import ADDRESS, FakeDesk, FakeServer, line


class Here:
    """A controller, what it has, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.server, self.desk, self.made = FakeServer(), FakeDesk(), 0
        self.settings = SettingsFile(folder / "settings.json")
        self.controller = ServingController(self._make, self.desk, self.settings)
        self.failed: list[object] = []
        self.controller.failed.connect(self.failed.append)

    def _make(self) -> FakeServer:
        self.made += 1
        return self.server

    def until(self, state: ServingState) -> None:
        until(lambda: self.controller.state is state)


@pytest.fixture
def here(app: QApplication, tmp_path: Path) -> Iterator[Here]:
    made = Here(tmp_path)
    yield made
    made.server.may_start.set()
    made.controller.shut_down()


def test_nothing_is_made_before_it_is_wanted(here: Here) -> None:
    here.controller.look()

    assert here.made == 0
    assert here.controller.state is ServingState.OFF


def test_it_starts_stops_and_starts_again_with_one_server(here: Here) -> None:
    for port in (8123, 8124):
        here.controller.start(ServeOptions(port=port))
        here.until(ServingState.ON)
        here.controller.stop()
        here.until(ServingState.OFF)

    assert here.made == 1
    assert [one.port for one in here.server.started] == [8123, 8124]
    assert not here.server.is_running


def test_what_it_ended_with_is_told_once_it_has_stopped(here: Here) -> None:
    here.controller.start(ServeOptions())
    here.until(ServingState.ON)
    here.server.log.append(line())
    here.controller.stop()
    here.until(ServingState.OFF)

    assert list(here.controller.served.lines) == here.server.log


def test_how_is_remembered_and_the_network_is_not(here: Here) -> None:
    assert here.settings.current.server_port is None  # which is the usual one
    assert ServeOptions().port == DEFAULT_PORT

    here.controller.start(ServeOptions(port=8123, is_lan=True, needs_key=True))
    here.until(ServingState.ON)

    written = SettingsFile(here.settings._file).current
    assert (written.server_port, written.server_needs_key) == (8123, True)
    assert not [name for name in type(written).model_fields if "lan" in name.split("_")]


def test_what_it_does_is_looked_at(here: Here) -> None:
    here.controller.start(ServeOptions())
    here.until(ServingState.ON)
    here.server.clients = 3
    here.server.log.append(line())

    until(lambda: here.controller.served.clients == 3)
    served = here.controller.served
    assert (tuple(served.addresses), served.lines) == ((ADDRESS,), (line(),))
    assert served.desk == here.desk.status


def test_nothing_is_told_where_nothing_changed(here: Here) -> None:
    here.controller.start(ServeOptions())
    here.until(ServingState.ON)
    here.controller.look()
    told: list[None] = []
    here.controller.changed.connect(lambda: told.append(None))

    here.controller.look()
    assert not told


def test_a_port_that_is_taken_is_said_and_another_can_be_tried(here: Here) -> None:
    here.server.refuses = PortTakenError(8123, "in use")
    here.controller.start(ServeOptions(port=8123))
    until(lambda: bool(here.failed))
    assert isinstance(here.failed[0], PortTakenError)
    assert here.controller.state is ServingState.OFF

    here.server.refuses = None
    here.controller.start(ServeOptions(port=8124))
    here.until(ServingState.ON)


def test_what_is_not_installed_is_said(app: QApplication, tmp_path: Path) -> None:
    def make() -> Server:
        raise ServerLibrariesError("starlette")

    controller = ServingController(make, FakeDesk(), SettingsFile(tmp_path / "settings.json"))
    failed: list[object] = []
    controller.failed.connect(failed.append)

    controller.start(ServeOptions())

    until(lambda: bool(failed))
    assert isinstance(failed[0], ServerLibrariesError)
    controller.shut_down()


def test_a_server_that_ends_by_itself_is_told(here: Here) -> None:
    here.controller.start(ServeOptions())
    here.until(ServingState.ON)

    here.server.is_running = False
    until(lambda: bool(here.failed))
    assert isinstance(here.failed[0], ServerError)
    assert here.controller.state is ServingState.OFF


def test_a_policy_that_forbids_servers_is_asked_at_each_start(here: Here, tmp_path: Path) -> None:
    write_policy(tmp_path, "server: false")

    here.controller.start(ServeOptions())

    until(lambda: bool(here.failed))
    assert isinstance(here.failed[0], PolicyError)
    assert here.made == 0


def test_what_is_about_to_start_when_the_window_goes_is_stopped(here: Here) -> None:
    here.server.may_start.clear()
    here.controller.start(ServeOptions())
    until(here.server.is_starting.is_set)

    here.server.may_start.set()
    here.controller.shut_down()

    assert not here.server.is_running
