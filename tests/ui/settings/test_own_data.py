"""Everything in one file, as a person makes it, and brings it to another computer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.own_data.api import verify
from baichuan_desktop.ui.settings.own_data import RestoreQuestion
from tests.helpers.conversations import put_branch
from tests.ui.harness import ScriptedEngine, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person

CTRL = Qt.KeyboardModifier.ControlModifier
CHOOSING = "baichuan_desktop.ui.settings.own_data"


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Has the dialogs of the system answer with a file."""

    def answer_with(file: Path) -> None:
        monkeypatch.setattr(f"{CHOOSING}.choose_file", lambda *_: file)
        monkeypatch.setattr(f"{CHOOSING}.choose_target", lambda *_: file)

    return answer_with


def open_settings(person: Person) -> None:
    person.key(Qt.Key.Key_Comma, CTRL)
    person.type("one file")
    person.wait_to_see("Everything in one file")
    until(lambda: not person.button("Create…").visibleRegion().isEmpty())


def question(person: Person) -> RestoreQuestion:
    def shown() -> list[RestoreQuestion]:
        return [one for one in person.window.findChildren(RestoreQuestion) if one.isVisible()]

    until(lambda: len(shown()) == 1)
    return shown()[0]


def test_everything_goes_into_a_file_and_comes_to_another_computer(
    desk: App,
    engine: ScriptedEngine,
    choose: Callable[[Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "stick" / "all.zip"
    file.parent.mkdir()
    choose(file)
    me = desk.start(engine)
    assert desk.running is not None
    put_branch(desk.running.conversations, ["去云南", "大理"], "Yunnan")
    desk.running.window.view.use_theme("dark")
    open_settings(me)

    me.press("Create…")

    me.wait_to_see("written and read again (conversations: 1, messages: 2, ")
    assert me.sees("It is not encrypted")
    assert verify(app_paths(), file) is not None
    desk.quit()
    monkeypatch.setenv("BAICHUAN_DESKTOP_HOME", str(tmp_path / "another computer"))
    me = desk.start(engine)
    assert desk.running is not None
    open_settings(me)
    me.press("Restore…")
    asked = question(me)
    assert "(conversations: 1, messages: 2)" in asked.text.text()
    assert asked.no.isDefault()
    assert desk.running.conversations.conversations() == [], "nothing before it is answered"
    asked.yes.click()

    me.wait_to_see("conversations: 1, messages: 2")
    assert [one.title for one in desk.running.conversations.conversations()] == ["Yunnan"]
    assert desk.running.settings.current.theme == "dark"
    assert desk.running.window.view.theme == "dark"
    me.escape()
    me.escape()
    assert any("Yunnan" in one for one in me.entries("Conversations"))


def test_a_file_that_is_none_is_said_to_be_none(
    me: Person, choose: Callable[[Path], None], tmp_path: Path
) -> None:
    file = tmp_path / "none.zip"
    file.write_bytes(b"no archive")
    choose(file)
    open_settings(me)

    me.press("Restore…")

    me.wait_to_see("is no backup that can be used: it is no archive, or only a part of one")
    assert me.sees("Nothing was changed.")
    choose(tmp_path / "missing folder" / "b.zip")
    me.press("Create…")
    me.wait_to_see("The backup cannot be written to")
    me.escape()
    me.escape()
