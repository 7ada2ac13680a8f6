from __future__ import annotations

import json
from typing import Any

import pytest

from backends.errors import InvalidRequestError
from backends.events import SamplingDefaults
from backends.generation.terms import GrammarKind
from backends.text.chat_template import Message, Role
from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.schema.chat import read_chat

DEFAULTS = SamplingDefaults(False, 0.3, 5, 0.85, 1.05, 2048)
ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}]}


def refusal(**fields: object) -> ApiError:
    with pytest.raises(ApiError) as raised:
        read_chat(ASKED | fields)
    assert raised.value.status == 400
    assert raised.value.message.endswith((".", "?"))
    return raised.value


def test_what_is_not_said_is_as_the_model_asks() -> None:
    request = read_chat(ASKED).request(DEFAULTS, is_chat=False)

    assert request.params.temperature == 0.3
    assert request.params.top_k == 5
    assert request.params.top_p == 0.85
    assert request.params.repetition_penalty == 1.05
    assert request.params.max_new_tokens == 2048
    assert request.params.seed is None
    assert not request.drops_oldest
    assert not request.as_chat
    assert request.terms.likeliest is None


def test_what_is_said_is_done() -> None:
    said = {
        "temperature": 1,
        "top_p": 0.5,
        "top_k": -1,
        "repetition_penalty": 1.5,
        "frequency_penalty": -1,
        "presence_penalty": 0.5,
        "seed": -1,
        "stop": ["a", "b"],
        "max_completion_tokens": 7,
        "truncation": "auto",
        "as_chat": True,
        "logprobs": True,
        "top_logprobs": 3,
    }

    request = read_chat(ASKED | said).request(DEFAULTS, is_chat=False)

    assert request.params.temperature == 1
    assert request.params.top_p == 0.5
    assert request.params.top_k == 0
    assert request.params.repetition_penalty == 1.5
    assert request.params.seed == 2**63 - 1
    assert request.params.stop == ("a", "b")
    assert request.params.max_new_tokens == 7
    assert request.drops_oldest
    assert request.as_chat
    assert request.terms.frequency_penalty == -1
    assert request.terms.presence_penalty == 0.5
    assert request.terms.likeliest == 3


def test_a_model_of_few_turns_is_given_the_latest_where_others_may_be_left_out() -> None:
    system, first, answer, second = messages = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "1"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "2"},
    ]
    asked = {"messages": messages}

    left_out = read_chat(asked | {"truncation": "auto"}).request(
        DEFAULTS, is_chat=True, prompt_turns=1
    )
    whole = read_chat(asked).request(DEFAULTS, is_chat=True, prompt_turns=1)

    assert [one.text for one in left_out.messages] == [system["content"], second["content"]]
    assert left_out.older_messages == len([first, answer])
    assert (len(whole.messages), whole.older_messages) == (4, 0)


def test_temperature_zero_is_greedy_and_another_one_is_not() -> None:
    greedy = SamplingDefaults(True, 1.0, 0, 1.0, 1.0, 64)

    assert read_chat(ASKED | {"temperature": 0}).request(DEFAULTS, is_chat=False).params.greedy
    assert not read_chat(ASKED | {"temperature": 0.5}).request(greedy, is_chat=False).params.greedy
    assert read_chat(ASKED).request(greedy, is_chat=False).params.greedy


def test_base_model_that_is_used_for_chats_is_asked_as_one() -> None:
    assert read_chat(ASKED).request(DEFAULTS, is_chat=True).as_chat


def test_logprobs_without_a_number_are_of_the_chosen_tokens_alone() -> None:
    assert (
        read_chat(ASKED | {"logprobs": True}).request(DEFAULTS, is_chat=False).terms.likeliest == 0
    )


