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

from ..events import Finished, FinishReason, GenerationEvent, TextDelta
from .prefill import Prefill
from .sampling import Sampler, SamplingParams
from .stop_strings import StopStrings
from .tokens import generate


class Detokenizer(Protocol):
    """Gives the text of ids as they come, as `StreamingDetokenizer` does."""

    def add(self, token_id: int) -> str:
        """The text that this id completes."""
        ...

    def flush(self) -> str:
        """The text that is still held back."""
        ...


def stream(
    prefill: Prefill,
    params: SamplingParams,
    *,
    eos_ids: frozenset[int],
    detokenizer: Detokenizer,
    cancel: threading.Event,
    token_ids: npt.NDArray[np.intp] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[GenerationEvent]:
    """Read the prompt and answer it; the events end with one `Finished`.

    `cancel` is read between prefill chunks and between tokens, so a stop costs at most one
    forward pass. `token_ids` are those of the model's rows that are tokens, None means all.
    Raises GenerationError.
    """
    started = clock()
    model, prompt = prefill.model, prefill.prompt
    logits = yield from prefill.run(cancel)
    prefilled = first_token = clock()
    tail = StopStrings(params.stop)
    reason = FinishReason.CANCELLED  # unless a token says otherwise
    new_tokens = 0
    if logits is not None:
        sampler = Sampler(params, model.vocab_size, token_ids)
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
            text = tail.add(detokenizer.add(token.token_id))
            if text:
                yield TextDelta(text)
            if tail.found:
                break
    ended = clock()
    if not tail.found:
        text = tail.add(detokenizer.flush()) + tail.flush()
        if text:
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
