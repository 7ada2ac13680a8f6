"""What belongs to a conversation, where it is not the open one or something comes between."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget

from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from baichuan_desktop.services.chat.values import ConversationSettings
from baichuan_desktop.services.presets.built_in import built_in
from baichuan_desktop.services.presets.values import Preset
from baichuan_desktop.ui.presets.window_presets import WindowPresets
from tests.ui.harness import BASE, DEFAULTS, Gate, Harness, ScriptedEngine, answer

TEMPLATE = Preset("", "Loud", template="Say loudly: {{text}}", sampling={"temperature": 0.9})


@pytest.fixture
def presets(ui: Harness) -> WindowPresets:
    return ui.window.around_chat.presets


def test_nothing_is_kept_of_who_chose_nothing(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("Yes."))

    ui.ask("Question")

    (one,) = ui.conversations.conversations()
    assert one.settings == ConversationSettings()
    assert engine.questions[0].params == SamplingParams.from_defaults(DEFAULTS)


def test_what_waits_for_a_model_is_answered_as_its_own_conversation_asks(
    ui: Harness, engine: ScriptedEngine, presets: WindowPresets
) -> None:
    """Another one may be open by the time that the model is there."""
    gate = Gate()
    engine.loads.append([gate])
    engine.answers.append(answer("Yes."))
    loud = presets.here.store.put(TEMPLATE)
    ui.load(BASE)
    ui.until(gate.reached.is_set)
    presets.here.choose(loud)
    ui.window.panel.top_k.setValue(9)
    ui.say("hello")
    ui.window.controller.new_chat()
    ui.window.panel.top_k.setValue(3)

    gate.open.set()
    ui.window.library.load_first(None)
    ui.until(lambda: bool(engine.questions))

    (request,) = engine.questions
    assert request.params.temperature == pytest.approx(0.9)
    assert request.params.top_k == 9


def test_a_message_that_comes_back_is_what_was_written(
    ui: Harness, engine: ScriptedEngine, presets: WindowPresets
) -> None:
    gate = Gate()
    engine.answers += [[gate, *answer("Yes.")], answer("Now.")]
    presets.here.choose(presets.here.store.put(TEMPLATE))
    ui.say("one")
    ui.until(gate.reached.is_set)
    ui.say("two")

    ui.window.controller.take_back_waiting()

    assert ui.composer.text() == "two"
    gate.open.set()
    ui.until_idle()
    ui.ask("two")
    request = engine.questions[-1]
    assert isinstance(request, ChatRequest)
    assert [one.text for one in request.messages] == ["Say loudly: one", "Yes.", "Say loudly: two"]


def test_what_would_be_sent_is_known_while_it_is_written(
    ui: Harness, presets: WindowPresets
) -> None:
    page, told = ui.window.page, []
    page.draft_changed.connect(lambda: told.append(page.previewed().text))
    ui.composer.set_text("hi")

    presets.here.choose(
        presets.here.store.put(Preset("", "Mail", template="To {{name}} ({{how=soon}}): {{text}}"))
    )
    (field,) = [one for name, one in presets.fields._fields.items() if name == "name"]
    QTest.keyClicks(field, "Li")

    assert "hi" in told
    assert told[-1] == "To Li (soon): hi"
    assert "To  (soon): hi" in told


def test_a_base_models_text_is_made_of_the_template_too_and_goes_on_without_it(
    ui: Harness, engine: ScriptedEngine, presets: WindowPresets
) -> None:
    engine.answers += [answer(" ONCE"), answer(" more"), answer(" TWICE")]
    ui.load(BASE)
    ui.until(lambda: ui.window.controller.model == BASE)
    presets.here.choose(presets.here.store.put(TEMPLATE))

    ui.ask("once")
    ui.ask("")
    ui.ask("twice")  # which begins another text

    assert [one.prompt for one in engine.questions if isinstance(one, CompleteRequest)] == [
        "Say loudly: once", "Say loudly: once ONCE", "Say loudly: twice",
    ]  # fmt: skip
    assert {one.params.temperature for one in engine.questions} == {0.9}


def test_an_edited_preset_is_used_at_once_and_a_deleted_one_no_more(
    ui: Harness, engine: ScriptedEngine, presets: WindowPresets
) -> None:
    engine.answers += [answer("A"), answer("B")]
    store = presets.here.store
    kept = store.put(Preset("", "Mine", "Be brief.", sampling={"top_k": 7}))
    presets.here.choose(kept)
    presets.open_dialog()
    assert presets.dialog is not None
    editor = presets.dialog.editor
    editor.system_prompt.setPlainText("Be very brief.")
    editor.sampling.top_k.setValue(8)
    editor.name.setText("")
    presets.dialog.close()

    ui.ask("One")

    request = engine.questions[0]
    assert isinstance(request, ChatRequest)
    assert request.messages[0].text == "Be very brief."
    assert request.params.top_k == 8
    assert [one.name for one in store.own()] == ["Mine"], "a preset without a name keeps its own"
    store.delete(kept.id)
    presets.here.reload()
    ui.ask("Two")
    assert engine.questions[1].params.top_k == DEFAULTS.top_k
    assert presets.here.preset is None


def test_a_preset_of_the_app_follows_the_language_and_the_conversation_stays(
    ui: Harness, presets: WindowPresets
) -> None:
    presets.here.choose(built_in("en")[3])
    before = ui.window.panel.system_prompt()

    ui.translations.use("zh_CN")
    ui.app.processEvents()

    assert presets.button.text().strip() == "摘要"
    assert ui.window.panel.system_prompt() == before
    presets.here.choose(built_in("zh_CN")[0])
    assert not presets.notice.isVisible(), "nobody wrote what gave way"
    assert ui.window.panel.system_prompt() == built_in("zh_CN")[0].system_prompt


def test_what_was_written_for_a_variable_stays_in_another_language(
    ui: Harness, presets: WindowPresets
) -> None:
    presets.here.choose(built_in("en")[0])
    QTest.keyClicks(presets.fields.findChildren(QLineEdit)[0], "French")
    ui.translations.use("zh_CN")
    ui.app.processEvents()

    assert presets.fields.values() == {"语言": "French"}
    ui.composer.set_text("Hi")
    assert ui.window.page.previewed().text == "把下面的文字翻译成French：\n\nHi"


def test_presets_that_cannot_be_read_are_said(ui: Harness, presets: WindowPresets) -> None:
    store = presets.here.store
    store.file.parent.mkdir(parents=True)
    store.file.write_text("{", encoding="utf-8")

    presets.open_menu()
    presets.menu.close()

    assert "it is not readable as JSON" in presets.notice.label.text()
    assert store.file.read_text("utf-8") == "{"


def test_reset_goes_to_the_preset_first_and_then_to_the_model(
    ui: Harness, presets: WindowPresets
) -> None:
    form = ui.window.panel.sampling
    presets.here.choose(presets.here.store.put(TEMPLATE))
    form.temperature.setValue(0.5)
    row = form.rows["temperature"]
    assert row.reset_button.toolTip() == "Back to 0.9"

    row.reset_button.click()
    assert form.temperature.value() == pytest.approx(0.9)
    assert row.field.accessibleDescription().startswith(
        "The model asks for 0.3; the preset “Loud” for 0.9."
    )
    row.reset_button.click()
    assert form.temperature.value() == pytest.approx(0.3)
    assert not row.is_marked
    assert form.changes() == {"temperature": 0.3}


def test_a_hostile_name_is_text_wherever_it_is_shown(ui: Harness, presets: WindowPresets) -> None:
    name = "<img src='file:///etc/hosts'>&x"
    kept = presets.here.store.put(Preset("", name, sampling={"temperature": 0.9, "greedy": False}))
    presets.here.choose(kept)
    presets.open_menu()
    presets.menu.close()
    presets.open_dialog()
    assert presets.dialog is not None

    shown = [
        one.toolTip()
        for one in (*ui.window.findChildren(QWidget), *presets.dialog.findChildren(QWidget))
    ]
    shown += [
        view.item(row).toolTip()
        for view in (presets.menu.list, presets.dialog.list)
        for row in range(view.count())
    ]
    presets.dialog.close()

    assert not [text for text in shown if "<img" in text]
    assert sum("&lt;img" in text for text in shown) >= 3
    assert presets.button.text().strip() == name.replace("&", "&&")


def test_a_system_prompt_that_was_changed_is_that_of_the_preset_again(
    ui: Harness, presets: WindowPresets
) -> None:
    panel = ui.window.panel
    kept = presets.here.store.put(Preset("", "Mine", "Be brief."))
    panel.write_system_prompt("Be kind.")
    presets.here.choose(kept)
    assert panel.prompt_reset.isHidden()

    panel.system_prompt_edit.undo()
    assert panel.system_prompt() == "Be kind.", "Ctrl+Z in the field does it too"
    assert not panel.prompt_reset.isHidden()
    panel.prompt_reset.click()

    assert panel.system_prompt() == "Be brief."
    assert panel.prompt_reset.isHidden()
    presets.here.choose(None)
    assert panel.system_prompt() == ""
    assert panel.prompt_reset.isHidden()
