"""Penalties on what an answer has said, by hand on a few logits, and against the formula."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from backends.errors import InvalidRequestError
from backends.generation.penalties import AnswerPenalties
from backends.generation.sampler import Sampler
from backends.generation.sampling import SamplingParams
from backends.generation.terms import AnswerTerms
from backends.interface import Candidates, Logits
from tests.helpers.sentences import assert_one_sentence


def array(*values: float) -> Any:
    return np.array(values, dtype=np.float32)


def by_hand(logits: Logits, said: Sequence[int], frequency: float, presence: float) -> Any:
    """mu[j] - c[j] * frequency - (c[j] > 0) * presence, as OpenAI writes it."""
    expected = logits.astype(np.float64)
    for token_id in set(said):
        expected[token_id] -= said.count(token_id) * frequency + presence
    return expected


def sampler(
    frequency: float, presence: float, said: Sequence[int] = (), size: int = 4, **options: Any
) -> Sampler:
    params = SamplingParams(**{"greedy": True, **options})
    made = Sampler(params, size, penalties=AnswerPenalties(size, frequency, presence))
    for token_id in said:
        made.add(token_id)
    return made


# --- the formula -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "presence"), [(0.5, 0), (0, 0.5), (2, 2), (-2, -2), (1, -2)], ids=str
)
def test_a_token_is_penalised_for_each_time_and_once(frequency: float, presence: float) -> None:
    penalties = AnswerPenalties(4, frequency, presence)
    said = [1, 1, 3, 1]
    for token_id in said:
        penalties.add(token_id)
    logits = array(1, 2, 3, -4)

    found = penalties.apply(logits, np.arange(4))

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_hand(logits, said, frequency, presence), rtol=1e-6)
    np.testing.assert_array_equal(penalties.apply(logits[2:], np.array([2, 3])), found[2:])


def test_no_penalty_changes_nothing() -> None:
    penalties = AnswerPenalties(2)
    penalties.add(1)
    logits = array(1, 2)

    assert penalties.apply(logits, np.arange(2)) is logits


def test_the_prompt_does_not_count() -> None:
    chooser = sampler(2, 2)
    chooser.see([1])

    assert chooser.sample(array(0, 3, 2, 0)) == 1
    chooser.add(1)
    assert chooser.sample(array(0, 3, 2, 0)) == 2


def test_the_penalty_comes_before_the_temperature() -> None:
    """1 and 2 are equally likely after it; a temperature of 0.01 would leave only one."""
    chooser = sampler(1, 0, [1], greedy=False, temperature=0.01, seed=1)

    drawn = {chooser.sample(array(-9, 3, 2, -9)) for _ in range(50)}

    assert drawn == {1, 2}


def test_the_repetition_penalty_comes_first() -> None:
    """(4 / 2) - 1 is 1, and (4 - 1) / 2 were 1.5."""
    chooser = sampler(1, 0, [1], repetition_penalty=2.0)

    assert chooser.sample(array(1.25, 4, 0, 0)) == 0


# --- candidates --------------------------------------------------------------------------


def choose(chooser: Sampler, logits: Logits, few: Sequence[int]) -> tuple[int, int]:
    """What is chosen from candidates, and how often all logits were asked for."""
    wholes = 0

    def whole() -> Logits:
        nonlocal wholes
        wholes += 1
        return logits

    ids = np.array(sorted(few))
    step = Candidates(ids, logits[ids], float(logits.min()), float(logits.max()), whole)
    return chooser.sample(step), wholes


@pytest.mark.parametrize(
    ("frequency", "presence", "said", "chosen", "wholes"),
    [
        (0.5, 0, [0], 0, 0),  # 4.5 is the best of all
        (2, 0, [0], 0, 1),  # 3 is as good as what is not among the candidates may be
        (2, 2, [0, 1], 2, 1),  # the best is none of them
        (-1, 0, [3, 3], 3, 1),  # a reward lifts one that is none of them to 5.5
        (-1, 0, [0], 0, 0),  # it lifts none above 4 + 1
        (0, -2, [2], 0, 1),  # it might have
    ],
)
def test_few_suffice_only_where_no_other_can_be_better(
    frequency: float, presence: float, said: list[int], chosen: int, wholes: int
) -> None:
    logits = array(5, 3, 2.75, 1) if frequency >= 0 else array(5, 4, 1, 3.5)

    assert choose(sampler(frequency, presence, said), logits, [0, 1]) == (chosen, wholes)


def test_candidates_give_what_all_logits_give() -> None:
    """For thousands of answers, of which many are lifted from below the candidates."""
    chance = np.random.default_rng(5)
    lifted = 0
    for _ in range(2000):
        size = int(chance.integers(8, 30))
        frequency, presence = chance.uniform(-2, 2, size=2).round(1)
        said = chance.integers(0, size, size=int(chance.integers(0, 20))).tolist()
        options = {
            "greedy": bool(chance.integers(0, 2)),
            "top_k": int(chance.integers(1, 4)),
            "temperature": 0.3,
            "seed": 3,
        }
        logits = chance.normal(size=size).round(1).astype(np.float32) * 2
        few = np.argsort(logits)[-int(chance.integers(4, 9)) :]
        expected = sampler(frequency, presence, said, size, **options).sample(logits)

        chosen, _ = choose(
            sampler(frequency, presence, said, size, **options), logits, few.tolist()
        )

        assert chosen == expected
        lifted += expected not in few
    assert lifted > 20


# --- the terms ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"frequency_penalty": 2.1}, "The frequency penalty must be from -2 to 2, not 2.1."),
        ({"presence_penalty": -3}, "The presence penalty must be from -2 to 2, not -3."),
        ({"likeliest": 21}, "The number of likeliest tokens must be from 0 to 20, not 21."),
        ({"likeliest": -1}, "The number of likeliest tokens must be from 0 to 20, not -1."),
        ({"presence_penalty": float("nan")}, "The presence penalty must be from -2 to 2, not nan."),
    ],
)
def test_terms_out_of_their_range_are_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        AnswerTerms(**options)

    assert caught.value.message == sentence
    assert_one_sentence(caught.value)
