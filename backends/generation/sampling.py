"""From logits to the next token: repetition penalty, temperature, top_k, top_p, in that order.

The functions are pure: logits of shape (vocab_size,) in, logits of the same shape out, with -inf
for what is excluded. They compute what transformers' processors of the same names compute.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import InvalidLogitsError, InvalidRequestError
from ..events import SamplingDefaults
from ..interface import CandidateRequest, Candidates, Logits

#: Groups of logits whose maxima lead to the best of all; more than any sensible top_k.
_GROUPS = 512
_LARGEST = np.finfo(np.float32).max
#: Candidates are asked for up to this top_k; beyond, a choice among all costs as much.
_MOST_CANDIDATES = 1024
#: So many more than top_k, for logits that are equal to the last one. In 16 bits a few are.
_SPARE_CANDIDATES = 128


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How tokens are chosen and when to stop."""

    greedy: bool = False
    temperature: float = 1.0  #: 0 means greedy
    top_k: int = 0  #: 0 means all tokens
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    max_new_tokens: int = 64
    seed: int | None = None  #: None draws one
    stop: tuple[str, ...] = ()  #: texts that end the answer and are not part of it

    def __post_init__(self) -> None:
        """Raises InvalidRequestError, naming the option, its range and the value."""
        _check("Temperature", self.temperature, 0, 100)
        _check("Top-k", self.top_k, 0, 2**31)
        _check("Top-p", self.top_p, 0, 1)
        _check("Repetition penalty", self.repetition_penalty, 0.01, 100)
        _check("The number of new tokens", self.max_new_tokens, 1, 2**31)
        if self.seed is not None:
            _check("The seed", self.seed, 0, 2**63 - 1)
        if any(not text for text in self.stop):
            raise InvalidRequestError("A stop text cannot be empty.")

    @classmethod
    def from_defaults(cls, defaults: SamplingDefaults) -> SamplingParams:
        """The sampling that a checkpoint asks for."""
        return cls(
            greedy=defaults.greedy,
            temperature=defaults.temperature,
            top_k=defaults.top_k,
            top_p=defaults.top_p,
            repetition_penalty=defaults.repetition_penalty,
            max_new_tokens=defaults.max_new_tokens,
        )


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidRequestError(
            "{name} must be from {low:g} to {high:g}, not {value:g}.",
            name=name,
            low=low,
            high=high,
            value=value,
        )


class Sampler:
    """Chooses tokens for one answer. The same seed and logits give the same tokens."""

    def __init__(
        self,
        params: SamplingParams,
        vocab_size: int,
        token_ids: npt.NDArray[np.intp] | None = None,
    ) -> None:
        """`token_ids` are the rows that may be chosen, ascending; None means all.

        The others may be padding, and their logits anything: they are left out before anything
        is computed.
        """
        self._params = params
        self._ids = np.arange(vocab_size) if token_ids is None else token_ids
        self._all = token_ids is None
        self._greedy = params.greedy or params.temperature == 0
        self._random = np.random.default_rng(params.seed)
        self._seen = np.zeros(vocab_size, dtype=np.bool_)

    def see(self, token_ids: list[int]) -> None:
        """Count tokens of the prompt or the answer for the repetition penalty."""
        self._seen[token_ids] = True

    def request(self) -> CandidateRequest | None:
        """The candidates that the next tokens can be chosen from; None if all logits are needed."""
        wanted = 1 if self._greedy else self._params.top_k
        if not 0 < wanted <= _MOST_CANDIDATES:
            return None
        return CandidateRequest(
            count=wanted + _SPARE_CANDIDATES,
            repetition_penalty=self._params.repetition_penalty,
            token_ids=None if self._all else self._ids,
            seen=np.flatnonzero(self._seen),
        )

    def sample(self, step: Logits | Candidates) -> int:
        """Choose the next token from the logits of a step, or from the candidates of `request`.

        Raises InvalidLogitsError if a logit of a row that may be chosen is NaN or infinite.
        """
        if isinstance(step, Candidates):
            ids, logits, seen = step.ids, step.logits, self._seen[step.ids]
            least, greatest = np.float32(step.least), np.float32(step.greatest)
        else:
            ids, logits, seen = self._ids, step, self._seen
            if not self._all:
                logits, seen = step[ids], seen[ids]
            least, greatest = logits.min(), logits.max()
        if not (np.isfinite(greatest) and np.isfinite(least)):  # NaN is both
            raise InvalidLogitsError
        scores = apply_repetition_penalty(logits, seen, self._params.repetition_penalty)
        if isinstance(step, Candidates) and not self._suffice(scores):
            return self.sample(step.whole())
        if self._greedy:
            return int(ids[scores.argmax()])
        places, probabilities = distribution(scores, self._params)
        return int(ids[self._random.choice(places, p=probabilities)])

    def _suffice(self, scores: Logits) -> bool:
        """Whether nothing could be kept that is not among these candidates.

        What is not scores at most as their least, so that has to be below what is kept; equal is
        not enough, before or after the temperature.
        """
        if scores.size == self._ids.size:
            return True
        if self._greedy:
            return bool(scores.min() < scores.max())
        scaled = _scaled(scores, self._params.temperature)
        least = scaled.min()
        return bool(least == -np.inf or least < top_k_threshold(scaled, self._params.top_k))


