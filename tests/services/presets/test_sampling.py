from __future__ import annotations

import json

import pytest

from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.presets.sampling import (
    UnusableSamplingError,
    applied,
    as_json,
    changes_of,
    usable_changes,
)

MODEL = SamplingParams(temperature=0.3, top_k=5, top_p=0.85, repetition_penalty=1.05)


def test_each_layer_lies_over_those_before_it() -> None:
    found = applied(MODEL, {"temperature": 0.8, "top_k": 40}, {"temperature": 0.5})

    assert found == SamplingParams(temperature=0.5, top_k=40, top_p=0.85, repetition_penalty=1.05)


def test_who_sets_a_temperature_does_not_want_greedy() -> None:
    assert not applied(SamplingParams(greedy=True), {"temperature": 0.8}).greedy
    assert applied(SamplingParams(greedy=True), {"max_new_tokens": 8}).greedy
    assert applied(MODEL, {"temperature": 0.8, "greedy": True}).greedy


def test_changes_survive_the_way_through_json() -> None:
    changes = changes_of(
        {"greedy": False, "temperature": 1, "top_k": 0, "seed": None, "stop": ["。", "END"]}
    )

    assert usable_changes(as_json(changes)) == changes
    assert changes["stop"] == ("。", "END")
    assert as_json({}) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", "0.5"), ("temperature", True), ("temperature", -1), ("temperature", 1e9),
        ("temperature", float("nan")), ("temperature", 10**400), ("top_k", 1.5), ("top_k", -1),
        ("greedy", 1), ("seed", -1), ("seed", True), ("stop", "x"), ("stop", [""]), ("stop", [7]),
        ("stop", ["x"] * 17), ("max_new_tokens", 0), ("top_p", None), ("nonsense", 1),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(UnusableSamplingError) as refused:
        changes_of({"top_k": 7, name: value})

    assert refused.value.name == name


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "[" * 5000, json.dumps({"a": "x" * 30_000})])
def test_a_damaged_text_changes_nothing(text: str) -> None:
    assert usable_changes(text) == {}


def test_of_a_damaged_text_the_good_fields_stay() -> None:
    text = json.dumps({"temperature": 0.5, "top_k": "x", "other": 1})

    assert usable_changes(text) == {"temperature": 0.5}
