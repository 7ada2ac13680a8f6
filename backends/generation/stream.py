"""The loop that turns a prompt into an answer, on any backend.

prefix already in the KV cache? keep it
prefill the rest in chunks -> sample -> detokenize -> decode -> sample -> …
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..errors import ContextLengthExceededError, InvalidRequestError
from ..events import (
    Finished,
    FinishReason,
    GenerationEvent,
    PrefillProgress,
    PromptReady,
    TextDelta,
)
from ..interface import LoadedModel, Logits
from .sampling import Sampler, SamplingParams


class Detokenizer(Protocol):
    """Ids to text as they come; see `StreamingDetokenizer`."""

    def add(self, token_id: int) -> str:
        """The text that this id completes."""
        ...

    def flush(self) -> str:
        """The text that is still held back."""
        ...


@dataclass(slots=True)
class PromptMemo:
    """The prompt that was read last and the logits after it.

    Asked again, it is not read again. More than speed: a token computed alone and in a chunk
    differ in the last bits, and the same seed shall give the same answer.
    """

    ids: list[int] = field(default_factory=list)
    logits: Logits | None = None


def stream(
    model: LoadedModel,
    prompt_ids: Sequence[int],
    params: SamplingParams,
    *,
    eos_ids: frozenset[int],
    detokenizer: Detokenizer,
    cancel: threading.Event,
    memo: PromptMemo | None = None,
    dropped_messages: int = 0,
    room_tokens: int | None = None,
    token_ids: npt.NDArray[np.intp] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[GenerationEvent]:
    """Answer a prompt; the events end with one `Finished`.

    `cancel` is read between prefill chunks and between tokens, so a stop costs at most one
    forward pass. `token_ids` are those of the model's rows that are tokens, None means all; the
    counts are told in `PromptReady`. Raises GenerationError.
    """
    started = clock()
    prompt = list(prompt_ids)
    if not prompt:
        raise InvalidRequestError("There is no text to continue.")
    room = model.context_length - len(prompt)
    if room < 1:
        raise ContextLengthExceededError(
            what="The text", prompt_tokens=len(prompt) + 1, context_length=model.context_length
        )
    memo = memo or PromptMemo()
    cached = _common_prefix(model.cached_ids, prompt)
    logits = memo.logits if cached == len(prompt) and memo.ids == prompt else None
    if logits is None:
        # Computed even if cached: its logits choose the first token of the answer.
        cached = min(cached, len(prompt) - 1)
    model.truncate(cached)
    yield PromptReady(len(prompt), cached, dropped_messages, room_tokens)

    tail = StopStrings(params.stop)
    sampler = Sampler(params, model.vocab_size, token_ids)
    sampler.see(prompt)
    limit = min(params.max_new_tokens, room)
    new_tokens = 0
    prefilled = first_token = clock()
    reason: FinishReason | None = None

    for begin in range(cached, len(prompt), model.prefill_chunk):
        if cancel.is_set():
            reason = FinishReason.CANCELLED
            break
        end = min(begin + model.prefill_chunk, len(prompt))
        logits = model.prefill(prompt[begin:end])
        yield PrefillProgress(end - cached, len(prompt) - cached)
    if reason is None:
        memo.ids, memo.logits = prompt, logits
    prefilled = first_token = clock()

    while reason is None:
        assert logits is not None
        if cancel.is_set():
            reason = FinishReason.CANCELLED
            break
        token_id = sampler.sample(logits)
        if new_tokens == 0:
            first_token = clock()
        new_tokens += 1
        if token_id in eos_ids:
            reason = FinishReason.STOP
            break
        sampler.see([token_id])
        text = tail.add(detokenizer.add(token_id))
        if text:
            yield TextDelta(text)
        if tail.found:
            reason = FinishReason.STOP_STRING
        elif new_tokens == limit:
            reason = FinishReason.LENGTH if limit == params.max_new_tokens else FinishReason.CONTEXT
        else:
            logits = model.decode(token_id)
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
        cached_tokens=cached,
        new_tokens=new_tokens,
        context_tokens=len(prompt) + new_tokens,
        prefill_seconds=prefilled - started,
        first_token_seconds=first_token - started,
        decode_seconds=ended - first_token,
        threads=model.threads,
    )


def _common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    length = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        length += 1
    return length


class StopStrings:
    """Passes text through until one of the stop strings appears; cuts the text before it.

    Text that may be the beginning of a stop string is held back until that is decided.
    """

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = tuple(stop)
        self._held = ""
        self.found = False

    def add(self, text: str) -> str:
        """The text that is certain to belong to the answer."""
        if self.found or not text:
            return ""
        if not self._stop:
            return text
        self._held += text
        position = min((at for s in self._stop if (at := self._held.find(s)) >= 0), default=-1)
        if position >= 0:
            self.found = True
            certain, self._held = self._held[:position], ""
            return certain
        keep = max(self._overlap(s) for s in self._stop)
        certain = self._held[: len(self._held) - keep]
        self._held = self._held[len(self._held) - keep :]
        return certain

    def flush(self) -> str:
        """What is still held back, when the answer has ended."""
        held, self._held = self._held, ""
        return held

    def _overlap(self, stop: str) -> int:
        """Length of the longest end of the held text that begins `stop`."""
        longest = min(len(stop) - 1, len(self._held))
        return next((n for n in range(longest, 0, -1) if self._held.endswith(stop[:n])), 0)