@pytest.mark.parametrize(
    ("messages", "read"),
    [
        (
            [
                {"role": "system", "content": "a"},
                {"role": "developer", "content": [{"type": "text", "text": "b"}]},
                {"role": "user", "content": [{"type": "text", "text": t} for t in "cd"]},
                {"role": "assistant", "content": [{"type": "refusal", "refusal": "e"}]},
                {"role": "user", "content": "f", "name": "somebody"},
            ],
            [("system", "a\nb"), ("user", "c\nd"), ("assistant", "e"), ("user", "f")],
        ),
        (  # as the client dumps an answer of its own
            [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b", "refusal": None, "tool_calls": None},
            ],
            [("user", "a"), ("assistant", "b")],
        ),
    ],
)
def test_messages_are_text_of_three_roles(messages: object, read: list[tuple[str, str]]) -> None:
    expected = tuple(Message(Role(role), text) for role, text in read)

    assert read_chat({"messages": messages}).messages == expected


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ("hello", "messages"),
        ([], "messages"),
        ([{"role": "system", "content": "a"}], "messages"),
        (["hello"], "messages[0]"),
        ([{"content": "a"}], "messages[0].role"),
        ([{"role": "tool", "content": "a", "tool_call_id": "1"}], "messages[0].role"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "user", "content": None}], "messages[0].content"),
        ([{"role": "user", "content": []}], "messages[0].content"),
        ([{"role": "user", "content": 5}], "messages[0].content"),
        ([{"role": "user", "content": ["a"]}], "messages[0].content[0]"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "/etc"}}]}],
            "messages[0].content[0].type",
        ),
        (
            [{"role": "user", "content": [{"type": "text", "text": 1}]}],
            "messages[0].content[0].text",
        ),
        ([{"role": "user", "content": "a", "images": ["AAAA"]}], "messages[0].images"),
        (
            [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{"id": "1"}]}],
            "messages[1].tool_calls",
        ),
        (
            [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}],
            "messages[1].role",
        ),
    ],
)
def test_wrong_message_is_named(messages: object, param: str) -> None:
    assert refusal(messages=messages).param == param


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"tool_choice": "required"},
        {"functions": [{"name": "f"}]},
        {"function_call": {"name": "f"}},
        {"n": 2},
        {"n": True},
        {"logit_bias": {"5": 1}},
        {"audio": {"voice": "a", "format": "wav"}},
        {"modalities": ["text", "audio"]},
        {"web_search_options": {}},
        {"reasoning_effort": "high"},
        {"verbosity": "low"},
        {"moderation": {"model": "a"}},
    ],
)
def test_what_is_not_supported_is_named(fields: dict[str, object]) -> None:
    error = refusal(**fields)

    assert error.param == next(iter(fields))
    assert error.code == "unsupported_parameter"


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [], "tool_choice": "auto", "functions": [], "function_call": "none"},
        {"n": 1, "logit_bias": {}, "modalities": ["text"], "reasoning_effort": "none"},
        {"user": "a", "metadata": {"a": "b"}, "store": True, "service_tier": "flex"},
        {"prediction": {"type": "content", "content": "a"}, "parallel_tool_calls": True},
        {"stream": False, "stop": None, "seed": None, "temperature": None, "tools": None},
        {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
        {"response_format": {"type": "text"}},
    ],
)
def test_what_asks_for_nothing_else_is_taken(fields: dict[str, object]) -> None:
    request = read_chat(ASKED | fields).request(DEFAULTS, is_chat=False)

    assert request == read_chat(ASKED).request(DEFAULTS, is_chat=False)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "0.5"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"top_k": 1.5}, "top_k"),
        ({"frequency_penalty": 3}, "frequency_penalty"),
        ({"presence_penalty": float("inf")}, "presence_penalty"),
        ({"repetition_penalty": 0}, "repetition_penalty"),
        ({"seed": 2**64}, "seed"),
        ({"seed": "7"}, "seed"),
        ({"stop": ""}, "stop"),
        ({"stop": 5}, "stop"),
        ({"stop": 0}, "stop"),
        ({"stop": False}, "stop"),
        ({"stop": ["a", 5]}, "stop"),
        ({"stop": ["a"] * 17}, "stop"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 2**40}, "max_tokens"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens"),
        ({"logprobs": 5}, "logprobs"),
        ({"top_logprobs": 5}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"usage": True}}, "stream_options.usage"),
        ({"truncation": "middle"}, "truncation"),
        ({"model": 5}, "model"),
        ({"response_format": "json"}, "response_format.type"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
            "response_format.json_schema.schema",
        ),
    ],
)
def test_wrong_value_is_named(fields: dict[str, object], param: str) -> None:
    error = refusal(**fields)

    assert error.param == param
    assert error.message.startswith(f"“{param}” should ") or param in error.message


def test_unknown_field_is_named_with_the_one_that_was_meant() -> None:
    """What is silently ignored is worse: an answer that was asked for otherwise."""
    error = refusal(temprature=0.5)

    assert (error.param, error.code) == ("temprature", "unknown_parameter")
    assert "“temperature”" in error.message


def test_names_of_any_length_are_said_again_in_part() -> None:
    """And are not compared with the known ones, which takes its time."""
    error = refusal(**{"a" * 10**6: 1})

    assert error.param == "a" * 64 + "…"
    assert len(error.message) < 200
    assert refusal(model="a" * 257).param == "model"


def test_nothing_of_a_message_is_in_an_error() -> None:
    canary = "the canary sings"
    wrong_ones: list[dict[str, object]] = [
        {"messages": canary},
        {"messages": [{"role": canary, "content": canary}]},
        {"messages": [{"role": "user", "content": {"text": canary}}]},
        {"stop": {"a": canary}},
        {"seed": canary},
        {"truncation": canary},
        {"response_format": {"type": canary}},
    ]

    assert not [one for one in wrong_ones if canary in refusal(**one).message]


def test_missing_messages_are_named() -> None:
    with pytest.raises(ApiError, match="“messages” is missing"):
        read_chat({})


def test_form_of_the_answer_is_a_grammar() -> None:
    schema = {"type": "object", "properties": {"名": {"type": "string"}}}
    as_schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}

    plain = read_chat(ASKED | {"response_format": {"type": "json_object"}}).terms.grammar
    held = read_chat(ASKED | {"response_format": as_schema}).terms.grammar

    assert plain is not None
    assert plain.kind is GrammarKind.JSON_OBJECT
    assert held is not None
    assert held.kind is GrammarKind.JSON_SCHEMA
    assert json.loads(held.schema) == schema


def test_no_request_that_was_understood_is_refused_for_its_sampling() -> None:
    """The least and the most of each option: the engine takes what was taken here."""
    least = {
        "temperature": 0,
        "top_p": 0,
        "top_k": -1,
        "repetition_penalty": 0.01,
        "seed": -(2**63),
    }
    most = {
        "temperature": 2,
        "top_p": 1,
        "top_k": 2**31,
        "repetition_penalty": 100,
        "seed": 2**64 - 1,
    }
    for fields in (least, most):
        try:
            read_chat(ASKED | fields | {"max_tokens": 2**31}).request(DEFAULTS, is_chat=False)
        except InvalidRequestError as error:
            raise AssertionError(error.message) from error
