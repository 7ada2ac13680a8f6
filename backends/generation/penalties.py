"""Penalties on what an answer has said so far, by OpenAI's formula.

From the logit of a token that stands `n` times in the answer, `n` times the frequency penalty is
taken, and the presence penalty once if `n` is not 0. The prompt does not count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..interface import Logits


class AnswerPenalties:
    """Counts the tokens of one answer, and penalises them."""

    def __init__(self, vocab_size: int, frequency: float = 0.0, presence: float = 0.0) -> None:
        self._frequency = frequency
        self._presence = presence
        self._counts = np.zeros(vocab_size, dtype=np.float32)
        self._is_on = bool(frequency or presence)

    def add(self, token_id: int) -> None:
        """Count a token of the answer."""
        self._counts[token_id] += 1

    def apply(self, scores: Logits, ids: npt.NDArray[np.intp]) -> Logits:
        """The scores of `ids` after the penalties; of both an entry for each."""
        if not self._is_on:
            return scores
        counts = self._counts[ids]
        penalised: Logits = scores - self._of(counts)
        return penalised

    def most(self, score: np.float32) -> np.float32:
        """The most that becomes of any token with this score or less."""
        if not self._is_on:
            return score
        # A penalty below 0 is a reward, and the larger the oftener a token stands there.
        penalties = self._of(np.array([0, self._counts.max()], dtype=np.float32))
        once = self._of(np.minimum(self._counts.max(keepdims=True), 1))
        return np.float32((score - np.concatenate([penalties, once])).max())

    def _of(self, counts: Logits) -> Logits:
        stands: Logits = np.minimum(counts, 1)
        penalties: Logits = counts * self._frequency + stands * self._presence
        return penalties
