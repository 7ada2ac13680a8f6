"""Each step by hand on a few logits, and all of them against the published results."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from backends.errors import InvalidLogitsError, InvalidRequestError
from backends.events import SamplingDefaults
from backends.generation.sampler import (
    Sampler,
    apply_repetition_penalty,
    apply_top_p,
    distribution,
    top_k_threshold,
)
from backends.generation.sampling import SamplingParams
from tests.helpers import goldens
from tests.helpers.sentences import assert_one_sentence

INF = float("inf")


def array(*values: float) -> Any:
    return np.array(values, dtype=np.float32)


def keep_top_k(logits: Any, top_k: int) -> Any:
    """The logits with -inf in place of what `top_k` excludes."""
    return np.where(logits < top_k_threshold(logits, top_k), np.float32(-np.inf), logits)


# --- by hand -----------------------------------------------------------------------------


def test_the_penalty_divides_positive_and_multiplies_negative_logits_of_seen_tokens() -> None:
    seen = np.array([True, True, False, False])

    penalised = apply_repetition_penalty(array(2, -2, 2, -2), seen, 2.0)

    assert penalised.tolist() == [1, -4, 2, -2]


def test_a_penalty_of_one_changes_nothing() -> None:
    logits = array(2, -2)

    assert apply_repetition_penalty(logits, np.array([True, True]), 1.0) is logits


@pytest.mark.parametrize("penalty", [0.01, 100])
@pytest.mark.parametrize("greedy", [False, True])
def test_no_penalty_is_too_large_for_a_logit(penalty: float, greedy: bool) -> None:
    """Divided by 0.01 or times 100 it would leave fp32; then nothing could be compared."""
    sampler = Sampler(SamplingParams(greedy=greedy, top_k=2, repetition_penalty=penalty, seed=1), 4)
    sampler.see([1, 2])

    assert sampler.sample(array(3, 2e37, -2e37, 5)) == 1
    everything = apply_repetition_penalty(array(2e37, -2e37), np.array([True, True]), penalty)
    assert np.isfinite(everything).all()


@pytest.mark.parametrize(
    ("top_k", "expected"),
    [
        (0, [3, 1, 2, 2]),
        (1, [3, -INF, -INF, -INF]),
        (2, [3, -INF, 2, 2]),  # a tie with the last one stays
        (3, [3, -INF, 2, 2]),
        (4, [3, 1, 2, 2]),
        (99, [3, 1, 2, 2]),
    ],
)
def test_top_k_keeps_the_best(top_k: int, expected: list[float]) -> None:
    assert keep_top_k(array(3, 1, 2, 2), top_k).tolist() == expected


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(1.0, [0, 1, 2]), (0.99, [0, 1, 2]), (0.89, [0, 1]), (0.61, [0, 1]), (0.59, [0]), (0.0, [0])],
)
def test_top_p_keeps_the_fewest_that_reach_it(top_p: float, kept: list[int]) -> None:
    logits = np.log(array(0.6, 0.3, 0.1))

    assert np.flatnonzero(apply_top_p(logits, top_p) > -INF).tolist() == kept


def test_top_p_looks_only_at_what_top_k_left() -> None:
    params = SamplingParams(top_k=2, top_p=0.7)

    ids, probabilities = distribution(np.log(array(0.2, 0.4, 0.1, 0.3)), params)

    assert ids.tolist() == [1, 3]  # 4/7 does not reach 0.7; of all, 0.4 + 0.3 would
    assert probabilities == pytest.approx([4 / 7, 3 / 7], abs=1e-6)


def test_temperature_comes_before_top_p() -> None:
    logits = np.log(array(0.6, 0.4))

    assert distribution(logits, SamplingParams(top_p=0.65))[0].tolist() == [0, 1]
    assert distribution(logits, SamplingParams(top_p=0.65, temperature=0.5))[0].tolist() == [0]


@pytest.mark.parametrize("params", [SamplingParams(greedy=True), SamplingParams(temperature=0)])
def test_greedy_takes_the_best_after_the_penalty(params: SamplingParams) -> None:
    assert Sampler(params, 3).sample(array(1, 3, 2)) == 1

    penalised = SamplingParams(greedy=True, repetition_penalty=2.0)
    sampler = Sampler(penalised, 3)
    sampler.see([1])
    assert sampler.sample(array(1, 3, 2)) == 2


@pytest.mark.parametrize("value", [math.nan, INF, -INF])
@pytest.mark.parametrize("greedy", [False, True])
def test_numbers_that_are_none_are_an_error(value: float, greedy: bool) -> None:
    with pytest.raises(InvalidLogitsError) as caught:
        Sampler(SamplingParams(greedy=greedy), 3).sample(array(1, value, 2))

    assert_one_sentence(caught.value)


def test_the_same_seed_draws_the_same_tokens() -> None:
    logits = np.random.default_rng(0).normal(size=50).astype(np.float32)

    def draw(seed: int | None) -> list[int]:
        sampler = Sampler(SamplingParams(seed=seed), 50)
        return [sampler.sample(logits) for _ in range(40)]

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
    assert draw(None) != draw(None)


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    sampler = Sampler(SamplingParams(seed=1, top_k=3), 4)
    logits = np.log(array(0.5, 0.3, 0.15, 0.05))

    drawn = Counter(sampler.sample(logits) for _ in range(4000))

    assert set(drawn) == {0, 1, 2}
    for token_id, probability in ((0, 0.5), (1, 0.3), (2, 0.15)):
        assert drawn[token_id] / 4000 == pytest.approx(probability / 0.95, abs=0.03)


@pytest.mark.parametrize("temperature", [100, 0.01, 1e-20, 1e-40, 1e-300])
@pytest.mark.parametrize("scale", [1.0, 3e38])
def test_no_temperature_is_too_small_and_no_logit_too_large(
    temperature: float, scale: float
) -> None:
    params = SamplingParams(temperature=temperature, top_k=5, top_p=0.9, seed=1)
    if temperature == 100:
        params = SamplingParams(temperature=temperature, seed=1, top_k=1)

    assert Sampler(params, 3).sample(array(0.9, 1, -1) * np.float32(scale)) == 1


# --- as published ------------------------------------------------------------------------


@pytest.mark.parametrize("name", goldens.CHAT_NAMES)
def test_every_step_is_the_published_one(name: str) -> None:
    data, meta = goldens.arrays(name, "warpers.npz"), goldens.facts("model", name, "warpers.json")
    config = meta["generation_config"]
    seen = np.zeros(len(data["raw"]), dtype=np.bool_)
    seen[data["ids"]] = True
    order = ["RepetitionPenalty", "Temperature", "TopK", "TopP"]
    assert [re.sub("Logits.*", "", step) for step in meta["order"]] == order

    penalised = apply_repetition_penalty(data["raw"], seen, config["repetition_penalty"])
    warmed = penalised / np.float32(config["temperature"])
    best = keep_top_k(warmed, config["top_k"])
    fewest = apply_top_p(best, config["top_p"])

    def assert_close(actual: Any, key: str) -> None:
        np.testing.assert_allclose(actual, data[key], rtol=1e-6, atol=1e-6)

    assert_close(penalised, "after_processors")
    assert_close(warmed, "after_TemperatureLogitsWarper")
    assert_close(best, "after_TopKLogitsWarper")
    assert_close(fewest, "after_TopPLogitsWarper")


@pytest.mark.parametrize("name", goldens.CHAT_NAMES)
def test_the_final_probabilities_are_the_published_ones(name: str) -> None:
    data, meta = goldens.arrays(name, "warpers.npz"), goldens.facts("model", name, "warpers.json")
    seen = np.zeros(len(data["raw"]), dtype=np.bool_)
    seen[data["ids"]] = True
    assert len(meta["settings"]) == 6

    for setting, expected in meta["settings"].items():
        t, k, p, r = map(float, re.findall(r"[\d.]+", setting))
        params = SamplingParams(temperature=t, top_k=int(k), top_p=p)
        ids, probabilities = distribution(apply_repetition_penalty(data["raw"], seen, r), params)
        actual = dict(zip(ids.tolist(), probabilities.tolist(), strict=True))
        if "n_nonzero" in expected:
            entropy = -sum(q * math.log(q) for q in actual.values())
            assert entropy == pytest.approx(expected["entropy"], abs=1e-3)
            assert abs(len(actual) - expected["n_nonzero"]) <= 1  # the sum in fp32 as they take it
            expected = expected["top5"]
        else:
            assert set(actual) == set(map(int, expected)), setting
        for token_id, probability in expected.items():
            assert actual[int(token_id)] == pytest.approx(probability, abs=1e-4), setting


# --- settings ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"temperature": -0.1}, "Temperature must be from 0 to 100, not -0.1."),
        ({"temperature": math.nan}, "Temperature must be from 0 to 100, not nan."),
        ({"temperature": INF}, "Temperature must be from 0 to 100, not inf."),
        ({"top_k": -1}, "Top-k must be from 0 to 2.14748e+09, not -1."),
        ({"top_p": 1.01}, "Top-p must be from 0 to 1, not 1.01."),
        ({"repetition_penalty": 0}, "Repetition penalty must be from 0.01 to 100, not 0."),
        ({"max_new_tokens": 0}, "The number of new tokens must be from 1 to 2.14748e+09, not 0."),
        ({"seed": -1}, "The seed must be from 0 to 9.22337e+18, not -1."),
        ({"stop": ("a", "")}, "A stop text cannot be empty."),
    ],
    ids=str,
)
def test_a_setting_out_of_its_range_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        SamplingParams(**options)

    assert caught.value.message == sentence


def test_defaults_of_a_checkpoint_become_settings() -> None:
    defaults = SamplingDefaults(False, 0.3, 5, 0.85, 1.05, 2048)

    params = SamplingParams.from_defaults(defaults)

    expected = SamplingParams(
        temperature=0.3, top_k=5, top_p=0.85, repetition_penalty=1.05, max_new_tokens=2048
    )
    assert params == expected
