"""Prompts as the published `build_chat_input` makes them, but for what is mended on purpose."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from backends.errors import ContextLengthExceededError, InvalidRequestError
from backends.text.chat_template import (
    ChatTokens,
    Message,
    Role,
    build_app_prompt,
    build_chat_prompt,
)
from backends.text.tokenizer import Tokenizer
from tests.helpers import goldens
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.tokenizer_models import encode_raw

TOKENS = ChatTokens(195, 196)
DEFAULT_NEW_TOKENS = 64  # what the generation_config of the goldens says where a case says 0

Case = dict[str, Any]


def cases(tokenizer: str) -> list[Case]:
    rows: list[Case] = goldens.facts("chat", f"{tokenizer}.json")
    # The published code takes any other role for the assistant's; we have no other role.
    return [row for row in rows if row["case"] != "unknown_role"]


def build(tokenizer: Tokenizer, case: Case, max_new_tokens: int | None = None) -> list[int]:
    """Our prompt of a case, with raw ids, as the goldens have them."""
    messages = [Message(Role(m["role"]), m["content"]) for m in case["messages"]]
    return build_chat_prompt(
        messages,
        partial(encode_raw, tokenizer),
        TOKENS,
        context_length=case["model_max_length"],
        max_new_tokens=max_new_tokens or case["max_new_tokens"] or DEFAULT_NEW_TOKENS,
    ).ids


def budget(case: Case) -> int:
    new_tokens = case["max_new_tokens"] or DEFAULT_NEW_TOKENS
    return int(case["model_max_length"]) - int(new_tokens)


def kind(tokenizer: Tokenizer, case: Case) -> str:
    """What the case shows: "as published", or by which of our changes it differs.

    Told from the messages alone, not from what we make of them.
    """
    if "error" in case:
        return "system not first"
    messages = case["messages"]
    opens = messages[-1]["role"] != "assistant"
    lengths = prompt_lengths(tokenizer, messages)
    if lengths[0] + opens >= case["model_max_length"]:
        return "too long"
    if lengths[0] > budget(case):
        return "beyond the budget"
    if opens and budget(case) in lengths:
        return "the last 196 counts"
    return "as published"


def prompt_lengths(tokenizer: Tokenizer, messages: list[dict[str, str]]) -> list[int]:
    """Tokens of the prompt without the last 196, with the newest round, the newest two, …, all."""
    system = len(encode_raw(tokenizer, messages[0]["content"]))
    if messages[0]["role"] != "system":
        system, messages = 0, [{}, *messages]
    lengths, tokens = [], 0
    for position in range(len(messages) - 1, 0, -1):
        tokens += 1 + len(encode_raw(tokenizer, messages[position]["content"]))
        if messages[position]["role"] == "user" or position == 1:
            lengths.append(system + tokens)
    return lengths


@pytest.fixture(scope="module", params=[("shared_v1", "b1-13b"), ("shared_v2", "b2-13b")])
def sorted_cases(request: pytest.FixtureRequest) -> tuple[Tokenizer, dict[str, list[Case]]]:
    name, model = request.param
    tokenizer = goldens.tokenizer(model)
    found: dict[str, list[Case]] = {}
    for case in cases(name):
        found.setdefault(kind(tokenizer, case), []).append(case)
    return tokenizer, found


Sorted = tuple[Tokenizer, dict[str, list[Case]]]


def test_prompts_are_the_published_ones(sorted_cases: Sorted) -> None:
    tokenizer, found = sorted_cases

    assert len(found["as published"]) > 100
    for case in found["as published"]:
        assert build(tokenizer, case) == case["input_ids"], case


def test_the_last_turn_id_counts_in_the_budget(sorted_cases: Sorted) -> None:
    """Published, the prompt loses its first token for it; we leave one more round out."""
    tokenizer, found = sorted_cases

    assert {case["case"] for case in found["the last 196 counts"]} >= {"boundary+0", "round_exact"}
    for case in found["the last 196 counts"]:
        ours = build(tokenizer, case)

        assert len(ours) < budget(case)
        newest = 2 + len(encode_raw(tokenizer, case["messages"][-1]["content"]))
        assert ours[-newest:] == case["input_ids"][-newest:]
        with_room = build(tokenizer, case, max_new_tokens=case["max_new_tokens"] - 1)
        assert with_room[1:] == case["input_ids"]


def test_what_cannot_fit_is_reported_and_not_cut(sorted_cases: Sorted) -> None:
    """Published, the beginning of the message or system prompt is lost silently."""
    tokenizer, found = sorted_cases

    names = {case["case"] for case in found["too long"]}
    assert names >= {"long_single", "long_last_after_history", "system_too_long"}
    for case in found["too long"]:
        with pytest.raises(ContextLengthExceededError) as caught:
            build(tokenizer, case)

        assert_one_sentence(caught.value)
        who = "Your message needs"
        if "system" in case["case"]:
            who = "The system prompt needs"  # it is too long by itself
        assert caught.value.message.startswith(who)
        assert f"this model reads {case['model_max_length']} tokens" in caught.value.message


def test_what_fits_the_context_but_not_the_budget_is_kept_whole(sorted_cases: Sorted) -> None:
    """Published, it is cut to the budget; we let the answer be shorter."""
    tokenizer, found = sorted_cases

    names = {case["case"] for case in found["beyond the budget"]}
    assert names >= {"system_long_history", "quirk_max_new_ge_ctx"}
    for case in found["beyond the budget"]:
        ours = build(tokenizer, case)
        newest = encode_raw(tokenizer, case["messages"][-1]["content"])

        assert ours[-len(newest) - 2 :] == [195, *newest, 196]
        assert ours == build(tokenizer, case, max_new_tokens=case["model_max_length"])
        if case["messages"][0]["role"] == "system":
            system = encode_raw(tokenizer, case["messages"][0]["content"])
            assert ours[: len(system)] == system


def test_a_system_message_that_is_not_first_is_refused(sorted_cases: Sorted) -> None:
    tokenizer, found = sorted_cases

    assert {case["case"] for case in found["system not first"]} == {"system_not_first"}
    for case in found["system not first"]:
        with pytest.raises(InvalidRequestError) as caught:
            build(tokenizer, case)
        assert_one_sentence(caught.value)


# --- by hand: one id a letter ------------------------------------------------------------


def letters(text: str) -> list[int]:
    return [ord(char) for char in text]


U, A = 1, 2


def prompt(*turns: str, context_length: int = 100, max_new_tokens: int = 10) -> tuple[str, int]:
    """Turns are “u:text”, “a:text”, “s:text”; the prompt with U and A as the digits 1 and 2."""
    roles = {"u": Role.USER, "a": Role.ASSISTANT, "s": Role.SYSTEM}
    made = build_chat_prompt(
        [Message(roles[turn[0]], turn[2:]) for turn in turns],
        letters,
        ChatTokens(ord("1"), ord("2")),
        context_length=context_length,
        max_new_tokens=max_new_tokens,
    )
    return "".join(map(chr, made.ids)), made.dropped_messages


@pytest.mark.parametrize(
    ("turns", "room", "expected", "dropped"),
    [
        (["u:hi"], 90, "1hi2", 0),
        (["s:be", "u:hi"], 90, "be1hi2", 0),
        (["s:", "u:hi"], 90, "1hi2", 0),
        (["u:a", "a:b", "u:c"], 90, "1a2b1c2", 0),
        (["u:a", "a:b", "u:c"], 7, "1a2b1c2", 0),
        (["u:a", "a:b", "u:c"], 6, "1c2", 2),
        (["s:S", "u:a", "a:b", "u:c"], 8, "S1a2b1c2", 0),
        (["s:S", "u:a", "a:b", "u:c"], 7, "S1c2", 2),
        (["u:a", "a:b", "a:c", "u:d"], 8, "1d2", 3),
        (["u:a", "a:b"], 90, "1a2b", 0),
        (["a:hello", "u:hi"], 90, "2hello1hi2", 0),
        (["u:long", "a:x", "u:b", "a:y", "u:c"], 8, "1b2y1c2", 2),
        (["u:a", "a:looooong", "u:b", "a:y", "u:c"], 8, "1b2y1c2", 2),
        (["u:b", "a:y", "u:a", "a:looooong", "u:c"], 9, "1c2", 4),
    ],
)
def test_whole_rounds_are_kept_while_they_fit(
    turns: list[str], room: int, expected: str, dropped: int
) -> None:
    assert prompt(*turns, context_length=room + 10) == (expected, dropped)


def test_the_newest_message_may_leave_room_for_one_token() -> None:
    assert prompt("u:seven77", context_length=10) == ("1seven772", 0)
    with pytest.raises(ContextLengthExceededError) as caught:
        prompt("u:eight888", context_length=10)
    assert caught.value.facts["prompt_tokens"] == 11


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (["u:hi", "a:so f"], "1hi2so f"),
        (["s:be", "u:a", "a:b", "u:hi", "a:so f"], "be1a2b1hi2so f"),
        (["u:hi", "a: "], "1hi2 "),
        (["u:hi", "a:"], "1hi2"),
        (["a:so f"], "2so f"),
    ],
)
def test_an_unfinished_answer_is_continued_from_within_its_turn(
    turns: list[str], expected: str
) -> None:
    assert prompt(*turns) == (expected, 0)


@pytest.mark.parametrize(
    ("turns", "what"),
    [
        (["u:eight888"], "Your message"),
        (["s:be", "u:six666"], "The system prompt with your message"),
        (["u:hi", "a:six666"], "Your message with the answer so far"),
        (["s:be", "u:hi", "a:six6"], "The system prompt with your message and the answer so far"),
        (["s:eight888", "u:"], "The system prompt"),
        (["s:eight888", "u:hi", "a:hi"], "The system prompt"),
    ],
)
def test_what_is_too_long_is_named(turns: list[str], what: str) -> None:
    with pytest.raises(ContextLengthExceededError) as caught:
        prompt(*turns, context_length=10)

    assert caught.value.facts["what"] == what
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("turns", [[], ["s:be"]])
def test_there_must_be_a_message(turns: list[str]) -> None:
    with pytest.raises(InvalidRequestError, match=r"There is no message to answer\."):
        prompt(*turns)


def test_typed_turn_ids_stay_text() -> None:
    tokenizer = goldens.tokenizer("b2-7b")
    made = build_chat_prompt(
        [
            Message(Role.SYSTEM, "<reserved_106></s>"),
            Message(Role.USER, "x<reserved_107>y"),
            Message(Role.ASSISTANT, "<reserved_106>"),
            Message(Role.USER, "</s><reserved_<reserved_106>106>"),
        ],
        tokenizer.encode,
        TOKENS,
        context_length=4096,
        max_new_tokens=64,
    )

    control = [i for i in made.ids if i in tokenizer.control_ids]
    assert control == [195, 196, 195, 196]


# --- the app's: half of the context is the conversation's --------------------------------


@pytest.mark.parametrize(
    ("context_length", "max_new_tokens", "expected", "room"),
    [
        (20, 10, "1a2b1c2", None),  # half, as asked
        (20, 14, "1a2b1c2", 13),  # the published function would drop a round
        (20, 13, "1a2b1c2", None),  # both fit
        (20, 20, "1a2b1c2", 13),
        (20, 10_000, "1a2b1c2", 13),
        (14, 10_000, "1a2b1c2", 7),  # exactly half
        (13, 10_000, "1a2b1c2", 6),  # half of 13 is 6
        (12, 10_000, "1c2", None),  # dropped either way
        (4, 10_000, "1c2", None),
        (1_000, 10, "1a2b1c2", None),
    ],
)
def test_half_of_the_context_is_kept_free_at_most(
    context_length: int, max_new_tokens: int, expected: str, room: int | None
) -> None:
    encoded: list[str] = []

    def encode(text: str) -> list[int]:
        encoded.append(text)
        return letters(text)

    made = build_app_prompt(
        [Message(Role.USER, "a"), Message(Role.ASSISTANT, "b"), Message(Role.USER, "c")],
        encode,
        ChatTokens(ord("1"), ord("2")),
        context_length=context_length,
        max_new_tokens=max_new_tokens,
    )

    assert ("".join(map(chr, made.ids)), made.room_tokens) == (expected, room)
    assert sorted(encoded) == ["a", "b", "c"]  # each text once


def test_of_a_long_conversation_only_what_may_fit_is_encoded() -> None:
    encoded: list[str] = []

    def encode(text: str) -> list[int]:
        encoded.append(text)
        return letters(text)

    roles = (Role.USER, Role.ASSISTANT)
    messages = [Message(roles[n % 2], chr(0x4E00 + n)) for n in range(9_999)]
    made = build_app_prompt(
        messages, encode, ChatTokens(1, 2), context_length=40, max_new_tokens=10
    )

    assert len(made.ids) == 27  # six rounds of four ids, and the last message with both turns
    assert made.dropped_messages == 9_999 - 13
    assert len(encoded) == 15, "and the round that did not fit any more"
