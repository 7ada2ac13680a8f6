"""Candidates chosen on a device lead to the tokens that all logits lead to, for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from backends.errors import InvalidLogitsError
from backends.generation import sampler as choosing
from backends.generation.sampler import Sampler
from backends.generation.sampling import SamplingParams
from backends.interface import Candidates
from backends.torch_backend.logits import CandidateChooser, to_numpy
from tests.helpers import goldens

Ids = npt.NDArray[np.intp]
CPU = torch.device("cpu")

GREEDY = SamplingParams(greedy=True, repetition_penalty=1.1)
RELEASED = SamplingParams(
    temperature=0.3, top_k=5, top_p=0.85, repetition_penalty=1.05, seed=3, max_new_tokens=2048
)
WAYS = {
    "greedy": GREEDY,
    "greedy without penalty": SamplingParams(greedy=True),
    "temperature 0": SamplingParams(temperature=0, repetition_penalty=1.3),
    "released": RELEASED,
    "no penalty": SamplingParams(top_k=5, top_p=0.85, seed=3),
    "penalty below 1": SamplingParams(top_k=5, repetition_penalty=0.7, seed=3),
    "hot": SamplingParams(temperature=100, top_k=50, repetition_penalty=1.1, seed=3),
    "cold": SamplingParams(temperature=1e-30, top_k=50, top_p=0.99, seed=3),
    "top_k 1": SamplingParams(top_k=1, repetition_penalty=1.1, seed=3),
    "top_k 1,000": SamplingParams(top_k=1000, repetition_penalty=1.1, seed=3),
    "strong penalty": SamplingParams(top_k=40, repetition_penalty=100, seed=3),
}


class Pair:
    """One answer chosen twice: from all logits, and from candidates where there are any."""

    def __init__(
        self,
        params: SamplingParams,
        vocab_size: int,
        prompt: Sequence[int],
        token_ids: Ids | None = None,
    ) -> None:
        self.wholes = 0  #: rows that had to be copied after all
        self._by_all = Sampler(params, vocab_size, token_ids)
        self._by_few = Sampler(params, vocab_size, token_ids)
        for sampler in (self._by_all, self._by_few):
            sampler.see(list(prompt))
        request = self._by_few.request()
        assert request is not None
        self._chooser = CandidateChooser(request, vocab_size, CPU, self._copy)

    def _copy(self, logits: Tensor) -> Any:
        self.wholes += 1
        return to_numpy(logits)

    def choose(self, logits: Tensor) -> int:
        """The token, which is the same by both."""
        expected = self._by_all.sample(to_numpy(logits))
        found = self._by_few.sample(self._chooser.choose(logits))
        assert found == expected
        for sampler in (self._by_all, self._by_few):
            sampler.see([found])
        self._chooser.see(found)
        return found


def random_rows(count: int, vocab_size: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Rows as a head gives them: in a 16-bit `dtype`, many logits are equal."""
    chance = torch.Generator().manual_seed(vocab_size)
    rows = 4 * torch.randn((count, vocab_size), generator=chance)
    return list(rows.to(dtype))


# --- the same tokens ---------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_random_logits_lead_to_the_same_tokens(way: str, dtype: torch.dtype) -> None:
    pair = Pair(WAYS[way], 4000, prompt=[5, 17, 3999])

    found = [pair.choose(row) for row in random_rows(40, 4000, dtype)]

    assert len(set(found)) > 20
    assert pair.wholes == 0  # else nothing would have been compared


@pytest.mark.parametrize("name", goldens.CHAT_NAMES)
@pytest.mark.parametrize("way", ["greedy", "released", "hot", "penalty below 1"])
def test_golden_logits_lead_to_the_same_tokens(name: str, way: str) -> None:
    data = goldens.arrays(name, "logits.npz")
    rows = torch.from_numpy(data["logits_130"])
    prompt = [int(i) for i in data["ids_130"]]
    pair = Pair(WAYS[way], rows.shape[1], prompt)

    for row in rows:
        pair.choose(row)

    assert pair.wholes == 0


@pytest.mark.parametrize("vocab_size", [1, 2, 5, 6, 128, 133, 134])
@pytest.mark.parametrize("top_k", [1, 5, 7, 1024])
def test_a_vocabulary_may_be_as_small_as_the_candidates(vocab_size: int, top_k: int) -> None:
    params = SamplingParams(top_k=top_k, top_p=0.9, repetition_penalty=1.2, seed=1)
    pair = Pair(params, vocab_size, prompt=[0])

    for row in random_rows(30, vocab_size):
        pair.choose(row)

    assert pair.wholes == 0


@pytest.mark.parametrize("params", [SamplingParams(), SamplingParams(top_k=1025)], ids=str)
def test_who_may_choose_among_all_gets_all(params: SamplingParams) -> None:
    assert Sampler(params, 5000).request() is None


