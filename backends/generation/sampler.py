"""From logits to the next token: penalties, temperature, top_k, top_p, in that order.

The functions are pure: logits of shape (vocab_size,) in, logits of the same shape out, with -inf
for what is excluded. They compute what transformers' processors of the same names compute.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from ..errors import InvalidLogitsError
from ..interface import CandidateRequest, Candidates, Logits
from .penalties import AnswerPenalties
from .sampling import SamplingParams

#: Groups of logits whose maxima lead to the best of all; more than any sensible top_k.
_GROUPS = 512
_LARGEST = np.finfo(np.float32).max
_Scores = TypeVar("_Scores", np.float32, Logits)
#: Candidates are asked for up to this top_k; beyond, a choice among all costs as much.
_MOST_CANDIDATES = 1024
#: So many more than top_k, for logits that are equal to the last one. In 16 bits a few are.
_SPARE_CANDIDATES = 128


class Form(Protocol):
    """What an answer is held to, as it goes on."""

    def allowed(self) -> npt.NDArray[np.bool_]:
        """Which rows of the model may come next, at least one: (vocab_size,)."""
        ...

    def add(self, token_id: int) -> None:
        """Go on with a token that was allowed."""
        ...


class Sampler:
    """Chooses tokens for one answer. The same seed and logits give the same tokens."""

    def __init__(
        self,
        params: SamplingParams,
        vocab_size: int,
        token_ids: npt.NDArray[np.intp] | None = None,
        penalties: AnswerPenalties | None = None,
        form: Form | None = None,
        *,
        needs_all: bool = False,
    ) -> None:
        """`token_ids` are the rows that may be chosen, ascending; None means all.

        The others may be padding, and their logits anything: they are left out before anything
        is computed. `needs_all` logits of a step who looks at more than what is chosen.
        """
        self._params = params
        self._ids = np.arange(vocab_size) if token_ids is None else token_ids
        self._all = token_ids is None
        self._greedy = params.greedy or params.temperature == 0
        self._random = np.random.default_rng(params.seed)
        self._seen = np.zeros(vocab_size, dtype=np.bool_)
        self._penalties = penalties or AnswerPenalties(vocab_size)
        self._form = form
        self._needs_all = needs_all or form is not None

    def see(self, token_ids: list[int]) -> None:
        """Count tokens of the prompt for the repetition penalty."""
        self._seen[token_ids] = True

    def add(self, token_id: int) -> None:
        """Count a token of the answer for the penalties, and what it is held to."""
        if self._form is not None:
            self._form.add(token_id)
        self._seen[token_id] = True
        self._penalties.add(token_id)

    def request(self) -> CandidateRequest | None:
        """The candidates that the next tokens can be chosen from; None if all logits are needed."""
        wanted = 1 if self._greedy else self._params.top_k
        if self._needs_all or not 0 < wanted <= _MOST_CANDIDATES:
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
            if self._form is not None:
                ids = ids[self._form.allowed()[ids]]
            if ids.size < step.size:
                logits, seen = step[ids], seen[ids]
            least, greatest = logits.min(), logits.max()
        if not (np.isfinite(greatest) and np.isfinite(least)):  # NaN is both
            raise InvalidLogitsError
        scores = apply_repetition_penalty(logits, seen, self._params.repetition_penalty)
        before, scores = scores, self._penalties.apply(scores, ids)
        if isinstance(step, Candidates) and not self._suffice(scores, before.min()):
            return self.sample(step.whole())
        if self._greedy:
            return int(ids[scores.argmax()])
        places, probabilities = distribution(scores, self._params)
        return int(ids[self._random.choice(places, p=probabilities)])

    def _suffice(self, scores: Logits, least: np.float32) -> bool:
        """Whether nothing could be kept that is not among these candidates.

        What is not scores at most as their `least` before the answer's penalties, which may lift
        it; so that has to be below what is kept. Equal is not enough, before or after the
        temperature.
        """
        others = self._penalties.most(least)
        if scores.size == self._ids.size:
            return True
        best = scores.max()
        if self._greedy:
            return bool(others < best)
        temperature = self._params.temperature
        most = _scaled(others, best, temperature)
        kept = top_k_threshold(_scaled(scores, best, temperature), self._params.top_k)
        return bool(most == -np.inf or most < kept)


def distribution(
    scores: Logits, params: SamplingParams
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Candidate ids, ascending, and their probabilities, after temperature, top_k and top_p."""
    scaled = _scaled(scores, scores.max(), params.temperature)
    ids = np.flatnonzero(scaled >= top_k_threshold(scaled, params.top_k))
    kept = apply_top_p(scaled[ids], params.top_p)  # of the few that are left, not of all
    above = kept > -np.inf
    return ids[above], _softmax(kept[above])


def _scaled(scores: _Scores, best: np.float32, temperature: float) -> _Scores:
    """Scores divided by the temperature.

    Relative to the best one, so that no temperature is too small and no logit too large; what
    overflows is far below it.
    """
    divisor = np.float32(max(temperature, 1e-30))
    with np.errstate(over="ignore"):
        scaled: _Scores = (scores - best) / divisor
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
