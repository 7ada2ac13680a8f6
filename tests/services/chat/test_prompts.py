"""What a model is asked for, from the messages of a branch."""

from __future__ import annotations

import random

import pytest

from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from backends.text.chat_template import ChatTokens, Message, Role, build_app_prompt
from baichuan_desktop.services.chat.prompts import (
    beginning,
    chat_request,
    completion,
    messages_of,
    newest_of,
    text_of,
)
from baichuan_desktop.services.chat.values import ChatMessage, Outline, Status

PARAMS = SamplingParams(seed=1)


def branch(*turns: str) -> list[ChatMessage]:
    """Messages by “u:text” and “a:text”."""
    roles = {"u": Role.USER, "a": Role.ASSISTANT}
    return [
        ChatMessage(number, 1, number - 1, roles[turn[0]], turn[2:], Status.FINISHED, 1.0)
        for number, turn in enumerate(turns, 1)
    ]


@pytest.mark.parametrize(
    ("turns", "read"),
    [
        (["u:one"], ["one"]),
        (["u:one", "a:1", "u:two"], ["one", "1", "two"]),
        (["u:lost", "u:two"], ["two"]),
        (["u:lost", "a:", "u:two"], ["two"]),
        (["u:a", "u:b", "u:c", "a:3", "u:d"], ["c", "3", "d"]),
        (["u:one", "a:1", "a:2", "u:two"], ["one", "1", "2", "two"]),
        (["u:one", "a:half"], ["one", "half"]),
        (["u:", "a:1", "u:two"], ["", "1", "two"]),
        ([], []),
    ],
)
def test_a_question_without_an_answer_is_not_read_again(turns: list[str], read: list[str]) -> None:
    assert [one.text for one in messages_of(branch(*turns))] == read


def test_the_system_prompt_goes_first_and_spaces_are_none() -> None:
    messages = messages_of(branch("u:hi"))

    assert chat_request(messages, PARAMS, system_prompt=" Be brief. ").messages == (
        Message(Role.SYSTEM, " Be brief. "),
        Message(Role.USER, "hi"),
    )
    assert chat_request(messages, PARAMS, system_prompt=" \n\t") == ChatRequest(
        (Message(Role.USER, "hi"),), PARAMS
    )


def test_a_text_is_its_messages_joined() -> None:
    assert (
        text_of(branch("u:Once ", "a:upon a time", "a:, far away")) == "Once upon a time, far away"
    )


def test_the_prompt_of_a_continued_answer_ends_inside_the_assistants_turn() -> None:
    request = chat_request(messages_of(branch("u:hi", "a:so far")), PARAMS)

    made = build_app_prompt(
        request.messages,
        lambda text: [ord(char) for char in text],
        ChatTokens(1, 2),
        context_length=100,
        max_new_tokens=10,
    )

    assert made.ids == [1, *map(ord, "hi"), 2, *map(ord, "so far")]


@pytest.mark.parametrize(
    ("text", "begins_with"),
    [("so far", "so far"), ("水\ufffd\ufffd", "水"), ("a \ufffd b", "a \ufffd b"), (" x ", " x ")],
)
def test_a_continuation_begins_with_all_but_half_a_character(text: str, begins_with: str) -> None:
    assert beginning(text) == begins_with


def test_a_base_model_continues_text_as_it_stands() -> None:
    assert completion(" a\n", PARAMS) == CompleteRequest(" a\n", PARAMS)


def test_a_model_that_knows_few_turns_is_given_no_more_and_the_system_prompt() -> None:
    messages = messages_of(branch("u:1", "a:2", "u:3", "a:4", "u:5", "a:6", "u:7"))

    request = chat_request(messages, PARAMS, system_prompt="Be brief.", prompt_turns=2)

    assert [one.text for one in request.messages] == ["Be brief.", "5", "6", "7"]


def outlines(messages: list[ChatMessage]) -> list[Outline]:
    return [Outline(one.role, len(one.text)) for one in messages]


@pytest.mark.parametrize(
    ("turns", "first", "older"),
    [
        (["u:one", "a:1", "u:two"], 0, 0),  # 7 tokens of at most 8
        (["u:one", "a:1", "u:two", "a:2", "u:three"], 2, 2),  # 2 + 3 + 2 + 3 fit no more
        (["u:one", "a:1", "u:lost", "u:two", "a:22", "u:three"], 3, 2),  # nobody reads “lost”
        (["u:one", "a:1", "a:2", "u:a long question"], 3, 3),
        (["u:a long question"], 0, 0),  # the newest round is asked about in any case
        (["u:one", "a:a long answer"], 0, 0),
        (["a:a very long answer", "u:one"], 1, 1),
        ([], 0, 0),
    ],
)
def test_what_cannot_fit_before_the_newest_messages_is_counted(
    turns: list[str], first: int, older: int
) -> None:
    newest = newest_of(outlines(branch(*turns)), context_length=8, longest_token=3)

    assert (newest.first, newest.older) == (first, older)


def test_where_a_token_may_stand_for_any_number_of_characters_everything_is_read() -> None:
    newest = newest_of(
        outlines(branch(*["u:one", "a:1"] * 50)), context_length=8, longest_token=None
    )

    assert (newest.first, newest.older) == (0, 0)


@pytest.mark.parametrize("seed", range(300))
def test_the_prompt_is_the_same_as_with_all_messages(seed: int) -> None:
    draw = random.Random(seed)
    longest = draw.randint(1, 5)
    messages = branch(
        *(
            draw.choice(["u:", "a:"]) + "word" * draw.choice([0, 1, 1, 2, 9])
            for _ in range(draw.randint(1, 40))
        ),
        "u:now",
    )
    turns = draw.choice([None, None, 1, 2, 5])
    context, max_new_tokens = draw.choice([20, 50, 100]), draw.choice([1, 30])
    newest = newest_of(
        outlines(messages), context_length=context, longest_token=longest, prompt_turns=turns
    )

    def encode(text: str) -> list[int]:
        return [hash(text[at : at + longest]) for at in range(0, len(text), longest)]

    whole, part = (
        build_app_prompt(
            chat_request(messages_of(read), PARAMS, system_prompt="s", prompt_turns=turns).messages,
            encode,
            ChatTokens(1, 2),
            context_length=context,
            max_new_tokens=max_new_tokens,
        )
        for read in (messages, messages[newest.first :])
    )

    assert part.ids == whole.ids
    assert part.dropped_messages + newest.older == whole.dropped_messages
