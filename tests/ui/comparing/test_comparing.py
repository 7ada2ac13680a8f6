"""The same question to two models at once, as a person asks it in the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from backends.errors import DamagedCheckpointError, EngineCrashedError
from backends.events import (
    LoadProgress,
    ModelKind,
    SamplingDefaults,
    TextDelta,
)
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, CompleteRequest, LoadRequest
from baichuan_desktop.services.chat.values import ChatMessage, Status
from baichuan_desktop.services.settings import Language
from baichuan_desktop.ui.comparing.dialog import ComparisonDialog
from baichuan_desktop.ui.transcript.rows.row import RowAction
from baichuan_desktop.ui.turns.compare_dialog import CompareDialog
from baichuan_desktop.ui.turns.desk import OtherModel
from tests.helpers.clipping import clipped
from tests.ui.harness import (
    BASE,
    DEFAULTS,
    OTHER,
    READY,
    Gate,
    Harness,
    ScriptedEngine,
    Step,
    answer,
    finished,
)

QUESTION = "Which river is the longest?"
BROKEN = DamagedCheckpointError(Path("/models/Other/model.safetensors"), "it is cut short")


@pytest.fixture
def asked(ui: Harness, engine: ScriptedEngine) -> Harness:
    """A window in which a question was answered once."""
    engine.answers.append(answer("The Nile."))
    ui.ask(QUESTION)
    return ui


def ready_in(precision: Precision, defaults: SamplingDefaults = DEFAULTS) -> Step:
    return replace(READY, precision=precision, defaults=defaults)


def script(
    ui: Harness,
    engine: ScriptedEngine,
    left: Sequence[Step],
    right: Sequence[Step],
    load: Sequence[Step] = (),
) -> None:
    """Say what both models are to answer."""
    engine.answers.append(left)
    ui.beside.answers.append(right)
    ui.beside.loads.append(load or [ready_in(Precision.FP32)])


def compare(ui: Harness, other: OtherModel | None = None) -> ComparisonDialog:
    row = ui.rows[-1]
    ui.window.turns.beside_wanted.emit(row.id, other or OtherModel(OTHER))
    dialog = ui.window.comparing.dialog
    assert dialog is not None
    return dialog


def until_over(ui: Harness, dialog: ComparisonDialog) -> None:
    ui.until(lambda: dialog.is_over)


def versions(ui: Harness) -> list[ChatMessage]:
    """All answers to the question, oldest first."""
    conversation = ui.window.controller.conversation
    assert conversation is not None
    store = ui.conversations
    (question, *_) = store.branch(conversation.head)
    return list(store.messages(store.children(conversation.id, question)))


def texts(ui: Harness) -> list[str]:
    return [one.text for one in versions(ui)]


def shown(ui: Harness) -> str:
    return ui.rows[-1].text


# --- asking ------------------------------------------------------------------------------------


def test_what_fits_beside_the_loaded_model_answers_side_by_side(
    cold: Harness, engine: ScriptedEngine
) -> None:
    ui = cold
    engine.loads.append([replace(READY, device_name=ui.machine.processor)])
    ui.start()
    engine.answers.append(answer("The Nile."))
    ui.ask(QUESTION)
    script(ui, engine, answer("The Nile again."), answer("The Amazon."))

    ui.do(RowAction.COMPARE, "The Nile.")
    choice = ui.window.turns.dialog
    assert isinstance(choice, CompareDialog)
    ui.until(choice.ask_button.isEnabled)
    offered = [choice.precision_list.itemText(n) for n in range(choice.precision_list.count())]
    choice.precision_list.setCurrentIndex(offered.index("fp32 · CPU"))
    assert choice.remark.text() == (
        "Both fit at the same time: they answer side by side, each more slowly than alone."
    )
    choice.ask_button.click()
    dialog = ui.window.comparing.dialog
    assert dialog is not None
    until_over(ui, dialog)

    assert dialog.question.text() == QUESTION
    assert dialog.left.title.text() == "Baichuan Guide · bf16 · CPU"
    assert dialog.right.title.text() == "Baichuan Guide · fp32 · CPU"
    assert "The Nile again." in dialog.left.transcript.plain_text()
    assert "The Amazon." in dialog.right.transcript.plain_text()
    (load, question) = ui.beside.requests
    assert isinstance(load, LoadRequest)
    assert isinstance(question, ChatRequest)
    assert load.precision is Precision.FP32
    assert [message.text for message in question.messages] == [QUESTION]
    assert question == engine.questions[-1], "the same question, with the same sampling"
    assert len(engine.loaded_folders) == 1, "the loaded model stayed"
    dialog.keep_both.click()


def test_both_write_at_the_same_time(asked: Harness, engine: ScriptedEngine) -> None:
    left, right = Gate(), Gate()
    script(
        asked,
        engine,
        [TextDelta("The "), left, TextDelta("Nile"), finished()],
        [TextDelta("The "), right, TextDelta("Amazon"), finished()],
    )

    dialog = compare(asked)
    asked.until(lambda: left.reached.is_set() and right.reached.is_set())
    asked.until(lambda: dialog.left.transcript.plain_text().strip() == "The")
    asked.until(lambda: dialog.right.transcript.plain_text().strip() == "The")
    assert not dialog.is_over
    assert not dialog.keep_both.isEnabled()
    right.open.set()
    asked.until(lambda: "The Amazon" in dialog.right.transcript.plain_text())
    asked.until(lambda: dialog.right.note.text() == "21 tokens · 10.0 tokens/s")
    assert dialog.left.note.text() == ""
    left.open.set()
    until_over(asked, dialog)
    assert dialog.left.note.text() == "21 tokens · 10.0 tokens/s"
    dialog.keep_both.click()


def test_another_model_is_asked_as_it_wants_to_be(asked: Harness, engine: ScriptedEngine) -> None:
    wanted = replace(DEFAULTS, temperature=0.9, top_k=40)
    script(asked, engine, answer("A"), answer("B"), [ready_in(Precision.BF16, wanted)])

    dialog = compare(asked)
    until_over(asked, dialog)

    assert asked.beside.questions[0].params.temperature == 0.9
    assert asked.beside.questions[0].params.top_k == 40
    assert engine.questions[-1].params.temperature == DEFAULTS.temperature
    dialog.keep_both.click()


def test_how_far_the_second_model_is_loaded_is_said_in_its_column(
    asked: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    half = LoadProgress(50, 100)
    script(asked, engine, answer("A"), answer("B"), [half, gate, ready_in(Precision.FP32)])

    dialog = compare(asked)
    asked.until(gate.reached.is_set)
    (row_id,) = dialog.right.side.ids()
    asked.until(lambda: "50 %" in dialog.right.side.row(row_id).waiting)
    assert dialog.right.side.row(row_id).waiting.startswith("Loading Other: 50 %")
    gate.open.set()
    until_over(asked, dialog)
    assert dialog.right.side.row(row_id).waiting == ""
    dialog.keep_both.click()


def test_a_text_is_continued_by_both(cold: Harness, engine: ScriptedEngine) -> None:
    ui = cold
    ui.load(BASE)
    ui.until_idle()
    engine.answers.append(answer(" there was a fox."))
    ui.ask("Once")
    script(ui, engine, answer(" upon a time."), answer(" more."))
    ui.beside.loads[0] = [replace(READY, kind=ModelKind.BASE)]

    dialog = compare(ui)
    until_over(ui, dialog)

    (question,) = ui.beside.questions
    assert isinstance(question, CompleteRequest)
    assert question.prompt == "Once"
    assert shown(ui) == "Once upon a time."
    dialog.keep_right.click()
    assert shown(ui) == "Once more."
    assert texts(ui) == [" there was a fox.", " more."]


# --- keeping -----------------------------------------------------------------------------------


def test_both_are_versions_of_the_same_question_with_their_model_and_precision(
    asked: Harness, engine: ScriptedEngine
) -> None:
    script(asked, engine, answer("The Nile again."), answer("The Amazon."))

    dialog = compare(asked)
    until_over(asked, dialog)
    dialog.keep_both.click()

    assert asked.window.comparing.dialog is None
    assert shown(asked) == "The Nile again."
    found = {one.text: one for one in versions(asked)}
    assert set(found) == {"The Nile.", "The Nile again.", "The Amazon."}
    other = found["The Amazon."]
    assert other.status is Status.FINISHED
    assert other.model == "Other"
    assert other.details is not None
    assert other.details.precision == "fp32"
    assert other.details.new_tokens == 21
    assert found["The Nile again."].model == "Baichuan Guide"
    assert asked.rows[-1].versions == 3


@pytest.mark.parametrize(
    ("side", "stays", "goes"),
    [("left", "The Nile again.", "The Amazon."), ("right", "The Amazon.", "The Nile again.")],
)
def test_one_is_kept_and_the_other_can_be_brought_back(
    side: str, stays: str, goes: str, asked: Harness, engine: ScriptedEngine
) -> None:
    script(asked, engine, answer("The Nile again."), answer("The Amazon."))

    dialog = compare(asked)
    until_over(asked, dialog)
    {"left": dialog.keep_left, "right": dialog.keep_right}[side].click()

    assert sorted(texts(asked)) == sorted(["The Nile.", stays])
    assert shown(asked) == stays
    assert asked.window.page.undo_bar.isVisible()
    asked.window.page.undo_bar.pressed.emit()
    assert sorted(texts(asked)) == sorted(["The Nile.", stays, goes])
    assert shown(asked) == stays


def test_the_second_answer_is_stored_while_it_is_written(
    asked: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    script(asked, engine, answer("A"), [TextDelta("So far"), gate, finished()])

    dialog = compare(asked)
    asked.until(lambda: "So far" in texts(asked))

    assert {one.status for one in versions(asked) if one.text == "So far"} == {Status.WRITING}
    gate.open.set()
    until_over(asked, dialog)
    dialog.keep_both.click()


def test_speeds_of_a_shared_machine_are_not_kept_as_those_of_the_model(
    asked: Harness, engine: ScriptedEngine
) -> None:
    told: list[object] = []
    asked.window.comparing.finished_alone.connect(told.append)
    script(asked, engine, answer("Slowly"), answer("Too"))

    dialog = compare(asked)
    until_over(asked, dialog)
    dialog.keep_both.click()
    assert told == []
    engine.answers.append(answer("Alone"))
    asked.ask("And now?")
    assert told == [finished()]


# --- stopping ----------------------------------------------------------------------------------


def halves(ui: Harness, engine: ScriptedEngine) -> tuple[Gate, Gate]:
    left, right = Gate(), Gate()
    script(
        ui,
        engine,
        [TextDelta("Half of the left"), left, finished()],
        [TextDelta("Half of the right"), right, finished()],
    )
    return left, right


def until_written(ui: Harness) -> None:
    ui.until(lambda: {"Half of the left", "Half of the right"} <= set(texts(ui)))


def test_stop_ends_both_and_what_came_stays(asked: Harness, engine: ScriptedEngine) -> None:
    halves(asked, engine)
    dialog = compare(asked)
    until_written(asked)

    dialog.stop_button.click()
    until_over(asked, dialog)

    assert dialog.left.note.text() == "3 tokens · 1.0 tokens/s · stopped"
    assert dialog.right.note.text() == "3 tokens · 1.0 tokens/s · stopped"
    dialog.keep_both.click()
    assert [one.status for one in versions(asked)[1:]] == [Status.STOPPED] * 2


def test_escape_stops_and_closes_with_the_next_press(
    asked: Harness, engine: ScriptedEngine
) -> None:
    halves(asked, engine)
    dialog = compare(asked)
    until_written(asked)

    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    until_over(asked, dialog)
    assert asked.window.comparing.dialog is dialog
    QTest.keyClick(dialog, Qt.Key.Key_Escape)

    assert asked.window.comparing.dialog is None
    assert sorted(texts(asked)) == ["Half of the left", "Half of the right", "The Nile."]


def test_closing_it_in_the_middle_loses_nothing(asked: Harness, engine: ScriptedEngine) -> None:
    halves(asked, engine)
    dialog = compare(asked)
    until_written(asked)

    dialog.close()
    asked.until_idle()

    found = {one.text: one.status for one in versions(asked)}
    assert found["Half of the left"] is Status.STOPPED
    assert found["Half of the right"] is Status.STOPPED
    assert asked.beside.killed.is_set(), "its engine was ended"
    assert shown(asked) == "Half of the left"
    engine.answers.append(answer("The chat goes on."))
    asked.ask("And then?")
    assert shown(asked) == "The chat goes on."


def test_closing_the_window_in_the_middle_keeps_how_far_both_came(
    asked: Harness, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    halves(asked, engine)
    compare(asked)
    until_written(asked)

    kept: list[ChatMessage] = []
    put = asked.conversations.put_message

    def put_and_note(message: ChatMessage) -> None:
        kept.append(message)
        put(message)

    monkeypatch.setattr(asked.conversations, "put_message", put_and_note)
    asked.window.close()

    assert {one.text: one.status for one in kept} == {
        "Half of the left": Status.BROKEN,
        "Half of the right": Status.BROKEN,
    }
    assert asked.beside.killed.is_set()


def test_a_load_that_is_stopped_leaves_no_version(asked: Harness, engine: ScriptedEngine) -> None:
    gate = Gate()
    script(asked, engine, answer("A"), answer("never"), [gate, ready_in(Precision.FP32)])
    dialog = compare(asked)
    asked.until(gate.reached.is_set)

    dialog.stop_button.click()
    until_over(asked, dialog)

    assert dialog.right.note.text() == "Stopped before an answer began"
    assert not dialog.keep_left.isEnabled(), "there is no other one"
    dialog.keep_both.click()
    assert "never" not in texts(asked)
    assert asked.beside.questions == []


# --- errors ------------------------------------------------------------------------------------


def test_a_second_model_that_cannot_be_loaded_is_one_sentence_and_the_first_goes_on(
    asked: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    script(asked, engine, [gate, TextDelta("The Nile again."), finished()], [], [BROKEN])

    dialog = compare(asked)
    asked.until(lambda: bool(dialog.right.trouble.text()))
    assert "cut short" in dialog.right.trouble.text()
    assert not dialog.is_over
    gate.open.set()
    until_over(asked, dialog)

    assert "The Nile again." in dialog.left.transcript.plain_text()
    assert asked.error is None
    dialog.keep_both.click()
    assert texts(asked) == ["The Nile.", "The Nile again."]


def test_a_second_engine_that_crashes_leaves_what_it_wrote(
    asked: Harness, engine: ScriptedEngine
) -> None:
    crash = EngineCrashedError("signal 9")
    script(asked, engine, answer("The Nile again."), [TextDelta("The Ama"), crash])

    dialog = compare(asked)
    until_over(asked, dialog)

    assert dialog.right.note.text().startswith("The answer broke off: ")
    assert "signal 9" in dialog.right.note.text()
    dialog.keep_both.click()
    found = {one.text: one.status for one in versions(asked)}
    assert found["The Ama"] is Status.BROKEN
    assert found["The Nile again."] is Status.FINISHED


def test_an_error_of_the_first_leaves_the_second(asked: Harness, engine: ScriptedEngine) -> None:
    script(asked, engine, [EngineCrashedError("signal 9")], answer("The Amazon."))

    dialog = compare(asked)
    until_over(asked, dialog)

    asked.until(lambda: bool(dialog.left.trouble.text()))
    assert "signal 9" in dialog.left.trouble.text()
    dialog.keep_both.click()
    assert texts(asked) == ["The Nile.", "The Amazon."]
    assert shown(asked) == "The Amazon.", "it is what came"


# --- its looks and keys ------------------------------------------------------------------------


def test_tab_goes_from_the_left_to_the_right_and_then_to_the_buttons(
    asked: Harness, engine: ScriptedEngine
) -> None:
    script(asked, engine, answer("A"), answer("B"))
    dialog = compare(asked)
    until_over(asked, dialog)
    dialog.left.transcript.setFocus()

    order = [
        dialog.left.transcript,
        dialog.right.transcript,
        dialog.keep_left,
        dialog.keep_right,
        dialog.keep_both,
    ]
    reached: list[QWidget] = []
    while dialog.keep_both not in reached:  # on the way lie the buttons of each answer
        focused = dialog.focusWidget()
        assert focused is not None
        assert focused not in reached, "it goes in a circle before it was everywhere"
        reached.append(focused)
        dialog.focusNextChild()

    assert [one for one in reached if one in order] == order
    dialog.keep_both.click()


def test_every_part_has_a_name_for_a_screen_reader(asked: Harness, engine: ScriptedEngine) -> None:
    script(asked, engine, answer("A"), answer("B"))
    dialog = compare(asked)
    until_over(asked, dialog)

    assert dialog.left.transcript.accessibleName() == "Baichuan Guide · bf16 · CPU"
    assert dialog.right.transcript.accessibleName() == "Other · fp32 · CPU"
    assert dialog.keep_right.accessibleName() == "Keep only the answer of Other · fp32 · CPU"
    dialog.keep_both.click()


@pytest.mark.parametrize("zoom", [1.0, 2.0])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("size", [(960, 600), (1280, 800)])
def test_nothing_is_clipped(
    size: tuple[int, int],
    language: Language,
    zoom: float,
    asked: Harness,
    engine: ScriptedEngine,
) -> None:
    asked.translations.use(language)
    asked.theme.set_zoom(zoom)
    asked.window.resize(*size)
    asked.app.processEvents()
    script(asked, engine, answer("A", dropped=2), answer("B" * 90))

    dialog = compare(asked)
    until_over(asked, dialog)

    assert clipped(dialog) == []
    assert dialog.width() <= asked.window.width()
    dialog.keep_both.click()
