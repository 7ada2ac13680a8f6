"""The first minutes: what is there, what can be asked, what a message does while a model loads."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.process import EngineClient
from tests.ui.harness import READY, Gate, ScriptedEngine, answer, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person

Key = Qt.Key


def test_the_first_start_explains_itself_and_a_card_asks_its_question(
    desk: App, engine: ScriptedEngine
) -> None:
    assert not app_paths().conversations.exists()
    engine.answers.append(answer("By the menu at the top."))

    me = desk.start(engine)
    me.wait_until_ready()

    assert me.sees("How can I help you with this app?")
    assert me.sees("Stays on this computer")
    assert me.entries("Conversations") == ["Folders"] or me.entries("Conversations") == []
    me.press("How do I open a model folder?")
    me.wait_for("You: How do I open a model folder?", "Baichuan Guide: By the menu at the top.")
    assert "How do I open a model folder?" in me.entries("Conversations")


def test_a_message_that_is_sent_while_the_model_loads_waits_for_it(
    desk: App, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.loads.append([gate, READY])
    engine.answers.append(answer("At last."))
    me = desk.start(engine)
    until(gate.reached.is_set)
    me.wait_to_see("Enter sends your message as soon as the model is loaded.")

    me.enter("Are you there?")
    assert me.messages() == ["You: Are you there?"]
    assert me.sees("Your message waits. You can take it back.")
    assert "Are you there?, open, is being answered" in me.spoken_entries("Conversations")
    gate.open.set()

    until(lambda: me.messages()[:2] == ["You: Are you there?", "Baichuan Guide: At last."])


def test_a_message_that_waits_for_the_model_is_taken_back(
    desk: App, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.loads.append([gate, READY])
    me = desk.start(engine)
    until(gate.reached.is_set)
    me.enter("Are you there?")

    me.press("Take back")
    assert me.messages() == []
    assert me.written("Message") == "Are you there?"
    gate.open.set()
    me.wait_until_ready("Enter sends")

    assert engine.questions == []


def test_tab_goes_round_the_window_and_comes_back_to_the_field(me: Person) -> None:
    names = []
    for _ in range(60):
        me.key(Key.Key_Tab)
        names.append(me.focused())
        if names[-1] == "Message":
            break

    assert names[-1] == "Message"
    for name in ("New chat", "Search", "Conversations", "Trash", "Settings", "Model", "Menu"):
        assert any(name in one for one in names), f"Tab does not come to {name} of {names}"


def test_a_click_beside_the_field_in_its_card_is_one_into_the_field(me: Person) -> None:
    me.key(Key.Key_Tab)
    gauge = me.control("Context used")
    card = gauge.parentWidget()
    assert card is not None

    me.click(card, gauge.geometry().topLeft() - QPoint(70, 0))

    me.type("here")
    assert me.written("Message") == "here"


def test_the_sheet_of_shortcuts_opens_and_closes_by_keys_and_the_field_has_the_keyboard(
    me: Person,
) -> None:
    me.key(Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    me.wait_to_see("Find in the conversation")
    me.escape()

    me.type("written at once")
    assert me.written("Message") == "written at once"


def test_language_theme_and_zoom_are_chosen_from_the_menu_and_stay(
    desk: App, engine: ScriptedEngine
) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    width = me.button("New chat").height()
    me.key(Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert me.button("New chat").height() > width
    me.key(Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert me.button("New chat").height() == width
    me.choose_from("Menu", "Language", "中文")
    assert me.sees("新对话")
    me.choose_from("菜单", "主题", "深色")
    dark = me.shade()
    assert dark < 100

    me = desk.start(engine)

    assert me.sees("新对话")
    assert me.shade() == dark


@pytest.fixture
def real() -> Iterator[EngineClient]:
    client = EngineClient(app_paths().engine_log)
    yield client
    client.close()


def test_the_guide_itself_answers_is_stopped_and_remembers_after_a_restart(
    desk: App, real: EngineClient
) -> None:
    me = desk.start(real)
    me.wait_until_ready()

    me.press("Does it work offline?")
    until(lambda: len(me.messages()) == 2 and "tokens/s" in me.notes()[-1])
    said = me.messages()
    assert said[0] == "You: Does it work offline?"
    assert re.fullmatch(r"Baichuan Guide: .*offline.*", said[1], re.DOTALL)
    me.wait_until_ready()
    me.enter("How do I stop an answer?")
    until(lambda: len(me.messages()) == 4 and len(me.messages()[3]) > len("Baichuan Guide: ") + 9)
    me.escape()
    me.wait_until_ready()
    before = me.messages()
    desk.quit()

    client = EngineClient(app_paths().engine_log)
    try:
        me = desk.start(client)
        assert me.messages() == before
        me.wait_until_ready()
        me.enter("How much memory does a 7B model need?")
        until(lambda: len(me.messages()) >= 4 and "tokens/s" in me.notes()[-1])
        assert "GB" in me.messages()[-1] or "GiB" in me.messages()[-1]
    finally:
        desk.quit()
        client.close()
