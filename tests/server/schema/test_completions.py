from __future__ import annotations

import pytest

from backends.events import SamplingDefaults
from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.schema.completions import read_completion

DEFAULTS = SamplingDefaults(False, 0.3, 5, 0.85, 1.05, 2048)


@pytest.mark.parametrize(
    ("prompt", "text", "ids"),
    [
        ("a", "a", None),
        ("", "", None),
        (["a"], "a", None),
        ([5, 7], "", (5, 7)),
        ([[5, 7]], "", (5, 7)),
    ],
)
def test_prompt_is_a_text_or_ids_or_a_list_of_one(
    prompt: object, text: str, ids: tuple[int, ...] | None
) -> None:
    request = read_completion({"prompt": prompt}).request(DEFAULTS)

    assert (request.prompt, request.prompt_ids) == (text, ids)


@pytest.mark.parametrize(
    "prompt",
    [
        None,
        5,
        [],
        [[]],
        ["a", "b"],
        [[1], [2]],
        [1, "a"],
        ["a", 1],
        ["a", None],
        [[1], 2],
        [True],
        [-1],
        [1.5],
        {"a": 1},
        [["a"]],
    ],
)
def test_other_prompts_are_refused(prompt: object) -> None:
    with pytest.raises(ApiError) as raised:
        read_completion({"prompt": prompt})

    assert (raised.value.status, raised.value.param) == (400, "prompt")


def test_sixteen_tokens_are_given_unless_another_number_is_asked_for() -> None:
    usual = read_completion({"prompt": "a"}).request(DEFAULTS)
    more = read_completion({"prompt": "a", "max_tokens": 40}).request(DEFAULTS)

    assert usual.params.max_new_tokens == 16
    assert more.params.max_new_tokens == 40
    assert usual.continues
    assert usual.params.temperature == 0.3


def test_prompt_is_scored_where_echo_and_logprobs_meet() -> None:
    asked = {"prompt": [1, 2], "echo": True, "logprobs": 1, "max_tokens": 0}

    scored = read_completion(asked).request(DEFAULTS)
    alone = read_completion({"prompt": "a", "logprobs": 0}).request(DEFAULTS)
    said_again = read_completion({"prompt": [1, 2], "echo": True}).request(DEFAULTS)

    assert scored.scores_prompt
    assert not scored.continues
    assert scored.terms.likeliest == 1
    assert not alone.scores_prompt
    assert alone.terms.likeliest == 0
    assert said_again.scores_prompt
    assert said_again.terms.likeliest == 0


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"best_of": 2}, "best_of"),
        ({"n": 3}, "n"),
        ({"suffix": "b"}, "suffix"),
        ({"logit_bias": {"1": 100}}, "logit_bias"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": -1, "echo": True}, "max_tokens"),
        ({"logprobs": True}, "logprobs"),
        ({"logprobs": 21}, "logprobs"),
        ({"echo": 1}, "echo"),
        ({"messages": []}, "messages"),
        ({"truncation": "auto"}, "truncation"),
    ],
)
def test_wrong_field_is_named(fields: dict[str, object], param: str) -> None:
    with pytest.raises(ApiError) as raised:
        read_completion({"prompt": "a"} | fields)

    assert (raised.value.status, raised.value.param) == (400, param)


def test_what_asks_for_nothing_is_taken() -> None:
    harmless = {"best_of": 1, "n": 1, "suffix": "", "logit_bias": {}, "user": "a", "echo": False}

    assert read_completion({"prompt": "a"} | harmless).request(DEFAULTS) == read_completion(
        {"prompt": "a"}
    ).request(DEFAULTS)
