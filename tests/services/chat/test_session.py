"""What one conversation holds, and what is asked of the model."""

from __future__ import annotations

from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.chat.session import ChatSession

PARAMS = SamplingParams(seed=1)


def user(text: str) -> Message:
    return Message(Role.USER, text)


def assistant(text: str) -> Message:
    return Message(Role.ASSISTANT, text)


def test_every_turn_asks_with_all_that_was_said() -> None:
    session = ChatSession()
    assert session.ask("one", PARAMS) == ChatRequest((user("one"),), PARAMS)
    session.receive("an")
    session.receive("swer")
    assert session.end_answer() == "answer"

    request = session.ask("two", PARAMS)

    assert request == ChatRequest((user("one"), assistant("answer"), user("two")), PARAMS)
    assert session.messages == list(request.messages)


def test_the_system_prompt_goes_first_and_is_no_message_of_the_conversation() -> None:
    session = ChatSession()
    session.system_prompt = " Be brief. "

    request = session.ask("hi", PARAMS)

    assert request.messages == (Message(Role.SYSTEM, " Be brief. "), user("hi"))
    assert session.messages == [user("hi")]
    session.system_prompt = "Be long."
    assert session.ask("x", PARAMS).messages[0] == Message(Role.SYSTEM, "Be long.")


def test_a_system_prompt_of_spaces_is_none() -> None:
    session = ChatSession()
    session.system_prompt = " \n\t"

    assert session.ask("hi", PARAMS).messages == (user("hi"),)


def test_half_an_answer_is_kept() -> None:
    session = ChatSession()
    session.ask("hi", PARAMS)
    session.receive("half an an")

    assert session.end_answer() == "half an an"
    assert session.messages == [user("hi"), assistant("half an an")]
    assert session.take_back() == ""  # it has an answer, so it stays


def test_an_answer_of_nothing_is_no_message() -> None:
    session = ChatSession()
    session.ask("hi", PARAMS)

    assert session.end_answer() == ""
    assert session.messages == [user("hi")]


def test_a_question_without_an_answer_can_be_taken_back() -> None:
    session = ChatSession()
    session.ask("hi", PARAMS)

    assert session.take_back() == "hi"
    assert session.messages == []
    assert session.take_back() == ""


def test_text_of_an_answer_that_failed_is_not_part_of_the_next() -> None:
    session = ChatSession()
    session.ask("one", PARAMS)
    session.receive("lost")
    session.ask("two", PARAMS)
    session.receive("kept")

    assert session.end_answer() == "kept"


def test_a_new_chat_keeps_the_system_prompt() -> None:
    session = ChatSession()
    session.system_prompt = "Be brief."
    session.ask("hi", PARAMS)
    session.receive("half")

    session.clear()

    assert session.messages == []
    assert session.end_answer() == ""
    assert session.ask("x", PARAMS).messages[0].role is Role.SYSTEM


def test_a_request_does_not_change_with_the_conversation() -> None:
    session = ChatSession()
    request = session.ask("one", PARAMS)
    session.ask("two", PARAMS)

    assert request.messages == (user("one"),)