# --- ties --------------------------------------------------------------------------------


def row_of(size: int, **runs: tuple[int, int, float]) -> Tensor:
    """Zeros with runs of equal logits: (first id, how many, logit)."""
    row = torch.zeros(size)
    for first, count, logit in runs.values():
        row[first : first + count] = logit
    return row


@pytest.mark.parametrize("equal", [1, 2, 5, 6, 100, 128, 129, 132, 133, 134, 500])
@pytest.mark.parametrize("way", ["greedy", "released", "no penalty"])
def test_all_that_equal_the_last_one_are_kept(equal: int, way: str) -> None:
    """As many as fit beside the others, and more, which costs the copy of the whole row."""
    pair = Pair(WAYS[way], 1000, prompt=[3])
    row = row_of(1000, best=(700, 2, 9.0), ties=(40, equal, 8.0))

    found = {pair.choose(row.clone()) for _ in range(25)}

    assert found <= {*range(40, 40 + equal), 700, 701}


def test_more_ties_than_candidates_are_drawn_from_all_of_them() -> None:
    params = SamplingParams(top_k=5, seed=1)
    pair = Pair(params, 4000, prompt=[])
    row = row_of(4000, ties=(1000, 3000, 2.0))

    found = [pair.choose(row) for _ in range(50)]

    assert pair.wholes == 50
    assert max(found) - min(found) > 2000


@pytest.mark.parametrize("best", [0.0, -0.0])
@pytest.mark.parametrize("way", ["greedy", "greedy without penalty", "released", "no penalty"])
def test_zero_of_either_sign_is_the_same_logit(best: float, way: str) -> None:
    row = torch.full((1000,), -1.0)
    row[500:560] = -best
    row[300:330] = best
    pair = Pair(WAYS[way], 1000, prompt=[310])

    found = [pair.choose(row.clone()) for _ in range(30)]

    assert found[0] == 300 or way in ("released", "no penalty")


def test_logits_that_the_temperature_makes_equal_are_ties() -> None:
    """Beside a best one of a million, a ten-thousandth more or less is nothing in fp32."""
    chance = torch.Generator().manual_seed(0)
    row = torch.rand(4000, generator=chance) / 10_000
    row[7] = 1e6
    pair = Pair(SamplingParams(temperature=100, top_k=5, top_p=1, seed=1), 4000, prompt=[])

    pair.choose(row)

    assert pair.wholes == 1


def test_what_the_temperature_leaves_no_probability_is_not_missed() -> None:
    """All but the best are divided out of fp32: so would those be that were not copied."""
    pair = Pair(SamplingParams(temperature=1e-30, top_k=5, seed=1), 4000, prompt=[])

    for row in random_rows(5, 4000):
        pair.choose(row * 1e10)

    assert pair.wholes == 0


def test_what_the_penalty_makes_equal_is_a_tie() -> None:
    """Seen tokens fall from 8 to 4, among three hundred that are there already."""
    params = SamplingParams(top_k=5, repetition_penalty=2, seed=1)
    pair = Pair(params, 1000, prompt=list(range(900, 940)))
    row = row_of(1000, seen=(900, 40, 8.0), others=(100, 300, 4.0))

    found = [pair.choose(row.clone()) for _ in range(30)]

    assert pair.wholes == 30
    assert len({token >= 900 for token in found}) == 2


