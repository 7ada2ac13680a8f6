"""The tokens of an answer, one after the other: ids and logits, and nothing of their text.

sample -> decode -> sample -> decode -> …
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from ..events import FinishReason
from ..interface import Candidates, LoadedModel, Logits
from .sampler import Sampler


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was chosen, and what it was chosen from."""

    token_id: int
    step: Logits | Candidates
    #: Why no other one follows: STOP for one of the ids that end an answer, which has no text.
    ends: FinishReason | None = None

    @property
    def logits(self) -> Logits:
        """Those of the whole vocabulary, as the model gave them.

        To be asked for before the next token: they may lie on a card, where its logits replace
        them. Raises ValueError then.
        """
        return self.step.whole() if isinstance(self.step, Candidates) else self.step


def generate(
    model: LoadedModel,
    logits: Logits,
    sampler: Sampler,
    *,
    eos_ids: frozenset[int],
    max_new_tokens: int,
    cancel: threading.Event,
) -> Iterator[Token]:
    """Choose tokens until one `ends`, or `cancel` is set, which is read before each of them.

    `logits` are those after all ids that the cache holds, and `sampler` has seen these. The model
    reads a token when the next one is asked for: whoever has enough costs no further pass. Raises
    GenerationError.
    """
    room = model.context_length - len(model.cached_ids)
    limit = min(max_new_tokens, room)
    request = sampler.request()
    decode = model.decode if request is None else model.decode_candidates(request)
    step: Logits | Candidates = logits
    for count in range(1, limit + 1):
        if cancel.is_set():
            return
        token_id = sampler.sample(step)
        if token_id in eos_ids:
            yield Token(token_id, step, FinishReason.STOP)
            return
        if count == limit:
            why = FinishReason.LENGTH if limit == max_new_tokens else FinishReason.CONTEXT
            yield Token(token_id, step, why)
            return
        yield Token(token_id, step)
        sampler.add(token_id)
        step = decode(token_id)