def distribution(
    scores: Logits, params: SamplingParams
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Candidate ids, ascending, and their probabilities, after temperature, top_k and top_p."""
    scaled = _scaled(scores, params.temperature)
    ids = np.flatnonzero(scaled >= top_k_threshold(scaled, params.top_k))
    kept = apply_top_p(scaled[ids], params.top_p)  # of the few that are left, not of all
    above = kept > -np.inf
    return ids[above], _softmax(kept[above])


def _scaled(scores: Logits, temperature: float) -> Logits:
    """Scores divided by the temperature.

    Relative to the best one, so that no temperature is too small and no logit too large; what
    overflows is far below it.
    """
    divisor = np.float32(max(temperature, 1e-30))
    with np.errstate(over="ignore"):
        scaled: Logits = (scores - scores.max()) / divisor
    return scaled


def apply_repetition_penalty(logits: Logits, seen: npt.NDArray[np.bool_], penalty: float) -> Logits:
    """Divide the positive and multiply the negative logits of `seen` tokens by `penalty`.

    What leaves the range of fp32 becomes its largest number, or the least.
    """
    if penalty == 1.0:
        return logits
    factor = np.float32(penalty)
    ids = np.flatnonzero(seen)  # few of a large vocabulary
    found = logits[ids]
    penalised = logits.copy()
    with np.errstate(over="ignore"):
        changed = np.where(found < 0, found * factor, found / factor)
    penalised[ids] = np.clip(changed, -_LARGEST, _LARGEST)
    return penalised


def top_k_threshold(logits: Logits, top_k: int) -> np.float32:
    """The least logit that `top_k` keeps; -inf if it keeps all of them.

    Exact, but without a partition of the whole vocabulary: the `top_k`-th largest of the maxima
    of disjoint groups has at least `top_k` logits that reach it, and few more.
    """
    if top_k <= 0 or top_k >= logits.size:
        return np.float32(-np.inf)
    whole = logits.size // _GROUPS * _GROUPS
    if whole and top_k <= _GROUPS:
        maxima = logits[:whole].reshape(-1, _GROUPS).max(axis=0)
        logits = logits[logits >= np.partition(maxima, -top_k)[-top_k]]
    threshold: np.float32 = np.partition(logits, -top_k)[-top_k]
    return threshold


def apply_top_p(logits: Logits, top_p: float) -> Logits:
    """Keep the fewest best tokens whose probabilities reach `top_p`, at least one.

    Of equal logits, those of the higher ids are kept.
    """
    if top_p >= 1.0:
        return logits
    ascending = np.sort(logits[logits > -np.inf])  # the published order of sums
    dropped = int(np.cumsum(_softmax(ascending)).searchsorted(1.0 - top_p, side="right"))
    dropped = min(dropped, ascending.size - 1)
    last = ascending[dropped]  # the least that is kept
    kept = np.where(logits < last, np.float32(-np.inf), logits)
    equal = dropped - int(ascending.searchsorted(last))
    kept[np.flatnonzero(logits == last)[:equal]] = -np.inf
    return kept


def _softmax(logits: Logits) -> npt.NDArray[np.float64]:
    exponentials = np.exp(logits.astype(np.float64) - float(logits.max()))
    total: float = exponentials.sum()
    return exponentials / total
