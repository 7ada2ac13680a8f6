"""Turns with the mouse and the keys alone, on the buttons that a person sees."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from backends.events import FinishReason, PromptReady, TextDelta
from baichuan_desktop.ui.transcript.overlays.action_bar import ActionBar
from baichuan_desktop.ui.transcript.rows.row import RowAction
from tests.ui.harness import Gate, Harness, ScriptedEngine, answer, finished


def click(button: QAbstractButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def bar(ui: Harness, text: str) -> ActionBar:
    """The buttons under the row with this text, once they can be seen."""

    def seen() -> list[ActionBar]:
        return [
            one
            for one in ui.transcript.findChildren(ActionBar)
            if one.isVisible() and one.row is not None and one.row == ui.row(text)
        ]

    ui.until(lambda: bool(seen()))
    return seen()[0]


def until_answered(ui: Harness) -> None:
    ui.until(lambda: not ui.window.controller.desk.busy)


def texts(ui: Harness) -> list[str]:
    return [row.text for row in ui.rows]


def test_an_answer_is_given_once_more_and_the_arrows_step_between_both(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("First."), answer("Second.")]
    QTest.keyClicks(ui.composer.input, "Tell me")
    ui.press(Qt.Key.Key_Return)
    until_answered(ui)

    click(bar(ui, "First.").buttons[RowAction.REGENERATE])
    until_answered(ui)

    assert texts(ui) == ["Tell me", "Second."]
    shown = bar(ui, "Second.")
    assert shown.which.text() == "2 / 2"
    assert not shown.after.isEnabled()
    click(shown.before)
    assert texts(ui) == ["Tell me", "First."]
    click(bar(ui, "First.").after)
    assert texts(ui) == ["Tell me", "Second."]


def test_an_answer_is_stopped_by_esc_and_continued_by_its_button(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [[TextDelta("Rivers are"), PromptReady(1, 0, 0), gate], answer(" water.")]
    ui.say("Tell me")
    ui.until(lambda: "Rivers are" in ui.page_text)
    QTest.keyClick(ui.composer.input, Qt.Key.Key_Escape)
    until_answered(ui)

    click(bar(ui, "Rivers are").buttons[RowAction.CONTINUE])
    until_answered(ui)

    assert texts(ui) == ["Tell me", "Rivers are water."]


def test_up_edits_the_last_question_in_its_place_and_enter_asks_it_anew(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("1"), answer("I")]
    ui.ask("one")

    QTest.keyClick(ui.composer.input, Qt.Key.Key_Up)
    editor = ui.app.focusWidget()
    assert editor is not None
    assert editor is not ui.composer.input
    QTest.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor, "ONE")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    until_answered(ui)

    assert texts(ui) == ["ONE", "I"]


def test_a_message_waits_while_an_answer_is_written_and_the_button_takes_it_back(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([TextDelta("One"), PromptReady(1, 0, 0), gate])
    ui.say("first")
    ui.until(lambda: "One" in ui.page_text)
    QTest.keyClicks(ui.composer.input, "second")
    ui.press(Qt.Key.Key_Return)
    assert ui.composer.hint.text() == "Your message waits. You can take it back."

    click(ui.composer.button)

    assert ui.composer.text() == "second"
    assert texts(ui) == ["first", "One"]
    gate.open.set()
    until_answered(ui)


def test_a_cut_answer_offers_to_go_on_and_a_whole_one_does_not(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("Whole."), [TextDelta("Cut"), finished(FinishReason.LENGTH)]]
    ui.ask("one")
    assert not bar(ui, "Whole.").buttons[RowAction.CONTINUE].isVisible()

    ui.ask("two")

    assert bar(ui, "Cut").buttons[RowAction.CONTINUE].isVisible()
