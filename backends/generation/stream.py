"""An answer as events: the text of the tokens, stop strings, and the figures at the end.

`Prefill` -> `tokens` -> text
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..events import Finished, FinishReason, GenerationEvent, TextDelta, TokensScored
from .penalties import AnswerPenalties
from .prefill import Prefill
from .sampler import Form, Sampler
from .sampling import SamplingParams
from .scoring import AnswerScores, Scorer
from .stop_strings import StopStrings
from .terms import AnswerTerms
from .tokens import generate


class Detokenizer(Protocol):
    """Gives the text of ids as they come, as `StreamingDetokenizer` does."""

    def add(self, token_id: int) -> str:
        """The text that this id completes."""
        ...

    def flush(self) -> str:
        """The text that is still held back."""
        ...

    def octets(self, token_id: int) -> bytes:
        """The bytes of an id's text, whatever came before it."""
        ...


def stream(
    prefill: Prefill,
    params: SamplingParams,
    *,
    eos_ids: frozenset[int],
    detokenizer: Detokenizer,
    cancel: threading.Event,
    token_ids: npt.NDArray[np.intp] | None = None,
    terms: AnswerTerms | None = None,
    form: Form | None = None,
    continues: bool = True,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[GenerationEvent]:
    """Read the prompt and answer it; the events end with one `Finished`.

    `cancel` is read between prefill chunks and between tokens, so a stop costs at most one
    forward pass. `token_ids` are those of the model's rows that are tokens, None means all;
    `form` is what `terms` hold the answer to. One that does not continue is empty. Raises
    GenerationError.
    """
    started = clock()
    terms = terms or AnswerTerms()
    model, prompt = prefill.model, prefill.prompt
    logits = yield from prefill.run(cancel)
    prefilled = first_token = clock()
    tail = StopStrings(params.stop)
    scores = None
    if terms.likeliest is not None:
        scores = AnswerScores(Scorer(terms.likeliest, detokenizer.octets, token_ids))
    reason = FinishReason.CANCELLED  # unless a token says otherwise
    new_tokens = 0
    if logits is not None and not continues:
        reason = FinishReason.LENGTH
    elif logits is not None:
        penalties = AnswerPenalties(
            model.vocab_size, terms.frequency_penalty, terms.presence_penalty
        )
        sampler = Sampler(
            params, model.vocab_size, token_ids, penalties, form, needs_all=scores is not None
        )
        sampler.see(prompt)
        for token in generate(
            model,
            logits,
            sampler,
            eos_ids=eos_ids,
            max_new_tokens=params.max_new_tokens,
            cancel=cancel,
        ):
            if new_tokens == 0:
                first_token = clock()
            new_tokens += 1
            if token.ends is not None:
                reason = token.ends
            if token.ends is FinishReason.STOP:
                break
            completed = detokenizer.add(token.token_id)
            if scores is not None:
                scores.add(token.logits, token.token_id, completed)
            if text := tail.add(completed):
                yield from _told(text, scores)
            if tail.found:
                break
    ended = clock()
    text = "" if tail.found else tail.add(detokenizer.flush()) + tail.flush()
    if scores is not None:
        yield from scores.rest(text, is_cut=tail.found)
    elif text:
        yield TextDelta(text)
    if tail.found:
        reason = FinishReason.STOP_STRING
    yield Finished(
        reason=reason,
        prompt_tokens=len(prompt),
        cached_tokens=prefill.cached_tokens,
        new_tokens=new_tokens,
        context_tokens=len(prompt) + new_tokens,
        prefill_seconds=prefilled - started,
        first_token_seconds=first_token - started,
        decode_seconds=ended - first_token,
        threads=model.threads,
    )


def _told(text: str, scores: AnswerScores | None) -> Iterator[TokensScored | TextDelta]:
    return iter([TextDelta(text)]) if scores is None else scores.sure(text)
