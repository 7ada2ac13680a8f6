"""The gauge says what the next prompt takes, and the transcript what is not in it."""

from __future__ import annotations

from PySide6.QtCore import Qt

from backends.events import ModelKind, TextDelta
from tests.ui.context.conftest import Hands, click
from tests.ui.harness import BASE, Gate, ScriptedEngine, finished


def test_the_gauge_follows_what_is_written_and_said(hands: Hands) -> None:
    ui = hands.ui
    hands.load()
    hands.keep_free(500)
    assert hands.shown == "0 of 4,096"
    ui.window.panel.system_prompt_edit.setPlainText("Be brief.")
    ui.composer.set_text("Hello")
    assert hands.parts == [9, 0, 7, 500], "five letters, and the ids that begin two turns"
    assert hands.shown == "16 of 4,096"

    hands.ask("Hello", "Hi!", "And", "so on")
    assert hands.parts == [9, 6 + 4 + 4 + 6, 0, 500]
    before = len(hands.ui.counting.asked)
    ui.composer.set_text("x")
    assert hands.parts == [9, 20, 3, 500]
    assert hands.ui.counting.asked[before:] == ["x"], "what was said is not counted again"


def test_the_gauge_follows_versions_deletions_and_the_conversation(hands: Hands) -> None:
    ui = hands.ui
    hands.load()
    hands.ask("one", "1")
    first = ui.window.controller.conversation
    assert first is not None
    assert hands.shown == "6 of 4,096"
    ui.window.menus.new_chat.trigger()
    assert hands.shown == "0 of 4,096"
    ui.window.controller.open(first.id)
    assert hands.shown == "6 of 4,096"
    ui.window.controller.turns.delete_turn(ui.rows[0].id)
    assert hands.shown == "0 of 4,096"


def test_an_answer_is_counted_while_it_is_written(hands: Hands, engine: ScriptedEngine) -> None:
    hands.load()
    gate = Gate()
    engine.answers.append([TextDelta("1234567890"), gate, TextDelta("!"), finished()])
    hands.ui.say("one")
    hands.ui.until(gate.reached.is_set)
    hands.ui.until(lambda: hands.shown == "15 of 4,096")
    gate.open.set()
    hands.ui.until_idle()

    assert hands.shown == "16 of 4,096"


def test_what_no_longer_fits_is_said_over_what_the_model_still_gets(hands: Hands) -> None:
    ui = hands.ui
    hands.load(context_length=100)
    hands.keep_free(40)
    hands.ask("a" * 9, "b" * 9, "c" * 9, "d" * 9)  # 20 tokens each
    assert hands.drop_line == ""
    ui.composer.set_text("e" * 18)  # 20 with the ids of two turns: 60 in all
    assert hands.drop_line == ""
    ui.composer.set_text("e" * 19)

    assert hands.drop_line == (
        "2 older messages are not given to the model: they no longer fit in its context. | "
        "ccccccccc"
    )
    assert hands.parts == [0, 20, 21, 40]
    ui.translations.use("zh_CN")
    ui.until(lambda: "未送入模型" in hands.drop_line)
    ui.translations.use("en")
    ui.until(lambda: "not given" in hands.drop_line)
    ui.composer.set_text("e" * 60)
    assert hands.drop_line.startswith("4 older messages")
    assert hands.drop_line.endswith("| the end")
    assert hands.parts == [0, 0, 62, 38], "less is left than was asked for"
    ui.composer.set_text("")
    assert hands.drop_line == ""


def test_a_model_that_is_given_few_turns_says_so_at_the_gauge(hands: Hands) -> None:
    hands.load(prompt_turns=2)
    hands.ask("a", "b", "c", "d", "e", "f")
    assert hands.parts[1] == 4, "the last round, and the next message"
    assert hands.drop_line == ""
    hands.context.open_popover()

    assert "4 older messages are not given to it" in hands.context.popover.remark.text()
    hands.context.popover.hide()


def test_the_window_is_closed_while_the_numbers_are_open(hands: Hands) -> None:
    hands.load()
    hands.settle()
    hands.context.open_popover()
    hands.ui.window.close()

    assert not hands.context.popover.isVisible()


def test_a_base_model_goes_on_with_the_text_or_begins_another(
    hands: Hands, engine: ScriptedEngine
) -> None:
    ui = hands.ui
    hands.load(path=BASE.path, kind=ModelKind.BASE)
    hands.ask("Once upon", " a time")
    assert hands.parts[:3] == [0, 16, 0]
    ui.composer.set_text("Another")
    assert hands.parts[:3] == [0, 0, 7]


def test_without_a_count_the_gauge_shows_what_the_last_answer_took(hands: Hands) -> None:
    hands.load()
    hands.ui.counting.is_broken = True
    hands.ask("one", "1")

    assert hands.shown == "31 of 4,096"


def test_the_numbers_are_named_by_a_click_and_by_the_keyboard(hands: Hands) -> None:
    ui = hands.ui
    hands.load()
    hands.keep_free(100)
    hands.ask("one", "1")
    hands.settle()
    popover = hands.context.popover
    for widget in (ui.composer.gauge, ui.composer.context_button):
        click(widget)
        assert popover.isVisible()
        popover.hide()
    ui.composer.context_button.setFocus(Qt.FocusReason.TabFocusReason)
    ui.composer.context_button.click()
    assert popover.isVisible()
    shown = {name.text(): tokens.text() for _, name, tokens in popover.rows if name.isVisible()}
    assert shown == {
        "System prompt": "0",
        "Earlier messages": "6",
        "Your message with documents": "0",
        "Kept free for the answer": "100",
        "Not needed": "3,990",
    }
    ui.composer.set_text("more")
    hands.settle()
    assert popover.rows[2][2].text() == "6", "it follows what is written"
    popover.hide()
