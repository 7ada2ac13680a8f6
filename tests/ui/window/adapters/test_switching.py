from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QPushButton

from backends.errors import EngineCrashedError, WrongBaseError
from backends.events import ModelReady
from backends.precision import Precision
from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.values import AnswerDetails
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.transcript.rows.row import RowAction, RowKind
from tests.ui.harness import READY, Gate, ScriptedEngine, answer
from tests.ui.window.adapters.conftest import LORA, AdapterHands

WITHOUT = "Without an adapter"
WRONG = WrongBaseError(LORA / "w_pack_r1", "Tiny", "it has 3 layers, and the model has 2")


def loads(engine: ScriptedEngine) -> list[LoadRequest]:
    return [one for one in engine.requests if isinstance(one, LoadRequest)]


def test_adapters_are_listed_under_their_model_and_the_one_that_is_on_is_marked(
    hands: AdapterHands,
) -> None:
    models = hands.entries
    hands.add("w_pack_r1")
    hands.add("dora_r4")

    assert hands.entries == [*models, f"(x) {WITHOUT}", "( ) w_pack_r1", "( ) dora_r4"]

    hands.switch("dora_r4")

    assert hands.entries == [*models, f"( ) {WITHOUT}", "( ) w_pack_r1", "(x) dora_r4"]
    assert hands.picker.accessibleDescription() == "Adapter: dora_r4"
    assert hands.ui.window.windowTitle() == "Tiny · dora_r4 — Baichuan Desktop"


def test_an_adapter_is_switched_on_and_off_in_a_conversation_without_loading_again(
    hands: AdapterHands,
) -> None:
    hands.add("w_pack_r1")
    hands.ask("one")
    hands.ui.composer.set_text("a draft")

    hands.switch("w_pack_r1")

    assert hands.texts == ["one", "Answer to one.", "Adapter “w_pack_r1” from here"]
    assert hands.ui.composer.text() == "a draft"
    hands.ask("two")
    hands.switch(WITHOUT)
    hands.ask("three")
    assert hands.texts == [
        "one", "Answer to one.",
        "Adapter “w_pack_r1” from here", "two", "Answer to two.",
        "Without an adapter from here", "three", "Answer to three.",
    ]  # fmt: skip
    assert len(loads(hands.engine)) == 1
    assert hands.asked == ["w_pack_r1", None]
    answers = [row for row in hands.ui.rows if row.kind is RowKind.ANSWER]
    assert [row.speaker for row in answers] == ["Tiny", "Tiny · w_pack_r1", "Tiny"]


def test_one_adapter_takes_the_place_of_another(hands: AdapterHands) -> None:
    hands.add("w_pack_r1")
    hands.add("dora_r4")
    hands.switch("w_pack_r1")
    hands.ask("one")

    hands.switch("dora_r4")

    assert hands.texts[-1] == "Adapter “dora_r4” from here"
    assert hands.asked == ["w_pack_r1", "dora_r4"]


def test_nothing_is_marked_where_a_switch_was_taken_back(hands: AdapterHands) -> None:
    hands.add("w_pack_r1")
    hands.ask("one")

    hands.switch("w_pack_r1")
    hands.switch(WITHOUT)

    assert hands.texts == ["one", "Answer to one."]


def test_a_switch_waits_for_the_answer_and_the_next_question_for_the_switch(
    hands: AdapterHands,
) -> None:
    hands.add("w_pack_r1")
    gate = Gate()
    steps = answer("First.")
    hands.engine.answers.append([*steps[:-1], gate, steps[-1]])
    hands.ui.say("one")
    hands.ui.until(gate.reached.is_set)

    hands.choose("w_pack_r1")
    hands.engine.answers.append(answer("Second."))
    hands.ui.say("two")
    gate.open.set()
    hands.ui.until(lambda: "Second." in hands.texts and hands.ui.can_send_next)

    assert hands.texts == ["one", "First.", "Adapter “w_pack_r1” from here", "two", "Second."]
    kinds = [type(one).__name__ for one in hands.engine.requests[1:]]
    assert kinds == ["ChatRequest", "AdapterRequest", "ChatRequest"]


def test_the_last_of_two_choices_counts(hands: AdapterHands) -> None:
    hands.add("w_pack_r1")
    hands.add("dora_r4")
    gate = Gate()
    hands.engine.switches.append([gate])
    hands.choose("w_pack_r1")
    hands.ui.until(gate.reached.is_set)

    hands.switch("dora_r4")

    assert hands.ui.window.switcher.wish.adapter == LORA / "dora_r4"
    assert hands.picker.accessibleDescription() == "Adapter: dora_r4"


