"""A disk that refuses, a second start, an engine that ends: told, and nothing lost."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backends.errors import EngineCrashedError
from backends.events import PromptReady, TextDelta
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store import writer as writer_module
from baichuan_desktop.ui.instance.one_window import OneWindow
from baichuan_desktop.ui.instance.raising import Raising
from tests.helpers.drives import Drive
from tests.ui.harness import Gate, ScriptedEngine, answer, finished, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Drive:
    made = Drive()
    monkeypatch.setattr(writer_module, "open_file", made.open_file)
    return made


@pytest.mark.parametrize(
    ("ail", "why"), [("be_read_only", "it cannot be written"), ("be_full", "is full")]
)
def test_a_disk_that_refuses_in_the_middle_of_an_answer_is_told_and_nothing_is_lost(
    drive: Drive, ail: str, why: str, desk: App, engine: ScriptedEngine
) -> None:
    gate, on = Gate(), " and on" * 2_000
    engine.answers += [
        answer("Before."),
        [PromptReady(10, 0, 0), TextDelta("It goes"), gate, TextDelta(on), finished()],
    ]
    me = desk.start(engine)
    me.wait_until_ready()
    me.enter("one")
    me.wait_for("You: one", "Baichuan Guide: Before.")
    me.enter("two")
    until(lambda: me.messages()[-1] == "Baichuan Guide: It goes")

    getattr(drive, ail)()
    gate.open.set()

    whole = ["You: one", "Baichuan Guide: Before.", "You: two", f"Baichuan Guide: It goes{on}"]
    me.wait_for(*whole)
    me.wait_to_see(why)
    drive.be_well()
    until(lambda: not me.sees(why))
    me = desk.start(engine)
    assert me.messages() == whole


def test_an_engine_that_ends_in_an_answer_is_told_and_the_answer_can_go_on(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [
        [PromptReady(10, 0, 0), TextDelta("So far"), EngineCrashedError("it crashed")],
        answer(" and on."),
    ]
    me.enter("Tell me")
    me.wait_to_see("Close")
    assert me.notes()[-1].startswith("The answer broke off: ")
    assert "it crashed" in me.notes()[-1]
    me.escape()
    me.wait_until_ready()

    me.at_message("So far", "Continue this answer")

    me.wait_for("You: Tell me", "Baichuan Guide: So far and on.")


def test_a_second_start_ends_by_itself_and_raises_the_first_window(
    me: Person, engine: ScriptedEngine
) -> None:
    first, raising = OneWindow(app_paths().cache), Raising(me.window)
    first.asked.connect(raising.answer)
    assert first.claim()
    me.window.showMinimized()
    second = subprocess.Popen(
        [sys.executable, "-m", "baichuan_desktop.app"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: second.poll() is not None)
        _, said = second.communicate()
    finally:
        second.kill()
        first.shut_down()

    assert (second.returncode, said.strip()) == (
        0,
        "Baichuan Desktop is open already: its window comes to the front.",
    )
    assert not me.window.isMinimized()
