"""The sampling of an answer that shall be more exact, or more varied, than one before."""

from __future__ import annotations

from dataclasses import replace

from backends.generation.sampling import SamplingParams

_MOST_TEMPERATURE = 1.5  # models talk nonsense beyond it
_FIRST_TEMPERATURE = 0.7  # where there was none
_LEAST_TOP_K = 20  # tokens: so few are no choice between words


def more_exact(params: SamplingParams) -> SamplingParams | None:
    """Half as much chance; None where there is none: the answer would be the same."""
    if _is_greedy(params):
        return None
    return replace(
        params,
        temperature=params.temperature / 2,
        top_p=min(params.top_p, 0.9),
        seed=None,
    )


def more_varied(params: SamplingParams) -> SamplingParams | None:
    """More chance; None where there is as much as is of use."""
    if _is_greedy(params):
        return replace(
            params,
            greedy=False,
            temperature=_FIRST_TEMPERATURE,
            top_k=_wider(params.top_k),
            top_p=max(params.top_p, 0.9),
            seed=None,
        )
    temperature = min(params.temperature * 1.5 + 0.1, _MOST_TEMPERATURE)
    if temperature <= params.temperature:
        return None
    return replace(
        params,
        temperature=temperature,
        top_k=_wider(params.top_k),
        top_p=1 - (1 - params.top_p) / 2,
        seed=None,
    )


def _is_greedy(params: SamplingParams) -> bool:
    return params.greedy or params.temperature == 0 or params.top_k == 1


def _wider(top_k: int) -> int:
    """Twice as many tokens; 0 is all of them already."""
    return max(2 * top_k, _LEAST_TOP_K) if top_k else 0
