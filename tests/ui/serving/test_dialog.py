"""The dialog that shows the server of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from backends.errors import KeyFileError, PortTakenError
from baichuan_desktop.services.serving import clause
from baichuan_desktop.services.serving.values import (
    BUG,
    DEFAULT_PORT,
    LEFT,
    STOPPED,
    DeskState,
    DeskStatus,
)
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.serving import texts
from baichuan_desktop.ui.serving.controller import ServingController, ServingState
from baichuan_desktop.ui.serving.dialog import ServeDialog
from baichuan_desktop.ui.serving.key_row import KeyRow
from tests.helpers.clipping import clipped
from tests.ui.harness import until
from tests.ui.serving.fakes import ADDRESS, FakeDesk, FakeKey, FakeServer, line

NETWORK = "http://192.168.1.23:8123"


class Opened:
    """The dialog over a fake server."""

    def __init__(self, folder: Path, theme: Theme) -> None:
        self.server, self.desk, self.key = FakeServer(), FakeDesk(), FakeKey()
        self.settings = SettingsFile(folder / "settings.json")
        self.window = QWidget()
        self.controller = ServingController(
            lambda: self.server, self.desk, self.settings, self.window
        )
        self._theme = theme
        self.open()

    def open(self) -> None:
        key = KeyRow(self.key, self._theme)
        self.dialog = ServeDialog(self.controller, key, self.settings, self._theme, self.window)
        self.dialog.show()

    def start(self) -> None:
        self.dialog.start.click()
        until(lambda: self.controller.state is ServingState.ON)

    @property
    def log(self) -> str:
        return self.dialog.log.toPlainText()


@pytest.fixture
def opened(app: QApplication, theme: Theme, tmp_path: Path) -> Iterator[Opened]:
    made = Opened(tmp_path, theme)
    yield made
    made.controller.shut_down()
    made.window.close()
    made.window.deleteLater()


def test_it_begins_with_the_usual_port_this_machine_and_no_key(opened: Opened) -> None:
    options = opened.dialog.form.options

    assert (options.port, options.is_lan, options.needs_key) == (DEFAULT_PORT, False, False)
    assert not opened.dialog.running.isVisible()
    assert not opened.dialog.log.isVisible()


def test_what_the_licences_say_is_shown_before_the_network_is_served(opened: Opened) -> None:
    form = opened.dialog.form
    assert not form.caution.isVisible()

    form.is_lan.click()

    assert form.caution.isVisible()
    assert form.clause.text() == clause.CLAUSE_EN
    assert "Nothing is encrypted" in form.warning.text()


def test_in_the_network_each_needs_the_key_and_what_was_chosen_for_here_stays(
    opened: Opened,
) -> None:
    form = opened.dialog.form

    form.is_lan.click()
    assert form.needs_key.isChecked()
    assert not form.needs_key.isEnabled()
    form.is_lan.click()

    assert not form.needs_key.isChecked()
    assert not form.options.needs_key


def test_a_server_that_runs_shows_where_and_for_whom(opened: Opened) -> None:
    opened.start()
    running = opened.dialog.running

    assert running.page.value == f"{ADDRESS}/"
    assert running.programs.value == f"{ADDRESS}/v1"
    assert running.model.value == "guide"
    assert running.state.text() == "Ready · 0 connections"
    assert not running.caution.isVisible()
    assert not opened.dialog.form.isVisible()


def test_addresses_in_the_network_come_with_what_is_not_encrypted(opened: Opened) -> None:
    opened.server.addresses = (ADDRESS, NETWORK)
    opened.start()

    values = [one.text() for one in opened.dialog.running.findChildren(QLineEdit)]
    assert f"{NETWORK}/v1" in values
    assert opened.dialog.running.caution.isVisible()


def test_an_address_is_copied(opened: Opened) -> None:
    opened.start()

    opened.dialog.running.programs.copy.click()

    assert QApplication.clipboard().text() == f"{ADDRESS}/v1"
    assert opened.dialog.running.programs.copy.text() == "Copied"


def test_the_key_is_hidden_copied_and_made_anew(opened: Opened) -> None:
    opened.start()
    row = opened.dialog.running.key
    assert row.field.displayText() != "key-1"

    row.show_key.click()
    assert row.field.displayText() == "key-1"
    row.copy.click()
    assert QApplication.clipboard().text() == "key-1"
    row.renew.click()
    assert row.value == "key-2"


def test_a_key_that_cannot_be_used_is_said_in_the_dialog(opened: Opened) -> None:
    opened.key.refuses = KeyFileError(Path("/home/me/key"), "others can read it")

    opened.start()

    assert "others can read it" in opened.dialog.trouble.text()
    assert opened.dialog.trouble.isVisible()
    assert opened.dialog.running.key.value == ""


def test_why_it_does_not_start_is_said_where_the_port_is_chosen(opened: Opened) -> None:
    opened.server.refuses = PortTakenError(DEFAULT_PORT, "in use")
    opened.dialog.start.click()
    until(lambda: opened.dialog.trouble.isVisible())

    assert "in use" in opened.dialog.trouble.text()
    assert opened.dialog.form.isVisible()
    assert opened.dialog.start.isEnabled()

    opened.server.refuses = None
    opened.start()
    assert not opened.dialog.trouble.isVisible()


def test_requests_get_a_line_each_with_times_and_counts(opened: Opened) -> None:
    opened.start()
    opened.server.log += [
        line(),
        line(
            "/v1/chat/completions",
            method="POST",
            seconds=2.41,
            prompt_tokens=31,
            new_tokens=120,
            queued_seconds=0.8,
        ),
    ]

    until(lambda: opened.log.count("\n") == 1)
    first, second = opened.log.splitlines()
    assert first.endswith("127.0.0.1  GET /v1/models  200  0.2 s")
    assert second.endswith("POST /v1/chat/completions  200  2.4 s  31 + 120 tokens  waited 0.8 s")


def test_what_was_served_stays_to_be_read_after_the_stop(opened: Opened) -> None:
    opened.start()
    opened.server.log.append(line())
    until(lambda: bool(opened.log))

    opened.dialog.stop.click()
    until(lambda: opened.controller.state is ServingState.OFF)

    assert opened.log
    assert opened.dialog.log.isVisible()
    assert opened.dialog.form.isVisible()


def test_closing_the_dialog_stops_nothing(opened: Opened) -> None:
    opened.start()

    opened.dialog.close_button.click()

    assert opened.controller.state is ServingState.ON


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (DeskStatus(DeskState.LOADING, "guide", load_share=0.4), "Loading the model: 40 %"),
        (DeskStatus(DeskState.ANSWERING, "guide", waiting=2), "Answering"),
        (DeskStatus(DeskState.ANSWERING, "guide", waiting=2), "2 requests wait"),
        (DeskStatus(DeskState.EMPTY, "guide"), "the next request loads it"),
        (DeskStatus(DeskState.EMPTY), "requests are refused"),
    ],
)
def test_what_the_model_does_is_said(opened: Opened, status: DeskStatus, said: str) -> None:
    opened.start()
    opened.desk.status = status

    until(lambda: said in opened.dialog.running.state.text())


@pytest.fixture
def chinese(app: QApplication) -> Iterator[Callable[[], None]]:
    """Has the window speak Chinese for the rest of the test."""
    translations = Translations(app)

    def speak() -> None:
        translations.use("zh_CN")
        app.processEvents()

    yield speak
    translations.use("en")


def test_it_follows_the_language(opened: Opened, chinese: Callable[[], None]) -> None:
    opened.dialog.form.is_lan.click()

    chinese()

    assert opened.dialog.form.clause.text() == clause.CLAUSE_ZH


@pytest.mark.parametrize("why", [LEFT, STOPPED, BUG])
def test_why_a_request_ended_is_said_in_the_language_of_the_window(
    opened: Opened, chinese: Callable[[], None], why: str
) -> None:
    assert texts.line(line(ended=why)).endswith(why)

    chinese()

    assert why not in texts.line(line(ended=why))


@pytest.mark.parametrize("zoom", [1.0, 1.75])  # the screen here is narrower than real ones
@pytest.mark.parametrize("is_chinese", [False, True])
def test_everything_is_seen_whole(
    opened: Opened, theme: Theme, chinese: Callable[[], None], is_chinese: bool, zoom: float
) -> None:
    if is_chinese:
        chinese()
    theme.set_zoom(zoom)
    opened.dialog.close()
    opened.open()
    opened.server.addresses = (ADDRESS, NETWORK)

    opened.dialog.form.is_lan.click()
    assert clipped(opened.dialog) == []
    opened.start()
    assert clipped(opened.dialog) == []