def test_a_switch_that_fails_is_said_and_leaves_the_model_without_an_adapter(
    hands: AdapterHands,
) -> None:
    hands.add("dora_r4")
    hands.add("w_pack_r1")
    hands.switch("dora_r4")
    hands.ask("one")
    hands.engine.switches.append([WRONG])

    hands.switch("w_pack_r1")

    assert hands.ui.error is not None
    assert "does not fit the model “Tiny”" in hands.ui.error.message.text()
    assert hands.entries[2] == f"(x) {WITHOUT}"
    assert hands.texts[-1] == "Without an adapter from here"
    hands.ui.error.accept()
    hands.ask("two")
    assert hands.texts[-1] == "Answer to two."
    assert SettingsFile(app_paths().settings).current.precisions == {}


def test_an_adapter_that_a_fresh_engine_cannot_use_after_a_crash_is_not_said_to_be_on(
    hands: AdapterHands,
) -> None:
    hands.add("dora_r4")
    hands.switch("dora_r4")
    hands.engine.answers.append([WRONG])

    hands.ui.ask("one")

    assert hands.ui.error is not None
    hands.ui.error.accept()
    assert hands.entries[2] == f"(x) {WITHOUT}"
    assert hands.ui.window.windowTitle() == "Tiny — Baichuan Desktop"
    kept = SettingsFile(app_paths().settings).current.precisions
    assert kept[hands.model.path].adapter is not None, "its drive may be here the next time"
    hands.ask("two")
    assert [row.speaker for row in hands.ui.rows if row.kind is RowKind.ANSWER] == ["Tiny"]
    hands.switch("dora_r4")
    assert hands.asked == ["dora_r4", "dora_r4"]


def test_the_choice_holds_at_the_next_start(hands: AdapterHands) -> None:
    hands.add("w_pack_r1")

    hands.switch("w_pack_r1")

    kept = SettingsFile(app_paths().settings).current.precisions
    assert kept == {hands.model.path: LoadWish(adapter=LORA / "w_pack_r1")}
    hands.ui.load(hands.ui.store.models[0])
    hands.ui.until_idle()
    hands.ui.load(hands.model)
    hands.ui.until(lambda: hands.ui.window.switcher.current == hands.model)
    assert loads(hands.engine)[-1].adapter == str(LORA / "w_pack_r1")
    assert hands.picker.accessibleDescription() == "Adapter: w_pack_r1"


def test_an_adapter_of_another_model_loads_that_model_with_it(hands: AdapterHands) -> None:
    hands.add("w_pack_r1")
    hands.ui.load(hands.ui.store.models[0])
    hands.ui.until_idle()

    hands.choose("w_pack_r1")
    hands.ui.until(lambda: hands.ui.window.switcher.current == hands.model)

    assert loads(hands.engine)[-1].folder == str(hands.model.path)
    assert loads(hands.engine)[-1].adapter == str(LORA / "w_pack_r1")
    assert hands.asked == []


def test_an_adapter_that_is_chosen_while_its_model_loads_is_loaded_with_it(
    hands: AdapterHands,
) -> None:
    hands.add("w_pack_r1")
    hands.ui.load(hands.ui.store.models[0])
    hands.ui.until_idle()
    gate = Gate()
    hands.engine.loads.append([gate, READY])
    hands.ui.load(hands.model)
    hands.ui.until(gate.reached.is_set)

    hands.choose("w_pack_r1")
    hands.ui.until(lambda: hands.ui.window.switcher.current == hands.model)

    assert [one.adapter for one in loads(hands.engine)[-2:]] == [None, str(LORA / "w_pack_r1")]


def test_a_model_begins_without_an_adapter_that_is_gone_and_says_so(
    hands: AdapterHands,
) -> None:
    hands.add("w_pack_r1")
    hands.switch("w_pack_r1")
    hands.ui.load(hands.ui.store.models[0])
    hands.ui.until_idle()
    hands.engine.loads.append([WRONG])

    hands.ui.load(hands.model)
    hands.ui.until(lambda: hands.ui.window.switcher.current == hands.model)

    assert hands.ui.error is not None
    assert [one.adapter for one in loads(hands.engine)[-2:]] == [str(LORA / "w_pack_r1"), None]
    kept = SettingsFile(app_paths().settings).current.precisions
    assert kept[hands.model.path].adapter is not None, "its drive may be here the next time"