@pytest.mark.parametrize("spare", [0, 1, 128])
@pytest.mark.parametrize("seed", range(4))
def test_no_setting_and_no_row_leads_to_another_token(
    spare: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among few candidates, with logits that are often equal, very small or very large."""
    monkeypatch.setattr(choosing, "_SPARE_CANDIDATES", spare)
    chance, wholes = random.Random(seed), 0
    for case in range(60):
        vocab_size = chance.choice([1, 2, 7, 140, 700])
        params = SamplingParams(
            greedy=chance.random() < 0.2,
            temperature=chance.choice([0, 1e-30, 0.3, 1, 100]),
            top_k=chance.choice([1, 2, 5, 50, 1000]),
            top_p=chance.choice([0, 0.1, 0.85, 1]),
            repetition_penalty=chance.choice([0.01, 0.7, 1, 1.1, 2, 100]),
            seed=case,
        )
        tokens = None
        if chance.random() < 0.4:
            kept = chance.sample(range(vocab_size), chance.randint(1, vocab_size))
            tokens = np.array(sorted(kept))
        prompt = chance.choices(range(vocab_size), k=chance.randint(0, 2 * vocab_size))
        pair = Pair(params, vocab_size, prompt, tokens)
        for row in random_rows(3, vocab_size):
            scaled = row * chance.choice([1e-41, 1e-3, 1, 1e37])
            pair.choose(scaled.round() if chance.random() < 0.4 else scaled)
        wholes += pair.wholes

    assert wholes > 0  # ties among them that few candidates could not hold


# --- rows that are no tokens --------------------------------------------------------------


@pytest.mark.parametrize("fill", [None, np.nan, np.inf, -np.inf, 1e4])
@pytest.mark.parametrize("way", ["greedy", "released", "no penalty", "top_k 1,000"])
@pytest.mark.parametrize(
    "tokens",
    [np.arange(1500), np.arange(500, 2000), np.arange(0, 2000, 3), np.array([1999]), np.arange(9)],
    ids=["first", "last", "each third", "one", "nine"],
)
def test_rows_that_are_no_tokens_take_no_part(fill: float | None, way: str, tokens: Ids) -> None:
    """Whatever they hold, and also where the prompt has named them."""
    others = np.setdiff1d(np.arange(2000), tokens)
    prompt = [int(tokens[0]), int(tokens[-1]), int(others[0]), int(others[-1])]
    pair = Pair(WAYS[way], 2000, prompt, tokens)

    for row in random_rows(12, 2000):
        if fill is not None:
            row[torch.from_numpy(others)] = fill
        assert pair.choose(row) in tokens


# --- numbers that are none ----------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("way", ["greedy", "greedy without penalty", "released", "no penalty"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_one_logit_that_is_no_number_is_an_error(
    value: float, way: str, dtype: torch.dtype
) -> None:
    """Also far from the best, and where it is penalised."""
    for place in (0, 17, 3999):
        pair = Pair(WAYS[way], 4000, prompt=[17])
        row = random_rows(1, 4000, dtype)[0]
        row[place] = value
        candidates = pair._chooser.choose(row)

        with pytest.raises(InvalidLogitsError):
            pair._by_few.sample(candidates)

        assert pair.wholes == 0


@pytest.mark.parametrize("value", [3e38, -3e38])
def test_the_largest_numbers_are_numbers(value: float) -> None:
    row = random_rows(1, 1000)[0]
    row[[5, 6]] = value
    pair = Pair(SamplingParams(top_k=5, top_p=0.9, seed=1), 1000, prompt=[5])

    pair.choose(row)


# --- what comes back ----------------------------------------------------------------------


def candidates_of(row: Tensor, params: SamplingParams, prompt: Sequence[int] = ()) -> Candidates:
    sampler = Sampler(params, row.numel())
    sampler.see(list(prompt))
    request = sampler.request()
    assert request is not None
    return CandidateChooser(request, row.numel(), CPU).choose(row)


def test_candidates_come_as_the_model_gave_them_by_ascending_id() -> None:
    row = torch.zeros(1000)
    row[[900, 20, 500]] = torch.tensor([3.0, 2.0, 1.0])

    found = candidates_of(row, RELEASED, prompt=[900])

    assert found.ids.size == 5 + 128
    assert (np.diff(found.ids) > 0).all()
    best = {int(i): float(x) for i, x in zip(found.ids, found.logits, strict=True) if x}
    assert best == {20: 2.0, 500: 1.0, 900: 3.0}  # the penalty is the sampler's
    assert (found.least, found.greatest) == (0.0, 3.0)
    np.testing.assert_array_equal(found.whole(), row.numpy())


def test_the_penalty_decides_who_is_among_the_candidates() -> None:
    row = torch.linspace(1, 2, 1000)  # the best are 867 to 999
    row[3] = 1.99

    assert 3 in candidates_of(row, RELEASED).ids
    assert 3 not in candidates_of(row, SamplingParams(top_k=5, repetition_penalty=1.9), [3]).ids


@pytest.mark.parametrize(("penalty", "among"), [(0.5, True), (2.0, False)])
def test_the_penalty_moves_negative_logits_the_other_way(penalty: float, among: bool) -> None:
    """0.5 makes -3 the best of all, -1.5; 2 makes -1.99 one of the worst."""
    row = torch.linspace(-3, -2, 1000)
    row[3] = -3.0 if among else -1.99
    params = SamplingParams(top_k=5, repetition_penalty=penalty)

    assert (3 in candidates_of(row, params).ids) is not among
    assert (3 in candidates_of(row, params, [3]).ids) is among


def test_candidates_outlive_the_next_step_but_the_row_behind_them_does_not() -> None:
    request = Sampler(RELEASED, 1000).request()
    assert request is not None
    chooser = CandidateChooser(request, 1000, CPU)
    rows = random_rows(2, 1000)
    first = chooser.choose(rows[0])
    ids, logits = first.ids.copy(), first.logits.copy()

    chooser.choose(rows[1])

    np.testing.assert_array_equal(first.ids, ids)
    np.testing.assert_array_equal(first.logits, logits)
    with pytest.raises(ValueError, match="the model has read on"):
        first.whole()


def test_the_model_s_logits_are_not_written_to() -> None:
    row = random_rows(1, 1000)[0]
    before = row.clone()

    candidates_of(row, RELEASED, prompt=[1, 2, 3])

    assert torch.equal(row, before)
