from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest

from backends.errors import DamagedCheckpointError
from backends.events import LoadProgress, ModelKind
from backends.phrases import Phrase
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import GUIDE_ID
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.chat.state import ChatState
from tests.ui.harness import (
    BASE,
    DEFAULTS,
    OTHER,
    READY,
    Gate,
    Harness,
    ScriptedEngine,
    answer,
    model,
)

GUIDE = resource("guide_model")
CHECKPOINTS = Path(__file__).parents[2] / "goldens" / "checkpoints"
BROKEN = DamagedCheckpointError(Path("/models/Other/model.safetensors"), "it is cut short")


def switch(ui: Harness, to: InstalledModel) -> None:
    ui.load(to)
    ui.until(lambda: ui.window.switcher.current is to)


def test_the_first_start_loads_the_guide_and_introduces_it(
    ui: Harness, engine: ScriptedEngine
) -> None:
    assert engine.loaded_folders == [GUIDE]
    assert "It is not a general assistant." in ui.window.page.welcome.text.text()
    assert [button.isVisible() for button in ui.window.page.welcome.buttons] == [True] * 4
    assert ui.window.windowTitle() == "Baichuan Guide — Baichuan Desktop"


def test_a_message_that_is_sent_while_a_model_loads_waits_for_it_and_says_so(
    cold: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.loads.append([LoadProgress(45, 100), gate, LoadProgress(100, 100), READY])
    cold.window.library.load_first(None)
    cold.until(lambda: "45 %" in cold.window.top_bar.usage.text())

    assert not cold.composer.button.isEnabled(), "there is nothing to send yet"
    engine.answers.append(answer("Here I am."))
    cold.say("already written")

    assert cold.composer.state is ChatState.QUEUED
    assert engine.questions == []
    assert cold.row("already written").caution == "Waits until the model is loaded"
    gate.open.set()
    cold.until(lambda: "Here I am." in cold.page_text and cold.can_send_next)
    assert engine.questions[0].params.max_new_tokens == DEFAULTS.max_new_tokens
    assert cold.row("already written").caution == ""
    assert cold.window.controller.state is ChatState.READY


def test_a_message_that_waits_for_a_model_can_be_taken_back(
    cold: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.loads.append([LoadProgress(45, 100), gate, READY])
    cold.window.library.load_first(None)
    cold.until(gate.reached.is_set)
    cold.say("already written")
    assert cold.composer.button.accessibleName() == "Take back"

    cold.composer.button.click()

    assert cold.composer.text() == "already written"
    assert cold.rows == []
    assert cold.composer.state is ChatState.WAITING
    gate.open.set()
    cold.until_idle()
    assert engine.questions == []
    assert cold.composer.button.isEnabled()


def test_a_model_that_cannot_be_loaded_is_reported_and_the_one_before_comes_back(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("Yes."), answer("Still yes.")]
    ui.ask("Here?")
    ui.window.panel.temperature.setValue(0.9)
    engine.loads.append([LoadProgress(1, 2), BROKEN])

    ui.load(OTHER)
    ui.until_idle()

    assert engine.loaded_folders == [GUIDE, OTHER.path, GUIDE]
    assert ui.error is not None
    assert "it is cut short" in ui.error.message.text()
    assert ui.window.switcher.current is not None
    assert ui.window.switcher.current.id == GUIDE_ID
    assert ui.window.panel.temperature.value() == pytest.approx(0.9)
    ui.ask("Still?")
    request = engine.questions[-1]
    assert isinstance(request, ChatRequest)
    assert [m.text for m in request.messages] == ["Here?", "Yes.", "Still?"]


def test_when_nothing_can_be_loaded_the_window_says_so_and_lives(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.loads += [[BROKEN], [BROKEN]]

    ui.load(OTHER)
    ui.until(lambda: "No model is loaded" in ui.window.top_bar.usage.text())

    assert ui.composer.state is ChatState.WAITING
    ui.load(OTHER)
    ui.until_idle()
    assert ui.window.switcher.current is OTHER


def test_choosing_another_model_while_one_loads_stops_that_load(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.loads.append([LoadProgress(1, 2), gate, READY])
    ui.load(BASE)
    ui.until(gate.reached.is_set)

    ui.load(OTHER)
    ui.until_idle()

    assert ui.window.switcher.current is OTHER
    assert engine.loaded_folders == [GUIDE, BASE.path, OTHER.path]


def test_a_load_that_ended_before_it_was_heard_of_does_not_come_after_a_newer_choice(
    ui: Harness, engine: ScriptedEngine
) -> None:
    said: list[str] = []
    ui.window.switcher.ready.connect(lambda one, _ready: said.append(one.name.en))
    gate = Gate()
    engine.loads.append([READY, gate])
    ui.load(BASE)
    assert gate.reached.wait(60), "the engine is ready, but the window has not run since"

    ui.load(OTHER)
    ui.until_idle()

    assert said == ["Other"]
    assert ui.window.controller.model is OTHER


def test_changing_the_model_in_an_answer_stops_it_and_keeps_its_text(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([*answer("Part")[:2], LoadProgress(1, 1), gate])
    ui.say("Question")
    ui.until(lambda: "Part" in ui.page_text)

    switch(ui, OTHER)

    assert "Part" in ui.page_text
    assert "stopped" in ui.page_text


def test_another_model_goes_on_in_the_conversation_and_stands_over_its_own_answers(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("From the guide."), answer("From the other.")]
    ui.ask("One")
    ui.window.panel.temperature.setValue(0.9)

    switch(ui, OTHER)
    ui.ask("Two")

    request = engine.questions[-1]
    assert isinstance(request, ChatRequest)
    assert [m.text for m in request.messages] == ["One", "From the guide.", "Two"]
    assert "One\nBaichuan Guide\nFrom the guide." in ui.page_text
    assert "Two\nOther\nFrom the other." in ui.page_text
    assert request.params.temperature == pytest.approx(0.9), "it is the conversation's own"


def test_the_last_model_is_remembered(ui: Harness) -> None:
    switch(ui, OTHER)

    assert SettingsFile(ui.settings._file).current.last_model == "other"


def test_a_model_that_cannot_be_loaded_is_still_the_last_one(
    cold: Harness, engine: ScriptedEngine
) -> None:
    """Its drive may be there at the next start; that the guide came instead, nobody asked for."""
    cold.store.add(CHECKPOINTS / "b2-7b" / "safetensors")
    (added,) = [model for model in cold.store.models if not model.bundled]
    cold.settings.change(last_model=added.id)
    engine.loads.append([BROKEN])

    cold.start()

    assert cold.window.switcher.current is not None
    assert cold.window.switcher.current.bundled
    assert SettingsFile(cold.settings._file).current.last_model == added.id


@pytest.mark.parametrize("last", ["not-there-any-more", "not/there"])
def test_a_last_model_that_was_removed_gives_way_to_the_guide(
    last: str, cold: Harness, engine: ScriptedEngine
) -> None:
    cold.settings.change(last_model=last)

    cold.start()

    assert engine.loaded_folders == [GUIDE]
    assert cold.error is None


def test_a_model_named_at_the_start_is_loaded_first(cold: Harness, engine: ScriptedEngine) -> None:
    folder = CHECKPOINTS / "b2-7b" / "safetensors"

    cold.window.library.load_first(str(folder))
    cold.until_idle()

    assert engine.loaded_folders == [folder]


def test_an_unknown_model_named_at_the_start_is_reported_and_the_guide_loaded(
    cold: Harness, engine: ScriptedEngine
) -> None:
    cold.window.library.load_first("baichuan-gide")
    cold.until_idle()

    assert engine.loaded_folders == [GUIDE]
    assert cold.error is not None
    assert "baichuan-gide" in cold.error.message.text()


def test_a_folder_that_is_opened_is_listed_and_loaded(ui: Harness, engine: ScriptedEngine) -> None:
    folder = CHECKPOINTS / "b2-7b" / "safetensors"

    ui.window.library.open_folder(folder)
    ui.until(lambda: len(engine.loaded_folders) == 2)
    ui.until_idle()

    assert engine.loaded_folders[-1] == folder
    picker = ui.window.top_bar.picker
    assert [picker.itemText(row) for row in range(picker.count())] == [
        "Baichuan Guide",
        "safetensors",
        "Precision: bf16 · CPU",
        "All models…",
        "Open a model folder…",
        "Rename a model…",
    ]


def test_a_folder_that_is_no_model_is_reported_and_nothing_changes(
    ui: Harness, engine: ScriptedEngine, tmp_path: Path
) -> None:
    ui.window.library.open_folder(tmp_path)
    ui.until(lambda: ui.error is not None)

    assert engine.loaded_folders == [GUIDE]
    assert ui.window.switcher.current is not None


def test_neither_wheel_nor_arrow_keys_change_the_model(ui: Harness, engine: ScriptedEngine) -> None:
    picker = ui.window.top_bar.picker
    picker.set_models([*ui.store.models, OTHER])
    turn = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )

    ui.app.sendEvent(picker, turn)
    QTest.keyClick(picker, Qt.Key.Key_End)
    QTest.keyClicks(picker, "O")
    ui.app.processEvents()

    assert engine.loaded_folders == [GUIDE]
    assert picker.currentText() == "Baichuan Guide"


def test_choosing_in_the_list_loads(ui: Harness, engine: ScriptedEngine) -> None:
    picker = ui.window.top_bar.picker
    picker.set_models([*ui.store.models, OTHER])

    picker.activated.emit(1)
    ui.until(lambda: len(engine.loaded_folders) == 2)

    assert engine.loaded_folders[-1] == OTHER.path


def test_a_model_named_like_markup_is_no_markup(ui: Harness) -> None:
    evil = replace(OTHER, path=Path("/models/<img src=x>"))

    switch(ui, evil)

    assert "&lt;img src=x&gt;" in ui.window.top_bar.picker.toolTip()


class TestBaseModel:
    def test_it_says_that_it_continues_text(self, ui: Harness) -> None:
        switch(ui, BASE)

        assert "continues the text you write and does not chat" in (
            ui.window.page.welcome.text.text()
        )
        assert ui.composer.button.accessibleName() == "Continue"
        assert ui.window.panel.system_prompt_edit.isHidden()

    def test_the_example_is_written_into_the_field(
        self, ui: Harness, engine: ScriptedEngine
    ) -> None:
        switch(ui, BASE)

        ui.window.page.welcome.buttons[0].click()

        assert ui.composer.text() == "登鹳雀楼->王之涣\n夜雨寄北->"
        assert engine.questions == []

    def test_text_and_continuation_run_on(self, ui: Harness, engine: ScriptedEngine) -> None:
        switch(ui, BASE)
        engine.answers += [answer("upon a time"), answer(", far away")]

        ui.ask("Once ")

        assert "\nOnce upon a time\n21 tokens" in ui.page_text
        request = engine.questions[0]
        assert isinstance(request, CompleteRequest)
        assert request.prompt == "Once "

        ui.ask("")

        assert "\nOnce upon a time, far away\n21 tokens" in ui.page_text
        request = engine.questions[1]
        assert isinstance(request, CompleteRequest)
        assert request.prompt == "Once upon a time"

    def test_a_new_text_begins_anew(self, ui: Harness, engine: ScriptedEngine) -> None:
        switch(ui, BASE)
        engine.answers += [answer("A"), answer("B")]

        ui.ask("one ")
        ui.ask("two ")

        request = engine.questions[1]
        assert isinstance(request, CompleteRequest)
        assert request.prompt == "two "
        assert "two B" in ui.page_text
        first = ui.conversations.conversations()[-1]
        ui.window.controller.open(first.id)
        assert "one A" in ui.page_text, "a conversation of its own"
        assert "two B" not in ui.page_text

    def test_a_text_that_got_no_continuation_comes_back(
        self, ui: Harness, engine: ScriptedEngine
    ) -> None:
        switch(ui, BASE)
        engine.answers += [answer("A"), [BROKEN], answer("!")]
        ui.ask("one ")

        ui.ask("two ")

        assert ui.composer.text() == "two "
        assert "two" not in ui.page_text
        ui.composer.clear()
        ui.ask("")
        request = engine.questions[-1]
        assert isinstance(request, CompleteRequest)
        assert request.prompt == "one A"
        assert "one A!" in ui.page_text


NOTE = Phrase(
    "{name} in generation_config.json is {value}, which cannot be used: {instead} is taken "
    "instead, as in the published models.",
    name="top_k",
    value="-1",
    instead="5",
)


def test_what_of_a_folder_is_not_used_is_said_before_the_first_message(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.loads.append([replace(READY, notes=(NOTE,))])

    switch(ui, OTHER)

    assert ui.window.page.welcome.notes.isVisible()
    assert ui.window.page.welcome.notes.text() == str(NOTE)
    assert "top_k" in ui.window.top_bar.precision.toolTip()
    ui.translations.use("zh_CN")
    ui.until(lambda: ui.window.page.welcome.notes.text() != str(NOTE))
    assert ui.window.page.welcome.notes.text().startswith("generation_config.json 中的 top_k 是")
    ui.translations.use("en")
    switch(ui, BASE)
    assert not ui.window.page.welcome.notes.isVisible()


def test_what_of_a_folder_is_not_used_is_said_below_a_conversation(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")
    engine.loads.append([replace(READY, notes=(NOTE,))])

    switch(ui, OTHER)

    ui.until(lambda: str(NOTE) in ui.page_text)


# --- base models that are chatted with ---------------------------------------------------


def shows(ui: Harness) -> tuple[bool, bool, str, bool]:
    """Menu entry possible, ticked; what the button says; whether there is a system prompt."""
    menus, panel = ui.window.menus, ui.window.panel
    return (
        menus.as_chat.isEnabled(),
        menus.as_chat.isChecked(),
        ui.composer.button.accessibleName(),
        not panel.system_prompt_edit.isHidden(),
    )


def test_a_base_model_is_offered_as_a_chat_model(ui: Harness, engine: ScriptedEngine) -> None:
    assert shows(ui) == (False, False, "Send", True)
    assert ui.window.page.welcome.as_chat.isHidden()

    switch(ui, BASE)

    assert shows(ui) == (True, False, "Continue", False)
    assert not ui.window.page.welcome.as_chat.isHidden()
    assert "base model" in ui.window.page.welcome.text.text()


def test_a_base_model_that_is_used_as_a_chat_model_chats(
    ui: Harness, engine: ScriptedEngine
) -> None:
    switch(ui, BASE)
    engine.answers.append(answer("Well."))

    ui.window.page.welcome.as_chat.click()
    ui.ask("How are you?")

    assert shows(ui) == (True, True, "Send", True)
    request = engine.questions[-1]
    assert isinstance(request, ChatRequest)
    assert request.as_chat
    assert "How are you?\nBase\nWell." in ui.page_text
    assert engine.loaded_folders == [GUIDE, BASE.path]  # nothing was loaded again


def test_it_is_remembered_for_this_model_alone(ui: Harness, engine: ScriptedEngine) -> None:
    another = model("Another", ModelKind.BASE)
    switch(ui, BASE)
    ui.window.menus.as_chat.trigger()

    switch(ui, another)
    assert shows(ui) == (True, False, "Continue", False)
    switch(ui, OTHER)
    assert shows(ui) == (False, False, "Send", True)
    switch(ui, BASE)

    assert shows(ui) == (True, True, "Send", True)
    assert SettingsFile(ui.settings._file).current.as_chat == {BASE.path}


def test_it_can_be_taken_back(ui: Harness, engine: ScriptedEngine) -> None:
    switch(ui, BASE)
    ui.window.menus.as_chat.trigger()
    engine.answers += [answer("Well."), answer(" upon a time")]
    ui.ask("How are you?")

    ui.window.menus.as_chat.trigger()

    assert ui.page_text.endswith("A new conversation with Base begins here.")
    ui.ask("Once")
    assert shows(ui) == (True, False, "Continue", False)
    assert isinstance(engine.questions[-1], CompleteRequest)
    assert engine.questions[-1].prompt == "Once"
    assert "How are you?" not in ui.page_text
    assert len(ui.conversations.conversations()) == 2
    assert SettingsFile(ui.settings._file).current.as_chat == frozenset()


def test_it_cannot_change_in_the_middle_of_an_answer(ui: Harness, engine: ScriptedEngine) -> None:
    switch(ui, BASE)
    gate = Gate()
    engine.answers.append([gate, *answer("the end")])

    ui.say("Once")
    ui.until(gate.reached.is_set)

    assert not ui.window.menus.as_chat.isEnabled()
    gate.open.set()
    ui.until_idle()
    assert ui.window.menus.as_chat.isEnabled()


def test_nothing_is_offered_while_a_model_loads(ui: Harness, engine: ScriptedEngine) -> None:
    switch(ui, BASE)
    gate = Gate()
    engine.loads.append([gate, READY])

    ui.load(OTHER)
    ui.until(gate.reached.is_set)

    assert not ui.window.menus.as_chat.isEnabled()
    gate.open.set()
    ui.until_idle()
