from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QInputMethodEvent
from PySide6.QtTest import QTest

from backends.errors import ContextLengthExceededError, EngineCrashedError
from backends.events import FinishReason, LoadProgress, PrefillProgress, PromptReady, TextDelta
from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.markdown.document import MarkdownDocument
from tests.ui.harness import READY, Gate, Harness, ScriptedEngine, answer, finished

TOO_LONG = ContextLengthExceededError(what="Your message", prompt_tokens=9, context_length=8)


def test_enter_sends_and_the_answer_follows_the_question(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("A ", "stream ", "of water."))

    ui.composer.set_text("What is a river?")
    ui.press(Qt.Key.Key_Return)
    ui.until_idle()

    assert ui.composer.text() == ""
    assert "What is a river?\nBaichuan Guide\nA stream of water." in ui.page_text
    assert "21 tokens · 10.0 tokens/s" in ui.page_text
    request = engine.questions[0]
    assert isinstance(request, ChatRequest)
    assert request.messages == (Message(Role.USER, "What is a river?"),)


def test_the_next_question_carries_the_conversation(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers += [answer("Two."), answer("Four.")]
    ui.window.panel.system_prompt_edit.setPlainText("Be brief.")

    ui.ask("One and one?")
    ui.ask("And twice that?")

    request = engine.questions[1]
    assert isinstance(request, ChatRequest)
    assert [(m.role.value, m.text) for m in request.messages] == [
        ("system", "Be brief."),
        ("user", "One and one?"),
        ("assistant", "Two."),
        ("user", "And twice that?"),
    ]


def test_shift_enter_is_a_new_line(ui: Harness, engine: ScriptedEngine) -> None:
    ui.composer.set_text("one")
    ui.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(ui.composer.input, "two")

    assert ui.composer.text() == "one\ntwo"
    assert engine.questions == []


def test_enter_that_confirms_an_input_methods_text_does_not_send(
    ui: Harness, engine: ScriptedEngine
) -> None:
    field = ui.composer.input
    ui.composer.set_text("河流")
    ui.app.sendEvent(field, QInputMethodEvent("shi", []))
    ui.press(Qt.Key.Key_Return)

    assert engine.questions == []
    assert ui.composer.text() == "河流"

    committed = QInputMethodEvent("", [])
    committed.setCommitString("是")
    ui.app.sendEvent(field, committed)
    engine.answers.append(answer("水。"))
    ui.press(Qt.Key.Key_Return)
    ui.until_idle()

    assert "河流是" in ui.page_text


def test_an_empty_message_is_not_sent(ui: Harness, engine: ScriptedEngine) -> None:
    ui.say("  \n ")

    assert not ui.composer.button.isEnabled()
    assert engine.questions == []


@pytest.mark.parametrize("by", ["button", "escape"])
def test_stop_ends_the_answer_and_keeps_its_text(
    ui: Harness, engine: ScriptedEngine, by: str
) -> None:
    gate = Gate()
    engine.answers.append([PromptReady(9, 0, 0), TextDelta("So far"), PrefillProgress(1, 1), gate])
    ui.say("Tell me everything")
    ui.until(lambda: "So far" in ui.page_text)
    assert ui.composer.button.accessibleName() == "Stop"

    if by == "button":
        ui.composer.button.click()
    else:
        QTest.keyClick(ui.window, Qt.Key.Key_Escape)

    assert engine.cancels[-1].is_set()
    assert ui.composer.state is ChatState.STOPPING
    ui.until_idle()
    assert "So far\n3 tokens · 1.0 tokens/s · stopped" in ui.page_text
    assert ui.composer.button.accessibleName() == "Send"


def test_a_message_stopped_before_its_answer_comes_back(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([PromptReady(9, 0, 0), gate])
    ui.say("Never mind")
    ui.until(gate.reached.is_set)

    ui.composer.button.click()
    ui.until_idle()

    assert ui.composer.text() == "Never mind"
    assert ui.transcript.is_empty()


def test_an_error_before_any_text_gives_the_message_back_and_says_why(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("Yes."), [TOO_LONG]]
    ui.ask("First")

    ui.ask("Second")

    dialog = ui.error
    assert dialog is not None
    assert dialog.message.text() == TOO_LONG.message
    assert dialog.hint.text() == TOO_LONG.hint
    assert "prompt-too-long" in dialog.more.text()
    assert ui.composer.text() == "Second"
    assert "Second" not in ui.page_text
    assert "First\nBaichuan Guide\nYes." in ui.page_text


def test_an_error_leaves_the_message_on_the_page_if_the_next_draft_is_begun(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([gate, TOO_LONG])
    ui.say("Second")
    ui.until(gate.reached.is_set)
    ui.composer.set_text("a draft")

    gate.open.set()
    ui.until_idle()

    assert ui.composer.text() == "a draft"
    assert "Second" in ui.page_text
    assert "No answer: Your message needs 9 tokens" in ui.page_text
    engine.answers.append(answer("Ok."))
    ui.ask("Third")
    request = engine.questions[-1]
    assert isinstance(request, ChatRequest)
    assert [m.text for m in request.messages] == ["Third"]


def test_a_crash_in_the_middle_keeps_the_text_and_names_the_reason(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [
        [PromptReady(9, 0, 0), TextDelta("Half an "), EngineCrashedError("it went away")],
        [LoadProgress(1, 2), READY, *answer("Whole.")],
    ]

    ui.ask("Question")

    assert "Half an \nThe answer broke off: The engine that runs the model stopped" in ui.page_text
    assert ui.error is not None
    assert "it went away" in ui.error.message.text()
    ui.window.panel.temperature.setValue(0.9)
    ui.ask("Again")
    assert "Whole." in ui.page_text
    assert ui.window.panel.temperature.value() == 0.9, "a fresh engine is no reason for a reset"


def test_only_one_error_dialog_is_open(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers += [[TOO_LONG], [EngineCrashedError("it went away")]]
    ui.ask("one")
    first = ui.error
    ui.ask("two")

    assert first is not None
    assert ui.error is not first
    assert ui.error is not None
    ui.error.close()
    ui.until(lambda: ui.error is None)


def test_new_chat_clears_the_page_and_the_answer_goes_on_in_its_conversation(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [[TextDelta("One"), PrefillProgress(1, 1), gate, *answer(" two.")[1:]]]
    engine.answers.append(answer("Fresh."))
    ui.say("Long story")
    ui.until(lambda: "One" in ui.page_text)
    left = ui.window.controller.conversation
    assert left is not None
    ui.composer.set_text("draft")

    ui.window.menus.new_chat.trigger()

    assert ui.transcript.is_empty()
    assert ui.composer.text() == "", "the draft belongs to the conversation that it was written in"
    assert not engine.cancels[-1].is_set()
    ui.say("Hello")
    assert ui.composer.state is ChatState.QUEUED
    assert ui.row("Hello").caution == "Waits until the answer before it has ended"
    gate.open.set()
    ui.until(lambda: "Fresh." in ui.page_text and ui.can_send_next)
    request = engine.questions[-1]
    assert isinstance(request, ChatRequest)
    assert [m.text for m in request.messages] == ["Hello"]
    now = ui.conversations.conversation(left.id)
    assert now is not None
    assert now.is_unread
    ui.window.controller.open(left.id)
    assert "One two." in ui.page_text
    assert ui.composer.text() == "draft"


def test_dropped_messages_are_told_in_status_and_page(ui: Harness, engine: ScriptedEngine) -> None:
    gate = Gate()
    engine.answers.append([PromptReady(9, 0, 4), gate, TextDelta("Yes."), finished()])
    ui.say("Still there?")
    ui.until(gate.reached.is_set)
    ui.until(lambda: "4 oldest messages" in ui.window.remarks.label.text())
    gate.open.set()
    ui.until_idle()

    assert "the 4 oldest messages no longer fit and were not read" in ui.page_text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (FinishReason.LENGTH, "reached “Max new tokens”"),
        (FinishReason.CONTEXT, "the context is full"),
        (FinishReason.STOP_STRING, "ended at a stop text"),
    ],
)
def test_an_answer_that_did_not_end_by_itself_says_why(
    ui: Harness, engine: ScriptedEngine, reason: FinishReason, said: str
) -> None:
    engine.answers.append([TextDelta("Text"), finished(reason)])

    ui.ask("Question")

    assert said in ui.page_text


def test_markup_of_a_model_is_shown_as_it_is_and_loads_nothing(
    ui: Harness, engine: ScriptedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        f'<img src="file:///etc/passwd"><b>bold</b> ![x]({tmp_path}/x.png) '
        '<a href="file:///etc/passwd">link</a> &lt;'
    )
    asked: list[object] = []

    def load(*arguments: object) -> QImage:
        asked.append(arguments)
        return QImage()

    monkeypatch.setattr(MarkdownDocument, "loadResource", load)
    engine.answers.append(answer(text))

    ui.ask(text)
    ui.transcript.grab()

    assert ui.page_text.count(text) == 2
    shown = ui.transcript.plain_text()
    assert shown.count("<b>bold</b>") == 2, shown
    assert shown.count('<img src="file:///etc/passwd">') == 2
    assert asked == []


def test_ten_thousand_tokens_survive_the_crossing(ui: Harness, engine: ScriptedEngine) -> None:
    words = [f"{n} " for n in range(10_000)]
    engine.answers.append(answer(*words))

    ui.ask("Count")

    assert "".join(words) in ui.page_text


def test_a_suggested_question_is_sent(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("With Ctrl+O."))
    button = ui.window.page.welcome.buttons[0]

    button.click()
    ui.until_idle()

    assert f"{button.title.text()}\nBaichuan Guide\nWith Ctrl+O." in ui.page_text


def test_prefill_progress_stands_where_the_answer_will_be(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append(
        [PromptReady(300, 0, 0), PrefillProgress(64, 300), gate, TextDelta("Yes."), finished()]
    )
    ui.say("Read this")
    ui.until(lambda: "Reading the prompt: 64 of 300 tokens" in ui.page_text)
    assert "64 of 300" in ui.window.top_bar.usage.text()

    gate.open.set()
    ui.until_idle()

    assert "Reading the prompt" not in ui.page_text


def test_closing_the_window_in_the_middle_of_an_answer_ends_it(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([TextDelta("One"), gate])
    ui.say("Long story")
    ui.until(gate.reached.is_set)

    ui.window.close()

    assert engine.killed.is_set()
    assert engine.cancels[-1].is_set()


def test_an_answer_for_which_less_room_was_left_says_so(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append([PromptReady(2100, 0, 0, 1996), TextDelta("Yes."), finished()])

    ui.ask("And?")

    assert (
        "“Max new tokens” is over half of the context: older messages were kept, which left room "
        "for 1,996 tokens" in ui.page_text
    )