def test_another_precision_keeps_the_adapter_and_an_export_does_without(
    hands: AdapterHands,
) -> None:
    hands.add("w_pack_r1")
    hands.switch("w_pack_r1")
    chosen = hands.ui.window.precision.menu.chosen

    chosen.emit(LoadWish(Precision.FP32))
    hands.ui.until(lambda: hands.ui.window.switcher.wish.precision is Precision.FP32)

    assert loads(hands.engine)[-1].adapter == str(LORA / "w_pack_r1")

    chosen.emit(LoadWish(Precision.ONNX_INT4))
    assert hands.ui.error is not None
    (without,) = (
        one
        for one in hands.ui.error.findChildren(QPushButton)
        if one.text() == "Use the export without the adapter"
    )
    without.click()
    hands.ui.until(lambda: hands.ui.window.switcher.wish.precision is Precision.ONNX_INT4)

    assert loads(hands.engine)[-1].adapter is None


def test_a_model_that_runs_on_an_export_is_loaded_again_for_an_adapter(
    hands: AdapterHands,
) -> None:
    hands.add("w_pack_r1")
    hands.engine.loads.append([ready(Precision.ONNX_INT4)])
    hands.ui.window.precision.menu.chosen.emit(LoadWish(Precision.ONNX_INT4))
    hands.ui.until(lambda: hands.ui.window.switcher.wish.precision is Precision.ONNX_INT4)

    hands.choose("w_pack_r1")
    hands.ui.until(lambda: hands.ui.window.switcher.wish.adapter is not None)

    assert hands.asked == []
    assert loads(hands.engine)[-1].precision is None
    assert loads(hands.engine)[-1].adapter == str(LORA / "w_pack_r1")


def ready(precision: Precision) -> ModelReady:
    return replace(READY, precision=precision)


def test_after_a_crash_the_model_answers_with_its_adapter_as_before(
    hands: AdapterHands,
) -> None:
    hands.add("w_pack_r1")
    hands.switch("w_pack_r1")
    hands.engine.answers.append([EngineCrashedError("signal 11")])
    hands.ui.say("one")
    hands.ui.until(lambda: hands.ui.error is not None)
    assert hands.ui.error is not None
    hands.ui.error.accept()

    again = ready(READY.precision)
    hands.engine.answers.append([again, *answer("Here again.")])
    hands.ui.ask("two")

    assert hands.ui.window.switcher.wish.adapter == LORA / "w_pack_r1"
    assert hands.ui.rows[-1].speaker == "Tiny · w_pack_r1"


# --- marks ------------------------------------------------------------------------------------


def test_a_mark_comes_and_goes_with_the_version_that_it_is_of(hands: AdapterHands) -> None:
    hands.add("w_pack_r1")
    hands.ask("one")
    hands.switch("w_pack_r1")
    hands.engine.answers.append(answer("With the adapter."))

    hands.ui.do(RowAction.REGENERATE, "Answer to one.")
    hands.ui.until(lambda: "With the adapter." in hands.texts and hands.ui.can_send_next)

    assert hands.texts == ["Adapter “w_pack_r1” from here", "one", "With the adapter."]
    hands.ui.transcript.version_requested.emit(hands.ui.row("With the adapter.").id, -1)
    assert hands.texts == ["one", "Answer to one.", "Adapter “w_pack_r1” from here"]


def test_a_mark_keeps_its_place_while_the_question_below_it_is_asked(hands: AdapterHands) -> None:
    hands.add("w_pack_r1")
    hands.ask("one")
    hands.switch("w_pack_r1")
    gate = Gate()
    hands.engine.answers.append([gate, *answer("Two.")])

    hands.ui.say("two")
    hands.ui.until(gate.reached.is_set)

    assert hands.texts == ["one", "Answer to one.", "Adapter “w_pack_r1” from here", "two", ""]
    gate.open.set()
    hands.ui.until_idle()


def test_marks_are_read_out_but_not_copied_nor_found(hands: AdapterHands) -> None:
    hands.add("w_pack_r1")
    hands.ask("one")
    hands.switch("w_pack_r1")
    hands.ask("two")
    transcript = hands.ui.transcript

    transcript.select_all()
    transcript.copy()

    assert "Adapter" not in QGuiApplication.clipboard().text()
    assert "Answer to two." in QGuiApplication.clipboard().text()
    rows = QAccessible.queryAccessibleInterface(transcript)
    spoken = [
        rows.child(n).text(QAccessible.Text.Name)
        for n in range(rows.childCount())
        if rows.child(n) is not None
    ]
    assert "Adapter “w_pack_r1” from here" in spoken
    bar = hands.ui.window.page.find_bar
    bar.open()
    bar.field.setText("from here")
    hands.ui.until(lambda: bar.count.text() == "Not found")


def test_a_conversation_that_was_kept_before_there_were_adapters_has_no_marks(
    hands: AdapterHands,
) -> None:
    hands.ask("one")
    store = hands.ui.conversations
    message = store.messages([hands.ui.row("Answer to one.").id])[0]

    assert message.details is not None
    assert message.details.adapter == AnswerDetails().adapter == ""
    assert hands.texts == ["one", "Answer to one."]
