"""More exact, more varied."""

from __future__ import annotations

import pytest

from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.chat.sampling_steps import more_exact, more_varied

USUAL = SamplingParams(temperature=0.4, top_k=5, top_p=0.8, max_new_tokens=64, seed=3)


def test_one_step_lowers_the_chance_and_one_raises_it() -> None:
    exact, varied = more_exact(USUAL), more_varied(USUAL)

    assert exact == SamplingParams(temperature=0.2, top_k=5, top_p=0.8, max_new_tokens=64)
    assert varied is not None
    assert varied.temperature == pytest.approx(0.7)
    assert varied.top_p == pytest.approx(0.9)
    assert (varied.top_k, varied.seed) == (20, None)


@pytest.mark.parametrize(
    "greedy",
    [
        SamplingParams(greedy=True),
        SamplingParams(temperature=0),
        SamplingParams(temperature=0.9, top_k=1),
    ],
)
def test_what_leaves_nothing_to_chance_cannot_be_more_exact(greedy: SamplingParams) -> None:
    assert more_exact(greedy) is None
    varied = more_varied(greedy)
    assert varied is not None
    assert not varied.greedy
    assert varied.temperature > 0
    assert varied.top_k != 1


def test_more_varied_ends_before_nonsense() -> None:
    params: SamplingParams | None = USUAL
    steps = 0
    while params is not None:
        last, params = params, more_varied(params)
        steps += 1
        assert steps < 20

    assert last.temperature == 1.5
