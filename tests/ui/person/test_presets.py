"""Presets: chosen, filled, made, changed, deleted and exchanged; sampling by sliders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDoubleSpinBox, QFileDialog, QSlider

from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import Role
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.presets.store import PresetStore
from tests.ui.harness import ScriptedEngine, answer, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person

Key = Qt.Key


def asked(engine: ScriptedEngine) -> ChatRequest:
    request = engine.questions[-1]
    assert isinstance(request, ChatRequest)
    return request


def choose_preset(me: Person, words: str) -> None:
    """By keys alone: the list, a search, Enter."""
    me.ctrl("P", shift=True)
    until(lambda: me.focused() == "Search presets")
    me.enter(words)


def test_a_text_is_translated_with_the_preset_and_its_field(
    me: Person, engine: ScriptedEngine, desk: App
) -> None:
    engine.answers.append(answer("Guten Tag"))
    assert me.sees("No preset")

    choose_preset(me, "transl")
    assert me.sees("Translator")
    me.click(me.field("language"))
    me.type("German")
    me.key(Key.Key_Return)
    assert me.focused() == "Message"
    me.enter("Good day")

    message = "Translate the following text into German:\n\nGood day"
    me.wait_for(f"You: {message}", "Baichuan Guide: Guten Tag")
    system, question = asked(engine).messages
    assert question.text == message, "what is shown is what was sent"
    assert system.role is Role.SYSTEM
    assert system.text.startswith("You are a careful translator.")
    assert asked(engine).params.temperature == pytest.approx(0.2)
    assert me.entries("Conversations")[-1] == "Good day", "and not the words of the preset"

    me = desk.start(engine)
    me.wait_until_ready()
    assert me.written("language") == "German"
    assert me.sees("Translator")


def test_a_new_preset_is_made_and_asks_for_what_it_needs(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("Dear Ms Li"))
    me.ctrl("P", shift=True)
    me.click_popup_entry("Manage presets…")
    me.press("New")
    assert me.focused() == "Name"
    me.write_anew("Letter")
    me.click(me.field("Message of the preset"))
    me.type("To {{name}}: {{text}}")
    assert me.sees("Fields over the message: name")
    me.escape()
    until(lambda: me.focused() == "Message")

    choose_preset(me, "letter")
    me.enter("thanks")
    me.wait_to_see("The preset “Letter” needs a value for “name”.")
    assert me.focused() == "name"
    assert me.written("Message") == "thanks", "nothing is lost"
    assert not engine.questions
    me.type("Ms Li")
    me.key(Key.Key_Return)
    me.key(Key.Key_Return)

    me.wait_for("You: To Ms Li: thanks", "Baichuan Guide: Dear Ms Li")
    assert not me.sees("needs a value")


def test_a_system_prompt_of_ones_own_comes_back_by_undo(me: Person) -> None:
    me.window.resize(1280, 820)
    me.key(Key.Key_F9)
    me.click(me.field("System prompt"))
    me.type("Be kind.")

    choose_preset(me, "minutes")
    assert me.written("System prompt").startswith("You write the minutes")
    me.press("Undo")

    assert me.written("System prompt") == "Be kind."
    assert me.sees("No preset")
    choose_preset(me, "summary")
    choose_preset(me, "writing")
    assert me.written("System prompt").startswith("You are an experienced editor")
    me.ctrl("P", shift=True)
    me.click_popup_entry("No preset")
    assert me.written("System prompt") == "", "what a preset said goes with it"


def test_new_chats_with_a_model_begin_with_its_preset(me: Person, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("Yes."))
    choose_preset(me, "writing")
    me.ctrl("P", shift=True)
    me.click_popup_entry("Begin new chats with Baichuan Guide like this")
    me.enter("One")
    me.wait_for("You: One", "Baichuan Guide: Yes.")
    me.ctrl("P", shift=True)
    me.click_popup_entry("No preset")
    assert me.sees("No preset"), "of this conversation"

    me.ctrl("N")

    assert me.sees("Writing")
    me.click_entry("Conversations", "One")
    assert me.sees("No preset")


def test_presets_are_duplicated_deleted_brought_back_and_exchanged(
    me: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shared"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(file), "Presets (*.json)")
    )
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_, **__: (f"{file}.json", "Presets (*.json)")
    )
    me.ctrl("P", shift=True)
    me.click_popup_entry("Manage presets…")
    assert not me.can_press("Delete"), "the app's own stay"
    me.click_entry("Presets", "Summary")
    me.press("Duplicate")
    assert me.entries("Presets")[0] == "Summary"
    me.write_anew("Short")
    me.press("Export…")
    me.wait_to_see(f"Written: {file}.json")

    me.press("Delete")
    assert me.entries("Presets")[0] == "Translator (of the app)"
    me.press("Undo")
    assert me.entries("Presets")[0] == "Short"
    me.press("Delete")
    me.press("Import…")
    me.wait_to_see("Added: Short.")
    me.press("Import…")
    me.wait_to_see("Here already: Short.")
    (kept,) = PresetStore(app_paths().presets).own()
    assert kept.name == "Short"
    assert (
        json.loads((tmp_path / "shared.json").read_text("utf-8"))["presets"][0]["name"] == "Short"
    )

    (tmp_path / "shared.json").write_text('{"format": 7}', encoding="utf-8")
    me.press("Import…")
    me.wait_to_see("No preset was taken from “shared.json”: it is no file of presets.")
    me.press("Close")


def test_a_slider_moves_the_number_marks_it_and_is_taken_back(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("A"), answer("B")]
    me.window.resize(1280, 820)
    me.key(Key.Key_F9)
    slider = me.control("Temperature, slider", QSlider)
    assert not me.can_press("Reset: Temperature")

    slider.setFocus()
    for _ in range(4):
        me.key(Key.Key_Right)
    assert me.field_value("Temperature") == "0.5"
    described = me.control("Temperature", QDoubleSpinBox).accessibleDescription()
    assert described.startswith("The model asks for 0.3. Low is matter-of-fact")
    me.click(me.control("Message"))
    me.enter("One")
    me.wait_for("You: One", "Baichuan Guide: A")
    assert asked(engine).params.temperature == pytest.approx(0.5)

    me.ctrl("N")
    assert me.field_value("Temperature") == "0.3", "a conversation has its own"
    me.enter("Two")
    me.wait_for("You: Two", "Baichuan Guide: B")
    assert asked(engine).params.temperature == pytest.approx(0.3)
    me.click_entry("Conversations", "One")
    assert me.field_value("Temperature") == "0.5"
    me.press("Reset: Temperature")
    assert me.field_value("Temperature") == "0.3"
    assert not me.can_press("Reset: Temperature")
    me.drag(slider, QPoint(slider.width() // 2, 9), QPoint(slider.width() - 2, 9))
    assert float(me.field_value("Temperature")) > 1
    me.press("Reset")
    assert me.field_value("Temperature") == "0.3"
