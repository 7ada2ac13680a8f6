"""Answers: asked for, stopped, gone on with, given again, edited, deleted."""

from __future__ import annotations

from PySide6.QtCore import Qt

from backends.events import FinishReason, PromptReady, TextDelta
from tests.ui.harness import Gate, ScriptedEngine, Step, answer, finished, until
from tests.ui.person.person import Person

Key = Qt.Key


def begun(text: str, gate: Gate) -> list[Step]:
    """An answer of which this has come, and that goes on when the gate is opened."""
    return [PromptReady(10, 0, 0), TextDelta(text), gate]


def test_a_question_is_answered_and_the_next_one_is_written_at_once(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("Light is *scattered*."), answer("The longer way.")]

    me.enter("Why is the Sky blue?")
    me.wait_for("You: Why is the Sky blue?", "Baichuan Guide: Light is scattered.")
    me.enter("And the sunset?")
    me.wait_for(
        "You: Why is the Sky blue?",
        "Baichuan Guide: Light is scattered.",
        "You: And the sunset?",
        "Baichuan Guide: The longer way.",
    )

    assert me.notes()[1] == "21 tokens · 10.0 tokens/s"
    assert me.entries("Conversations")[-1] == "Why is the Sky blue?"


def test_shift_and_enter_begin_a_new_line_and_the_round_button_sends(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("Two lines."))
    assert not me.can_press("Send"), "there is nothing to send"

    me.type("one")
    me.key(Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    me.type("two")
    assert me.sees("Enter sends · Shift+Enter is a new line")
    me.press("Send")

    me.wait_for("You: one\ntwo", "Baichuan Guide: Two lines.")
    assert me.written("Message") == ""


def test_an_answer_is_stopped_by_the_button_and_gone_on_with(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [begun("Rivers are", Gate()), answer(" water.")]
    me.enter("Tell me")
    me.wait_for("You: Tell me", "Baichuan Guide: Rivers are")

    me.press("Stop")
    me.wait_to_see("Answers can be wrong.")
    assert me.notes()[-1].endswith("stopped")
    me.at_message("Rivers are", "Continue this answer")

    me.wait_for("You: Tell me", "Baichuan Guide: Rivers are water.")
    assert me.sees("2 / 2")
    me.at_message("water", "Version before")
    me.wait_for("You: Tell me", "Baichuan Guide: Rivers are")


def test_esc_closes_what_is_open_first_and_then_stops_the_answer(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers.append(begun("So far", Gate()))
    me.enter("Tell me")
    me.wait_for("You: Tell me", "Baichuan Guide: So far")
    me.ctrl("F")
    assert me.controls("Find in this chat")

    me.escape()
    assert not me.controls("Find in this chat")
    assert me.can_press("Stop")
    me.escape()

    me.wait_to_see("Answers can be wrong.")
    assert me.messages() == ["You: Tell me", "Baichuan Guide: So far"]


def test_an_answer_is_given_again_its_versions_are_stepped_through_and_one_is_edited(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("First."), answer("Second.")]
    me.enter("Tell me")
    me.wait_for("You: Tell me", "Baichuan Guide: First.")

    me.at_message("First", "Answer again")
    me.wait_for("You: Tell me", "Baichuan Guide: Second.")
    me.wait_to_see("2 / 2")
    assert not me.buttons_at("Second")["Version after"].isEnabled()
    me.at_message("Second", "Version before")
    me.wait_for("You: Tell me", "Baichuan Guide: First.")
    assert me.sees("1 / 2")
    me.at_message("First", "Version after")
    me.wait_for("You: Tell me", "Baichuan Guide: Second.")

    me.at_message("Second", "Edit")
    assert me.written("Edit the answer") == "Second."
    me.write_anew("Mine.")
    me.press("Save")
    me.wait_for("You: Tell me", "Baichuan Guide: Mine.")
    assert me.sees("3 / 3")
    me.at_message("Mine", "Version before")
    me.wait_for("You: Tell me", "Baichuan Guide: Second.")
    assert len(engine.questions) == 2, "what a person writes is not asked for"


def test_an_edit_that_is_left_changes_nothing(me: Person, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("First."))
    me.enter("Tell me")
    me.wait_for("You: Tell me", "Baichuan Guide: First.")

    me.at_message("Tell me", "Edit")
    me.write_anew("Something else")
    me.escape()

    assert not me.controls("Edit the question")
    assert me.messages() == ["You: Tell me", "Baichuan Guide: First."]
    assert not me.sees("/ 2")


def test_a_question_is_edited_and_both_ways_the_conversation_went_are_kept(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("Four legs."), answer("Grass."), answer("Two wings.")]
    me.enter("Tell me of cows")
    me.wait_for("You: Tell me of cows", "Baichuan Guide: Four legs.")
    me.enter("What do they eat?")
    cows = ("You: Tell me of cows", "Baichuan Guide: Four legs.")
    food = ("You: What do they eat?", "Baichuan Guide: Grass.")
    me.wait_for(*cows, *food)

    me.at_message("Tell me of cows", "Edit")
    me.write_anew("Tell me of geese")
    me.press("Send")
    me.wait_for("You: Tell me of geese", "Baichuan Guide: Two wings.")
    me.at_message("geese", "Version before")

    me.wait_for(*cows, *food)


def test_up_in_an_empty_field_edits_the_last_question(me: Person, engine: ScriptedEngine) -> None:
    engine.answers += [answer("1"), answer("I")]
    me.enter("one")
    me.wait_for("You: one", "Baichuan Guide: 1")
    me.wait_until_ready()

    me.key(Key.Key_Up)
    assert me.written("Edit the question") == "one"
    me.write_anew("ONE")
    me.key(Key.Key_Return)

    me.wait_for("You: ONE", "Baichuan Guide: I")


def test_more_exact_and_more_varied_are_offered_for_an_answer(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("First."), answer("Second.")]
    me.enter("Tell me")
    me.wait_for("You: Tell me", "Baichuan Guide: First.")

    me.more_at("First", "Answer again with other settings…")
    exact = next(name for name in me.menu() if name.startswith("More exact"))
    me.choose(exact)

    me.wait_for("You: Tell me", "Baichuan Guide: Second.")
    before, after = (one.params.temperature for one in engine.questions)
    assert after < before


def test_question_and_answer_are_deleted_and_brought_back(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("1"), answer("2")]
    me.enter("one")
    me.wait_for("You: one", "Baichuan Guide: 1")
    me.enter("two")
    all_four = ("You: one", "Baichuan Guide: 1", "You: two", "Baichuan Guide: 2")
    me.wait_for(*all_four)

    me.more_at("Guide: 1", "Delete question and answers")
    me.wait_for("You: two", "Baichuan Guide: 2")
    assert me.sees("The messages were deleted.")
    me.press("Undo")

    me.wait_for(*all_four)
    assert not me.sees("The messages were deleted.")

    me.more_at("Guide: 2", "Delete question and answers")
    me.wait_for("You: one", "Baichuan Guide: 1")
    me.ctrl("Z")

    me.wait_for(*all_four)


def test_one_version_is_deleted_and_brought_back(me: Person, engine: ScriptedEngine) -> None:
    engine.answers += [answer("First."), answer("Second.")]
    me.enter("Tell me")
    me.wait_for("You: Tell me", "Baichuan Guide: First.")
    me.at_message("First", "Answer again")
    me.wait_for("You: Tell me", "Baichuan Guide: Second.")

    me.more_at("Second", "Delete this version")
    me.wait_for("You: Tell me", "Baichuan Guide: First.")
    assert not me.sees("/ 2")
    me.press("Undo")

    me.wait_for("You: Tell me", "Baichuan Guide: Second.")
    assert me.sees("2 / 2")


def test_the_next_message_waits_for_the_answer_and_can_be_taken_back(
    me: Person, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [[*begun("One", gate), TextDelta("."), finished()], answer("Two.")]
    me.enter("first")
    me.wait_for("You: first", "Baichuan Guide: One")

    me.enter("second")
    assert me.sees("Your message waits. You can take it back.")
    me.press("Take back")
    assert me.written("Message") == "second"
    assert me.messages() == ["You: first", "Baichuan Guide: One"]
    me.enter()
    gate.open.set()

    me.wait_for("You: first", "Baichuan Guide: One.", "You: second", "Baichuan Guide: Two.")


def test_an_answer_that_was_cut_says_so_and_goes_on(me: Person, engine: ScriptedEngine) -> None:
    cut: list[Step] = [
        PromptReady(10, 0, 0),
        TextDelta("It was long"),
        finished(FinishReason.LENGTH),
    ]
    engine.answers += [cut, answer(" and over.")]
    me.enter("Tell me")
    me.wait_for("You: Tell me", "Baichuan Guide: It was long")
    until(lambda: "Continue this answer" in me.buttons_at("It was long"))

    me.at_message("It was long", "Continue this answer")

    me.wait_for("You: Tell me", "Baichuan Guide: It was long and over.")


def test_a_chat_is_duplicated_up_to_a_message_and_both_go_their_way(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("1"), answer("2"), answer("3")]
    me.enter("one")
    me.wait_for("You: one", "Baichuan Guide: 1")
    me.enter("two")
    me.wait_for("You: one", "Baichuan Guide: 1", "You: two", "Baichuan Guide: 2")

    me.more_at("Guide: 1", "Duplicate the chat up to here")
    me.wait_for("You: one", "Baichuan Guide: 1")
    me.enter("three")
    me.wait_for("You: one", "Baichuan Guide: 1", "You: three", "Baichuan Guide: 3")

    assert me.entries("Conversations")[-2:] == ["Copy of one", "one"]
    me.click_entry("Conversations", "one")
    me.wait_for("You: one", "Baichuan Guide: 1", "You: two", "Baichuan Guide: 2")


def test_what_is_typed_after_a_click_on_a_message_goes_into_the_field(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("One."), answer("Two.")]
    me.enter("Count")
    me.wait_for("You: Count", "Baichuan Guide: One.")
    me.hover_message("One.")
    me.press("Answer again")
    me.wait_for("You: Count", "Baichuan Guide: Two.")

    me.type("more")

    assert me.written("Message") == "more"
    assert me.focused() == "Message"
