"""How fast a loaded model reads prompts and decodes: the backend alone, without sampling and text.

All prompts are beginnings of one sequence of random ids, which the KV cache therefore holds a
prefix of at any time: what was read for one figure need not be read again for the next.
"""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from ..checkpoint.folder import Checkpoint
from ..choice import memory
from ..errors import InvalidLogitsError
from ..events import BenchmarkProgress, BenchmarkStep, DecodeSpeed, Speed
from ..generation.prefill import read_chunks
from ..interface import LoadedModel, Logits
from ..machine.hardware import Neighbours
from ..precision import ONNX_BLOCK, Precision
from ..protocol.engine_requests import BenchmarkRequest

_ROUNDS = 3  # of a whole prompt
#: A prompt that has taken so long is not read once more.
_ENOUGH_SECONDS = 30.0
_WARM_TOKENS = 2
_SEED = 7


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    prompts: tuple[int, ...]  #: tokens of the prompts that are read
    contexts: tuple[int, ...]  #: tokens before the first one that is decoded; more than two
    new_tokens: int  #: decoded after each context
    chunk: int | None = None  #: tokens of one prefill call; None: the backend's own

    @property
    def context_length(self) -> int:
        """Tokens that the KV cache must hold."""
        longest = max(self.contexts, default=0)
        return max(*self.prompts, longest + self.new_tokens if longest else 0, 1)

    def within(self, context_length: int) -> Plan:
        """The part of the plan that fits into a context length."""
        return Plan(
            tuple(count for count in self.prompts if count <= context_length),
            tuple(count for count in self.contexts if count + self.new_tokens <= context_length),
            self.new_tokens,
            self.chunk,
        )


def plan_of(request: BenchmarkRequest) -> Plan:
    """The plan that a request asks for, whatever the model can do."""
    return Plan(request.prompts, request.contexts, request.new_tokens)


@dataclass(frozen=True, slots=True)
class Speeds:
    """The speeds that were measured, in the order of the plan."""

    prefill: tuple[Speed, ...]
    decode: tuple[Speed, ...]


def measure(
    model: LoadedModel, plan: Plan, cancel: threading.Event, pieces: int | None = None
) -> Generator[BenchmarkProgress, None, Speeds | None]:
    """Measure a model whose context length is the plan's or more; returns None if cancelled.

    It reads the first `pieces` ids, None is all: rows above may be padding, which holds anything.
    `cancel` is read after each chunk and each token. Raises GenerationError.
    """
    run = _Run(model, plan, cancel, pieces or model.vocab_size)
    prefill = []
    for count in sorted(plan.prompts):
        prefill.append((yield from run.prefill(count)))
        if cancel.is_set():
            return None
    decode = []
    for context in sorted(plan.contexts, reverse=True):  # each is the beginning of the one before
        decode.append((yield from run.decode(context)))
        if cancel.is_set():
            return None
    return Speeds(_ordered(plan.prompts, prefill), _ordered(plan.contexts, decode))


def decode_speed(
    speed: Speed,
    plan: Plan,
    checkpoint: Checkpoint,
    precision: Precision,
    bandwidth: float | None,
    *,
    head_in_8_bits: bool = False,
) -> DecodeSpeed:
    """A decoding speed with its share of the device's `bandwidth`, in bytes a second, if known."""
    cached = speed.tokens + plan.new_tokens // 2  # on average over the decoded tokens
    block = checkpoint.export.block_size if checkpoint.export else None
    moved = memory.bytes_per_token(
        checkpoint.config,
        precision,
        cached,
        onnx_block=block or ONNX_BLOCK,
        head_in_8_bits=head_in_8_bits,
    )
    share = None if bandwidth is None else moved * speed.tokens_per_second / bandwidth
    return DecodeSpeed(speed, moved, share)


def _ordered(counts: Sequence[int], speeds: Sequence[Speed]) -> tuple[Speed, ...]:
    return tuple(next(s for s in speeds if s.tokens == count) for count in counts)


class _Run:
    def __init__(
        self, model: LoadedModel, plan: Plan, cancel: threading.Event, pieces: int
    ) -> None:
        self._model = model
        self._cancel = cancel
        self._new_tokens = plan.new_tokens
        self._chunk = plan.chunk or model.prefill_chunk
        rng = random.Random(_SEED)
        self._pieces = pieces
        self._ids = rng.choices(range(pieces), k=plan.context_length)
        self._warm = False

    def prefill(self, count: int) -> Generator[BenchmarkProgress, None, Speed]:
        """Read a prompt from its beginning, a few times."""
        if not self._warm:
            yield from self._read(0, min(self._chunk, count), BenchmarkStep.WARM, count)
            self._warm = True
        neighbours = Neighbours()
        times: list[float] = []
        while len(times) < _ROUNDS and sum(times) < _ENOUGH_SECONDS and not self._cancel.is_set():
            times.append((yield from self._read(0, count, BenchmarkStep.PREFILL, count)))
        return _speed(count, [seconds / count for seconds in times], neighbours)

    def decode(self, context: int) -> Generator[BenchmarkProgress, None, Speed]:
        """Decode after `context` tokens."""
        begin = min(len(self._model.cached_ids), context - _WARM_TOKENS)
        yield from self._read(begin, context - _WARM_TOKENS, BenchmarkStep.FILL, context)
        times: list[float] = []
        neighbours = Neighbours()
        for position in range(context - _WARM_TOKENS, context + self._new_tokens):
            if self._cancel.is_set():
                break
            if position == context:
                neighbours = Neighbours()
            started = time.perf_counter()
            logits = self._model.decode(self._ids[position])
            seconds = time.perf_counter() - started
            if position >= context:
                times.append(seconds)
                yield BenchmarkProgress(BenchmarkStep.DECODE, context, len(times), self._new_tokens)
        else:
            _check(logits[: self._pieces])
        return _speed(context, times, neighbours)

    def _read(
        self, begin: int, end: int, step: BenchmarkStep, tokens: int
    ) -> Generator[BenchmarkProgress, None, float]:
        """Read the ids from `begin` to `end` into the cache; returns the seconds that it took."""
        seconds = 0.0

        def timed(token_ids: Sequence[int]) -> Logits:
            nonlocal seconds
            started = time.perf_counter()
            logits = self._model.prefill(token_ids)
            seconds += time.perf_counter() - started
            return logits

        self._model.truncate(begin)
        for chunk in read_chunks(timed, self._ids[:end], self._chunk, self._cancel, begin=begin):
            yield BenchmarkProgress(step, tokens, chunk.end, end)
            if chunk.end == end:
                _check(chunk.logits[: self._pieces])
        return seconds


def _speed(tokens: int, seconds_each: Sequence[float], neighbours: Neighbours) -> Speed:
    if not seconds_each:  # cancelled before the first
        return Speed(tokens, 0.0, 0.0, 0.0)
    return Speed(
        tokens,
        tokens_per_second=1 / statistics.median(seconds_each),
        best_tokens_per_second=1 / min(seconds_each),
        neighbour_cores=neighbours.cores(),
    )


def _check(logits: Logits) -> None:
    if not np.isfinite(logits).all():
        raise InvalidLogitsError
