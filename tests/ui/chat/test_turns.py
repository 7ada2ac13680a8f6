"""Answers once more, other versions, other texts, less turns, as a person does it in the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from backends.errors import (
    ContextLengthExceededError,
    DamagedCheckpointError,
    EngineCrashedError,
)
from backends.events import FinishReason, ModelKind, PromptReady, TextDelta
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, CompleteRequest, LoadRequest
from baichuan_desktop.services.chat.values import Status
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.transcript.rows.row import RowAction
from baichuan_desktop.ui.turns.compare_dialog import CompareDialog
from baichuan_desktop.ui.turns.desk import OtherModel
from baichuan_desktop.ui.turns.link_dialog import LinkDialog, may_be_opened
from tests.helpers import goldens
from tests.helpers.machines import GIB
from tests.ui.harness import (
    BASE,
    OTHER,
    READY,
    Gate,
    Harness,
    ScriptedEngine,
    Step,
    answer,
    finished,
)

BROKEN = DamagedCheckpointError(Path("/models/Other/model.safetensors"), "it is cut short")
TOO_LONG = ContextLengthExceededError(what="Your message", prompt_tokens=9, context_length=8)


def asked(engine: ScriptedEngine) -> list[str]:
    """The texts of the last request."""
    request = engine.questions[-1]
    if isinstance(request, CompleteRequest):
        return [request.prompt]
    return [message.text for message in request.messages]


def texts(ui: Harness) -> list[str]:
    return [row.text for row in ui.rows]


def until_answered(ui: Harness) -> None:
    ui.until(lambda: not ui.window.controller.desk.busy)


# --- once more, and versions ---------------------------------------------------------------


def test_an_answer_once_more_is_a_version_and_both_can_be_read(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("First."), answer("Second."), answer("On.")]
    ui.ask("Tell me")

    ui.do(RowAction.REGENERATE, "First.")
    until_answered(ui)

    assert texts(ui) == ["Tell me", "Second."]
    assert asked(engine) == ["Tell me"]
    row = ui.row("Second.")
    assert (row.version, row.versions) == (2, 2)
    ui.transcript.version_requested.emit(row.id, -1)
    assert texts(ui) == ["Tell me", "First."]
    ui.transcript.version_requested.emit(ui.row("First.").id, -1)
    assert texts(ui) == ["Tell me", "First."], "there is none before the first"
    ui.ask("And then?")
    assert asked(engine) == ["Tell me", "First.", "And then?"]
    ui.transcript.version_requested.emit(ui.row("First.").id, +1)
    assert texts(ui) == ["Tell me", "Second."]
    ui.transcript.version_requested.emit(ui.row("Second.").id, -1)
    assert texts(ui) == ["Tell me", "First.", "And then?", "On."]


def test_a_failed_try_once_more_leaves_the_answer_that_there_was(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("First."), [TOO_LONG]]
    ui.ask("Tell me")

    ui.do(RowAction.REGENERATE, "First.")
    until_answered(ui)

    assert texts(ui) == ["Tell me", "First."]
    assert ui.row("First.").versions == 1
    assert ui.error is not None
    assert ui.composer.text() == ""


def test_an_answer_in_the_middle_is_answered_once_more_on_a_branch_of_its_own(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("1"), answer("2"), answer("other")]
    ui.ask("one")
    ui.ask("two")

    ui.do(RowAction.REGENERATE, "1")
    until_answered(ui)

    assert texts(ui) == ["one", "other"]
    ui.transcript.version_requested.emit(ui.row("other").id, -1)
    assert texts(ui) == ["one", "1", "two", "2"]


def test_retry_with_other_sampling_offers_three_and_asks_with_the_chosen(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("First."), answer("Varied."), answer("As set.")]
    ui.ask("Tell me")
    ui.window.panel.temperature.setValue(0.9)

    ui.do(RowAction.RETRY_WITH, "First.")
    menu = ui.window.turns.menu
    assert menu is not None
    assert menu.exact.isEnabled()
    assert "temperature 0.15" in menu.exact.text()
    menu.varied.trigger()
    menu.close()
    until_answered(ui)

    assert engine.questions[-1].params.temperature == pytest.approx(0.55)
    assert texts(ui) == ["Tell me", "Varied."]
    ui.do(RowAction.RETRY_WITH, "Varied.")
    assert ui.window.turns.menu is not None
    ui.window.turns.menu.as_set.trigger()
    ui.window.turns.menu.close()
    until_answered(ui)
    assert engine.questions[-1].params.temperature == pytest.approx(0.9)
    assert ui.row("As set.").versions == 3


# --- going on with an answer ---------------------------------------------------------------


@pytest.mark.parametrize("how", ["stopped", "cut", "crashed"])
def test_an_unfinished_answer_goes_on_as_a_version_and_nothing_is_lost(
    ui: Harness, engine: ScriptedEngine, how: str
) -> None:
    gate = Gate()
    ends: dict[str, list[Step]] = {
        "stopped": [TextDelta("Rivers are"), PromptReady(9, 0, 0), gate],
        "cut": [TextDelta("Rivers are"), finished(FinishReason.LENGTH)],
        "crashed": [TextDelta("Rivers are"), EngineCrashedError("it went away")],
    }
    engine.answers += [ends[how], answer(" water.")]
    ui.say("Tell me")
    ui.until(lambda: "Rivers are" in ui.page_text)
    if how == "stopped":
        ui.window.controller.stop()
    until_answered(ui)
    if ui.error is not None:
        ui.error.close()

    ui.do(RowAction.CONTINUE, "Rivers are")
    until_answered(ui)

    assert asked(engine) == ["Tell me", "Rivers are"]
    assert texts(ui) == ["Tell me", "Rivers are water."]
    row = ui.row("Rivers are water.")
    assert (row.version, row.versions) == (2, 2)
    assert RowAction.CONTINUE not in row.actions, "it is finished"
    ui.transcript.version_requested.emit(row.id, -1)
    assert texts(ui) == ["Tell me", "Rivers are"]


def test_an_answer_that_could_not_go_on_is_as_it_was(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers += [[TextDelta("Rivers"), finished(FinishReason.CONTEXT)], [TOO_LONG]]
    ui.ask("Tell me")
    before = ui.page_text

    ui.do(RowAction.CONTINUE, "Rivers")
    until_answered(ui)

    assert ui.page_text == before
    assert "the context is full" in before


def test_a_whole_answer_is_not_offered_to_go_on(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("Whole."))
    ui.ask("Tell me")

    assert RowAction.CONTINUE not in ui.row("Whole.").actions


# --- other texts ---------------------------------------------------------------------------


def test_an_edited_question_is_answered_anew_and_the_old_branch_stays(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("1"), answer("2"), answer("I")]
    ui.ask("one")
    ui.ask("two")

    ui.transcript.edited.emit(ui.row("one").id, "ONE")
    until_answered(ui)

    assert asked(engine) == ["ONE"]
    assert texts(ui) == ["ONE", "I"]
    assert (ui.row("ONE").version, ui.row("ONE").versions) == (2, 2)
    ui.transcript.version_requested.emit(ui.row("ONE").id, -1)
    assert texts(ui) == ["one", "1", "two", "2"]


def test_an_edited_answer_is_read_by_the_model_and_can_go_on(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("A stream."), answer(" of water."), answer("Yes.")]
    ui.ask("What is a river?")

    ui.transcript.edited.emit(ui.row("A stream.").id, "A stream")

    assert len(engine.questions) == 1, "an answer that a person writes is asked of nobody"
    assert ui.row("A stream").footer == "edited"
    ui.do(RowAction.CONTINUE, "A stream")
    until_answered(ui)
    assert asked(engine) == ["What is a river?", "A stream"]
    assert texts(ui) == ["What is a river?", "A stream of water."]
    ui.ask("Sure?")
    assert asked(engine) == ["What is a river?", "A stream of water.", "Sure?"]


def test_up_in_the_empty_field_edits_the_last_question(ui: Harness, engine: ScriptedEngine) -> None:
    assert not ui.window.page.edit_last_question(), "there is none yet"
    engine.answers += [answer("1"), answer("2"), answer("II")]
    ui.ask("one")
    ui.ask("two")

    assert ui.window.page.edit_last_question()
    editor = ui.app.focusWidget()
    assert editor is not None
    QTest.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor, "TWO")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    until_answered(ui)

    assert texts(ui) == ["one", "1", "TWO", "II"]


def test_an_edit_is_kept_while_an_answer_is_written_and_taken_afterwards(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [
        answer("1"),
        [TextDelta("So far"), PromptReady(1, 0, 0), gate, finished()],
        answer("I"),
    ]
    ui.ask("one")
    ui.transcript.begin_edit(ui.row("one").id)
    editor = ui.transcript.editing.editor
    assert editor is not None
    QTest.keyClicks(editor.field, " more")
    ui.say("two")
    ui.until(lambda: "So far" in ui.page_text)

    QTest.keyClick(editor.field, Qt.Key.Key_Return)

    assert ui.transcript.editing.editor is editor
    assert editor.text() == "one more"
    assert not editor.save.isEnabled()
    assert editor.hint.text() == "This can be taken when the answer on its way has ended."
    gate.open.set()
    until_answered(ui)
    assert editor.save.isEnabled()
    assert editor.hint.text() == "The answers to the old question stay as another version."
    QTest.keyClick(editor.field, Qt.Key.Key_Return)
    until_answered(ui)
    assert texts(ui) == ["one more", "I"]


# --- less turns ----------------------------------------------------------------------------


def test_a_deleted_turn_comes_back_by_undo(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers += [answer("1"), answer("2"), answer("3")]
    for question in ("one", "two", "three"):
        ui.ask(question)

    ui.do(RowAction.DELETE_TURN, "2")

    assert texts(ui) == ["one", "1", "three", "3"]
    assert ui.window.page.undo_bar.isVisible()
    ui.window.page.undo_bar.button.click()
    assert texts(ui) == ["one", "1", "two", "2", "three", "3"]
    assert not ui.window.page.undo_bar.isVisible()


def test_a_deleted_turn_comes_back_by_undo_while_the_next_answer_is_written(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [
        answer("1"),
        answer("2"),
        [TextDelta("So far"), PromptReady(1, 0, 0), gate, TextDelta(", so good"), finished()],
    ]
    ui.ask("one")
    ui.ask("two")
    ui.do(RowAction.DELETE_TURN, "2")
    ui.say("three")
    ui.until(lambda: "So far" in ui.page_text)

    ui.window.page.undo_bar.button.click()

    assert texts(ui) == ["one", "1", "three", "So far"], "what is being read stays"
    assert (ui.row("three").version, ui.row("three").versions) == (2, 2)
    gate.open.set()
    until_answered(ui)
    assert texts(ui) == ["one", "1", "three", "So far, so good"]
    ui.transcript.version_requested.emit(ui.row("three").id, -1)
    assert texts(ui) == ["one", "1", "two", "2"]


def test_ctrl_z_takes_back_one_deletion_after_the_other(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("1"), answer("2"), answer("3")]
    for question in ("one", "two", "three"):
        ui.ask(question)
    whole = texts(ui)
    field = ui.window.page.composer.input
    ui.do(RowAction.DELETE_TURN, "2")
    ui.do(RowAction.DELETE_TURN, "3")
    ui.do(RowAction.DELETE_TURN, "1")
    assert texts(ui) == []

    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert texts(ui) == ["one", "1"]
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert texts(ui) == ["one", "1", "three", "3"]
    QTest.keyClick(ui.transcript, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    assert texts(ui) == whole
    QTest.keyClick(ui.transcript, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert texts(ui) == whole, "there is nothing left to take back"


def test_ctrl_z_is_the_fields_once_something_was_written_after_a_deletion(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("1"), answer("2")]
    ui.ask("one")
    ui.ask("two")
    field = ui.window.page.composer.input
    ui.do(RowAction.DELETE_TURN, "2")
    QTest.keyClicks(field, "three")

    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    assert texts(ui) == ["one", "1"]
    assert field.text() == ""
    ui.window.page.undo_bar.button.click()
    assert texts(ui) == ["one", "1", "two", "2"], "the button is about the messages all the time"


def test_ctrl_z_brings_nothing_back_into_another_conversation(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("1"), answer("2")]
    ui.ask("one")
    ui.do(RowAction.DELETE_TURN, "1")
    first = ui.window.controller.conversation
    assert first is not None
    ui.window.controller.new_chat()
    ui.ask("two")

    QTest.keyClick(ui.transcript, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    assert texts(ui) == ["two", "2"]
    ui.window.controller.open(first.id)
    QTest.keyClick(ui.transcript, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert texts(ui) == ["one", "1"]


def test_a_deleted_version_shows_its_neighbour_and_comes_back_by_undo(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("First."), answer("Second.")]
    ui.ask("Tell me")
    assert RowAction.DELETE_VERSION not in ui.row("First.").actions, "it is the only one"
    ui.do(RowAction.REGENERATE, "First.")
    until_answered(ui)

    ui.do(RowAction.DELETE_VERSION, "Second.")

    assert texts(ui) == ["Tell me", "First."]
    assert ui.row("First.").versions == 1
    ui.window.page.undo_bar.button.click()
    assert texts(ui) == ["Tell me", "Second."]


def test_nothing_is_offered_in_a_conversation_that_is_being_answered(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [answer("1"), [TextDelta("So far"), PromptReady(1, 0, 0), gate]]
    ui.ask("one")
    ui.say("two")
    ui.until(lambda: "So far" in ui.page_text)

    assert all(row.actions == frozenset() for row in ui.rows)
    assert [row.is_writing for row in ui.rows] == [False, False, False, True]
    gate.open.set()
    until_answered(ui)
    assert all(row.actions for row in ui.rows)


# --- messages that wait --------------------------------------------------------------------


def test_a_message_that_is_sent_into_an_answer_waits_for_its_end(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [
        [TextDelta("One"), PromptReady(1, 0, 0), gate, TextDelta(" and all."), finished()],
        answer("Two."),
    ]
    ui.say("first")
    ui.until(lambda: "One" in ui.page_text)

    ui.say("second")

    assert ui.composer.state is ChatState.QUEUED
    assert texts(ui) == ["first", "One", "second"]
    assert ui.row("second").caution == "Waits until the answer before it has ended"
    ui.say("third")
    assert ui.composer.text() == "third", "one waits already"
    gate.open.set()
    until_answered(ui)
    assert texts(ui) == ["first", "One and all.", "second", "Two."]
    assert asked(engine) == ["first", "One and all.", "second"]
    assert ui.composer.text() == "third"


def test_a_message_that_waits_is_taken_back_by_its_row_too(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([TextDelta("One"), PromptReady(1, 0, 0), gate])
    ui.say("first")
    ui.until(lambda: "One" in ui.page_text)
    ui.say("second")

    ui.do(RowAction.DELETE_TURN, "second")

    assert ui.composer.text() == "second"
    assert texts(ui) == ["first", "One"]
    assert ui.composer.state is ChatState.ANSWERING
    gate.open.set()
    until_answered(ui)
    assert len(engine.questions) == 1


def test_a_question_without_an_answer_stays_if_the_next_one_waits_for_it(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [[gate, TOO_LONG], answer("Two.")]
    ui.say("first")
    ui.until(gate.reached.is_set)
    ui.say("second")

    gate.open.set()
    until_answered(ui)

    assert texts(ui) == ["first", "", "second", "Two."]
    assert ui.rows[1].footer.startswith("No answer: Your message needs 9 tokens")
    assert asked(engine) == ["second"]
    assert ui.composer.text() == ""


def test_messages_of_several_conversations_are_answered_in_their_order(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [[gate, *answer("A")], answer("B"), answer("C")]
    ui.say("a")
    ui.until(gate.reached.is_set)
    for text in ("b", "c"):
        ui.window.menus.new_chat.trigger()
        assert ui.composer.state is ChatState.BUSY
        ui.say(text)
    assert len(ui.window.controller.desk.busy) == 3

    gate.open.set()
    until_answered(ui)

    assert [asked_in.messages[-1].text for asked_in in engine.questions] == ["a", "b", "c"]  # type: ignore[union-attr]  # all of them chat
    titles = {one.title: one.is_unread for one in ui.conversations.conversations()}
    assert titles == {"a": True, "b": True, "c": False}


def test_an_answer_that_is_wanted_once_more_waits_at_its_question_and_can_be_taken_back(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [answer("First."), [gate, *answer("Elsewhere.")]]
    ui.ask("Tell me")
    first = ui.window.controller.conversation
    assert first is not None
    ui.window.menus.new_chat.trigger()
    ui.say("Another thing")
    ui.until(gate.reached.is_set)
    ui.window.controller.open(first.id)

    ui.do(RowAction.REGENERATE, "First.")

    assert ui.composer.state is ChatState.QUEUED
    assert ui.row("Tell me").caution == "Waits until the answer before it has ended"
    ui.do(RowAction.DELETE_TURN, "Tell me")
    assert texts(ui) == ["Tell me", "First."]
    assert ui.composer.text() == "", "it was no new message"
    gate.open.set()
    until_answered(ui)
    assert len(engine.questions) == 2


@pytest.mark.parametrize(
    "text", ["half \ud800 a pair", "nul \x00 here", "\u202eturned", "a\u0301" * 50_000, "\x1b[31m"]
)
def test_any_text_is_asked_answered_and_kept(
    ui: Harness, engine: ScriptedEngine, text: str
) -> None:
    engine.answers.append(answer(text))
    ui.window.page.send(text)
    until_answered(ui)

    assert texts(ui) == [text, text]
    conversation = ui.window.controller.conversation
    assert conversation is not None
    assert len(conversation.title) < 100


# --- the rest ------------------------------------------------------------------------------


def test_a_quotation_goes_into_the_field_under_what_is_there(ui: Harness) -> None:
    ui.transcript.quote_requested.emit("one\ntwo")
    assert ui.composer.text() == "> one\n> two\n\n"

    ui.composer.set_text("Mind this:")
    ui.transcript.quote_requested.emit("three")

    assert ui.composer.text() == "Mind this:\n\n> three\n\n"
    assert ui.composer.input.hasFocus()


def test_a_copy_from_a_row_is_a_conversation_of_its_own(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("1"), answer("2"), answer("other")]
    ui.ask("one")
    ui.ask("two")

    ui.do(RowAction.DUPLICATE_FROM_HERE, "1")

    assert texts(ui) == ["one", "1"]
    conversation = ui.window.controller.conversation
    assert conversation is not None
    assert conversation.title == "Copy of one"
    ui.ask("else")
    assert texts(ui) == ["one", "1", "else", "other"]
    assert len(ui.conversations.conversations()) == 2


def test_a_link_is_shown_in_full_and_opened_only_after_asking(ui: Harness) -> None:
    opened: list[str] = []

    def note(address: str) -> bool:
        opened.append(address)
        return True

    ui.window.turns.open_address = note
    address = "https://example.org/" + "a" * 300 + "?b=\u202egnp"

    ui.transcript.link_requested.emit(address)
    dialog = ui.window.turns.dialog
    assert isinstance(dialog, LinkDialog)
    assert dialog.field.toPlainText() == address.replace("\u202e", "\ufffd")
    dialog.reject()
    assert opened == []
    assert ui.composer.input.hasFocus()
    ui.transcript.link_requested.emit(address)
    dialog = ui.window.turns.dialog
    assert isinstance(dialog, LinkDialog)
    dialog.open_button.click()

    assert opened == [address]


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "javascript:alert(1)", "\\\\server\\share", "/etc/passwd", "",
        "data:text/html,x", "ftp://example.org", " https://example.org", "vnd.x:y", "http",
        "https://" + "a" * 9_000,
    ],
)  # fmt: skip
def test_what_is_no_address_of_web_or_mail_is_never_offered(ui: Harness, address: str) -> None:
    assert not may_be_opened(address)
    ui.transcript.link_requested.emit(address)
    assert ui.window.turns.dialog is None


def test_the_notes_of_an_answer_speak_the_language_of_the_window(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append([PromptReady(9, 0, 4), TextDelta("Half"), EngineCrashedError("x")])
    ui.ask("Question")
    assert ui.error is not None
    ui.error.close()
    row = ui.row("Half")
    assert row.footer.startswith("The answer broke off: The engine")
    assert row.caution.startswith("the 4 oldest messages")

    ui.window.view.use_language("zh_CN")

    row = ui.row("Half")
    assert "The" not in row.footer
    assert "oldest" not in row.caution
    assert ui.conversations.messages([row.id])[0].status is Status.BROKEN


def test_the_bars_of_the_page_speak_the_language_of_the_window(ui: Harness) -> None:
    ui.window.controller.new_temporary_chat()
    bar = ui.window.page.temporary
    assert bar.label.text().startswith("Temporary chat: nothing of it is written")

    ui.window.view.use_language("zh_CN")
    ui.until(lambda: bar.label.text().startswith("临时对话"))


# --- base models ---------------------------------------------------------------------------


def test_a_text_has_versions_and_can_be_edited_as_a_whole(
    ui: Harness, engine: ScriptedEngine
) -> None:
    assert BASE.kind is ModelKind.BASE
    ui.load(BASE)
    ui.until_idle()
    engine.answers += [answer("upon a time"), answer("more"), answer(" there was")]
    ui.ask("Once ")
    ui.do(RowAction.REGENERATE, "Once upon a time")
    until_answered(ui)
    assert texts(ui) == ["Once more"]
    assert asked(engine) == ["Once "]

    row = ui.row("Once more")
    assert (row.version, row.versions, row.continued) == (2, 2, ((5, 9),))
    ui.transcript.edited.emit(row.id, "Long ago")
    assert texts(ui) == ["Long ago"]
    assert len(engine.questions) == 2, "it goes on when it is asked to"
    ui.ask("")
    assert asked(engine) == ["Long ago"]
    assert texts(ui) == ["Long ago there was"]
    seen = {ui.rows[0].text}
    for _ in range(3):
        ui.transcript.version_requested.emit(ui.rows[0].id, -1)
        seen.add(ui.rows[0].text)
    assert seen == {"Once upon a time", "Once more", "Long ago there was"}


def test_a_chat_cannot_be_answered_by_a_base_model_and_says_what_comes_next(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("Yes."), answer(" more")]
    ui.ask("Here?")

    ui.load(BASE)
    ui.until_idle()

    assert RowAction.REGENERATE not in ui.row("Yes.").actions
    assert ui.rows[-1].text == "A new conversation with Base begins here."
    ui.ask("Once")
    assert isinstance(engine.questions[-1], CompleteRequest)
    assert texts(ui) == ["Once more"]
    ui.load(OTHER)
    ui.until_idle()
    engine.answers.append(answer("Well."))
    ui.ask("And you?")
    assert isinstance(engine.questions[-1], ChatRequest)
    assert texts(ui) == ["And you?", "Well."]
    assert len(ui.conversations.conversations()) == 3


# --- another model -------------------------------------------------------------------------


def test_the_same_question_to_another_model_is_a_version_under_its_name(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("From the guide."), answer("From the other."), answer("On.")]
    ui.ask("Who are you?")
    ui.window.panel.temperature.setValue(0.9)
    turns = ui.window.controller.turns

    turns.regenerate(ui.row("From the guide.").id, ui.window.panel.params(), by=OtherModel(OTHER))
    assert ui.composer.state is ChatState.QUEUED
    until_answered(ui)

    assert engine.loaded_folders[-1] == OTHER.path
    params = engine.questions[-1].params
    assert params.temperature == pytest.approx(0.9), "it is set for the conversation"
    assert params.top_k == 5, "what that model asks for"
    assert [(row.speaker, row.text) for row in ui.rows] == [
        ("You", "Who are you?"),
        ("Other", "From the other."),
    ]
    ui.transcript.version_requested.emit(ui.row("From the other.").id, -1)
    assert ui.rows[1].speaker == "Baichuan Guide"
    ui.transcript.version_requested.emit(ui.row("From the guide.").id, +1)
    ui.ask("Go on")
    assert ui.rows[-1].speaker == "Other"


def test_where_the_other_model_cannot_be_loaded_the_answer_stays_and_the_reason_is_told(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("From the guide."))
    ui.ask("Who are you?")
    engine.loads.append([BROKEN])

    ui.window.controller.turns.regenerate(
        ui.row("From the guide.").id, ui.window.panel.params(), by=OtherModel(OTHER)
    )
    until_answered(ui)
    ui.until_idle()

    assert texts(ui) == ["Who are you?", "From the guide."]
    assert ui.error is not None
    assert "cut short" in ui.error.message.text()
    assert ui.composer.state is ChatState.READY


def test_models_and_precisions_are_offered_and_the_one_that_runs_is_not(
    cold: Harness, engine: ScriptedEngine
) -> None:
    ui = cold
    ready = replace(READY, device_name=ui.machine.processor, needed_bytes=51 * GIB)
    engine.loads.append([ready])
    ui.start()
    engine.answers += [answer("In bf16."), answer("In fp32.")]
    ui.store.add(goldens.folder("b2-7b", "safetensors"))
    ui.ask("Who are you?")

    ui.do(RowAction.COMPARE, "In bf16.")
    dialog = ui.window.turns.dialog
    assert isinstance(dialog, CompareDialog)
    ui.until(dialog.ask_button.isEnabled)
    offered = shown(dialog.precision_list)
    assert "fp32 · CPU" in offered
    assert not any(text.startswith(("bf16", "Automatic")) for text in offered)
    dialog.model_list.setCurrentIndex(1)
    ui.until(dialog.ask_button.isEnabled)
    assert shown(dialog.precision_list)[0] == "Automatic"
    dialog.model_list.setCurrentIndex(0)
    ui.until(dialog.ask_button.isEnabled)
    dialog.precision_list.setCurrentIndex(offered.index("fp32 · CPU"))
    assert "of which 50.4 GiB can be used" in dialog.remark.text(), "of 56 that are free"
    assert dialog.remark.text().endswith("they are answered one after the other.")
    engine.loads.append([replace(ready, precision=Precision.FP32)])
    dialog.ask_button.click()
    until_answered(ui)

    assert ui.beside.requests == []
    assert [row.speaker for row in ui.rows] == ["You", "Baichuan Guide · fp32"]
    ui.transcript.version_requested.emit(ui.row("In fp32.").id, -1)
    assert [row.speaker for row in ui.rows] == ["You", "Baichuan Guide · bf16"]
    request = engine.requests[-2]
    assert isinstance(request, LoadRequest)
    assert request.precision is Precision.FP32
    assert ui.settings.current.precisions == {}, "it is no choice for the next start"


def test_no_comparison_is_offered_while_a_model_loads(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")
    gate = Gate()
    engine.loads.append([gate, READY])
    assert RowAction.COMPARE in ui.row("Yes.").actions

    ui.load(OTHER)
    ui.until(gate.reached.is_set)

    assert RowAction.COMPARE not in ui.row("Yes.").actions
    assert RowAction.REGENERATE in ui.row("Yes.").actions, "which waits for the model"
    gate.open.set()
    ui.until_idle()
    assert RowAction.COMPARE in ui.row("Yes.").actions


def shown(choice: QComboBox) -> list[str]:
    return [choice.itemText(number) for number in range(choice.count())]
