"""Models and precisions are chosen by clicks and keys; the conversation goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt

from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, LoadRequest
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.user_layer import add_installed
from tests.helpers.registry_texts import read
from tests.ui.harness import READY, ScriptedEngine, answer, model, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person

Key = Qt.Key


def precision_button(me: Person) -> str:
    """What the button beside the model's name says; nothing while a model loads (it hides)."""
    return next((one for one in me.texts() if one.startswith("· ")), "")


def test_another_precision_is_chosen_and_the_conversation_goes_on(
    desk: App, engine: ScriptedEngine
) -> None:
    engine.loads += [[READY], [replace(READY, precision=Precision.FP32)], [READY]]
    engine.answers += [answer("In bf16."), answer("In fp32.")]
    me = desk.start(engine)
    me.wait_until_ready()
    me.enter("one")
    me.wait_for("You: one", "Baichuan Guide: In bf16.")
    assert precision_button(me) == "· bf16"

    me.press_text("· bf16")
    until(lambda: any(one.startswith("fp32") for one in me.popup_entries()))
    me.click_popup_entry("fp32")
    until(lambda: precision_button(me) == "· fp32")
    me.enter("two")
    me.wait_for("You: one", "Baichuan Guide: In bf16.", "You: two", "Baichuan Guide: In fp32.")

    desk.quit()
    engine.loads.insert(0, [replace(READY, precision=Precision.FP32)])
    me = desk.start(engine)
    me.wait_until_ready()
    last = engine.requests[-1]
    assert isinstance(last, LoadRequest)
    assert last.precision is Precision.FP32


def test_the_menu_of_precisions_is_left_by_esc_and_nothing_changes(
    me: Person, engine: ScriptedEngine
) -> None:
    loads = len(engine.loaded_folders)
    me.press_text("· bf16")
    until(lambda: len(me.popup_entries()) > 1)
    me.escape()

    assert me.popup_entries() == []
    me.type("here")
    assert me.written("Message") == "here"
    assert len(engine.loaded_folders) == loads


def test_another_model_is_chosen_by_keys_and_answers_in_the_same_conversation(
    desk: App, engine: ScriptedEngine, tmp_path: Path
) -> None:
    other = replace(model("Other"), path=tmp_path / "Other")
    other.path.mkdir()
    add_installed(read(app_paths().user_registry), other)
    engine.answers += [answer("From the guide."), answer("From the other.")]
    me = desk.start(engine)
    me.wait_until_ready()
    me.enter("one")
    me.wait_for("You: one", "Baichuan Guide: From the guide.")

    me.ctrl("L")
    until(lambda: any(one == "Other" for one in me.popup_entries()))
    me.go_to_popup_entry("Other")
    me.key(Key.Key_Return)
    until(lambda: engine.loaded_folders[-1].name == "Other")
    me.wait_to_see("Answers can be wrong.")
    me.enter("two")

    me.wait_for("You: one", "Baichuan Guide: From the guide.", "You: two", "Other: From the other.")


def test_the_panel_opens_and_closes_by_keys_and_what_is_set_is_used(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("Briefly."))
    me.key(Key.Key_F9)
    me.wait_to_see("System prompt")
    me.click(me.control("System prompt"))
    me.type("Be brief.")
    me.key(Key.Key_F9)
    assert not me.sees("System prompt")

    me.click(me.field("Message"))
    me.enter("Tell me")
    me.wait_for("You: Tell me", "Baichuan Guide: Briefly.")

    (asked,) = engine.questions
    assert isinstance(asked, ChatRequest)
    assert asked.messages[0].text == "Be brief."
