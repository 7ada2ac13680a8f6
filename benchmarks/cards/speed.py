"""Times and comparisons of one model: the sections of `cuda.py`. Nothing here prints."""

from __future__ import annotations

import copy
import itertools
import logging
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import torch

from backends.generation.prefill import read_chunks
from backends.generation.sampler import Sampler
from backends.generation.sampling import SamplingParams
from backends.interface import LoadedModel, Logits
from backends.model_config import ModelConfig
from backends.precision import Precision
from backends.torch_backend.cuda import CudaModel
from backends.torch_backend.decode_graph import keys_for
from benchmarks import random_model
from benchmarks.cards import clocks
from benchmarks.cards.sizes import Sizes

#: Logits of two ways to sum the same 16-bit products differ by this share of their range.
_TOLERANCE: Final = 0.05
#: Two best logits this close, as a share of the range, are a few steps of bf16 apart: in a random
#: vocabulary of 125,696 that happens every tenth token.
_NEAR_TIE: Final = 0.02
_ROUNDS: Final = 3
_WARM_TOKENS: Final = 3
_SEED: Final = 7
_SAMPLES: Final = 100

Step = Callable[[int], Logits]


def some_ids(vocab_size: int, count: int) -> list[int]:
    """The same random ids each time."""
    return random.Random(_SEED).choices(range(vocab_size), k=count)


def read(model: LoadedModel, ids: Sequence[int], chunk: int | None = None) -> Logits:
    """Read a prompt from its beginning. Raises ArithmeticError on logits that are not finite."""
    model.truncate(0)
    *_, last = read_chunks(model.prefill, ids, chunk or model.prefill_chunk, threading.Event())
    if not np.isfinite(last.logits).all():
        raise ArithmeticError("The model's logits are not finite.")
    return last.logits


# --- parity ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parity:
    """How far two ways of computing the same steps agree."""

    steps: int
    same_tokens: int  #: steps whose best token is the same, after the same tokens
    free_running: int  #: tokens that are the same when each way goes on with its own
    largest_tie: float  #: gap of the two best, as a share of the range, where they chose apart
    mean_difference: float  #: of logits, as a share of their range
    largest_difference: float
    recorded: bool  #: whether graphs were used to the end
    why_not: str

    @property
    def equal(self) -> bool:
        """Logits within the tolerance, and the same tokens apart from near ties."""
        return self.largest_difference <= _TOLERANCE and self.largest_tie <= _NEAR_TIE


def graph_against_eager(model: CudaModel, sizes: Sizes, warnings: Sequence[str]) -> Parity:
    """The ordinary path's greedy tokens, and the graphs' logits along them.

    `warnings` were given when the graphs were to be recorded.
    """
    prompt = some_ids(model.vocab_size, sizes.parity_prompt)
    first = int(read(model, prompt).argmax())
    # `prefill` of one token is the ordinary path.
    tokens, eager = _greedy(lambda t: model.prefill((t,)), first, sizes.parity_steps)
    model.truncate(len(prompt))
    graph = [model.decode(token).copy() for token in [first, *tokens[:-1]]]
    model.truncate(len(prompt))
    own, _ = _greedy(model.decode, first, sizes.parity_steps)
    recorded = model._graph is not None
    why_not = "" if recorded else "; ".join(warnings) or "not meant to be recorded"
    return _compared(eager, graph, _common(tokens, own), recorded=recorded, why_not=why_not)


def _greedy(step: Step, first: int, count: int) -> tuple[list[int], list[Logits]]:
    tokens, rows, token = [], [], first
    for _ in range(count):
        logits = step(token).copy()
        token = int(logits.argmax())
        tokens.append(token)
        rows.append(logits)
    return tokens, rows


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    pairs = zip(left, right, strict=True)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), len(left))


def _compared(
    expected: Sequence[Logits],
    found: Sequence[Logits],
    free_running: int,
    *,
    recorded: bool = True,
    why_not: str = "",
) -> Parity:
    same, tie, means, largest = 0, 0.0, [], 0.0
    for a, b in zip(expected, found, strict=True):
        span = float(a.max() - a.min())
        difference = np.abs(a - b) / span
        means.append(float(difference.mean()))
        largest = max(largest, float(difference.max()))
        if a.argmax() == b.argmax():
            same += 1
        else:
            tie = max(tie, float(a.max() - a[b.argmax()]) / span)
    mean = statistics.mean(means)
    return Parity(len(expected), same, free_running, tie, mean, largest, recorded, why_not)


@contextmanager
def warnings_of(log: logging.Logger) -> Iterator[list[str]]:
    """A list that fills with what a logger warns of within the context."""
    messages: list[str] = []

    class _Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage().splitlines()[0][:300])

    handler = _Keep()
    log.addHandler(handler)
    try:
        yield messages
    finally:
        log.removeHandler(handler)


def against_fp32(
    config: ModelConfig, precision: Precision, device: str, sizes: Sizes
) -> dict[str, Parity]:
    """Both paths of a small 16-bit model on the device against fp32 on the processor."""
    model = random_model.build(config, precision, "cpu")
    exact = random_model.wrap(
        copy.deepcopy(model).float(), Precision.FP32, "cpu", sizes.context_length
    )
    found = random_model.wrap(model.to(device), precision, device, sizes.context_length)
    prompt = some_ids(config.vocab_size, sizes.parity_prompt)
    first = int(read(exact, prompt).argmax())
    tokens, expected = _greedy(lambda t: exact.prefill((t,)), first, sizes.parity_steps)
    ways: dict[str, Step] = {"eager": lambda t: found.prefill((t,)), "graph": found.decode}
    results = {}
    for name, step in ways.items():
        read(found, prompt)
        rows = [step(token).copy() for token in [first, *tokens[:-1]]]
        read(found, prompt)
        own, _ = _greedy(step, first, sizes.parity_steps)
        recorded = name == "eager" or found._graph is not None
        results[name] = _compared(expected, rows, _common(tokens, own), recorded=recorded)
    exact.close()
    found.close()
    return results


# --- speed -------------------------------------------------------------------------------


def prefill_seconds(model: LoadedModel, tokens: int, chunk: int) -> float:
    """Seconds of reading so many tokens in chunks: the median of a few times."""
    ids = some_ids(model.vocab_size, tokens)
    read(model, ids, chunk)
    return statistics.median(_timed(lambda: read(model, ids, chunk)) for _ in range(_ROUNDS))


def prefill_operations(config: ModelConfig, tokens: int) -> int:
    """Multiplications and additions that reading `tokens` needs, masked ones not counted."""
    matrices = sum(rows * columns for rows, columns in config.layer_matrices().values())
    pairs = tokens * (tokens + 1) // 2  # of a query and a key it sees
    layer = 2 * matrices * tokens + 4 * config.hidden_size * pairs
    return config.num_layers * layer


@dataclass(frozen=True, slots=True)
class Decoding:
    """Steps after `context` tokens, logits on the host included."""

    context: int
    median_seconds: float
    best_seconds: float


def decode(model: CudaModel, context: int, count: int) -> dict[str, Any]:
    """Times of the ordinary path, of the graphs, and of one replay by the card's own clock."""
    read(model, some_ids(model.vocab_size, context - _WARM_TOKENS))
    found: dict[str, Any] = {}
    ways: dict[str, Step] = {"eager": lambda t: model.prefill((t,)), "graph": model.decode}
    for name, step in ways.items():
        if name == "graph" and model._graph is None:
            continue
        model.truncate(context - _WARM_TOKENS)
        found[name] = _steps(step, model.vocab_size, context, count)
    if model._graph is not None:
        keys = keys_for(context + 1, model.context_length)
        replay, _ = model._graph._recorded[keys]
        found["keys"] = keys
        device = str(model._device)
        with torch.inference_mode():
            found["replay_seconds"] = clocks.seconds(replay.replay, device)
    return found


def peer_steps(model: LoadedModel, context: int, count: int) -> Decoding:
    """Steps of another program's model after a prompt of `context` tokens."""
    read(model, some_ids(model.vocab_size, context - _WARM_TOKENS))
    return _steps(model.decode, model.vocab_size, context, count)


def as_json(found: Decoding) -> dict[str, Any]:
    """The fields of steps, for a report."""
    return asdict(found)


def _steps(step: Step, vocab_size: int, context: int, count: int) -> Decoding:
    ids = some_ids(vocab_size, _WARM_TOKENS + count)
    for token in ids[:_WARM_TOKENS]:
        step(token)
    times = [_timed(partial(step, token)) for token in ids[_WARM_TOKENS:]]
    return Decoding(context, statistics.median(times), min(times))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def sampling_seconds(logits: Logits) -> float:
    """Seconds of choosing one token by `chat_sampler`."""
    sampler = chat_sampler(logits.size)
    sampler.sample(logits)
    return statistics.median(_timed(lambda: sampler.sample(logits)) for _ in range(_SAMPLES))


def chat_sampler(vocab_size: int) -> Sampler:
    """The chat defaults, after 3,500 tokens."""
    params = SamplingParams(temperature=0.3, top_k=5, top_p=0.85, repetition_penalty=1.05, seed=1)
    sampler = Sampler(params, vocab_size)
    sampler.see(some_ids(vocab_size, 3500))
    return sampler


# --- transformers ------------------------------------------------------------------------


def llama_difference(model: CudaModel, llama: Any, sizes: Sizes) -> float:
    """Largest difference of ours to transformers' logits after a prompt, as a share of range."""
    prompt = some_ids(model.vocab_size, sizes.parity_prompt)
    ours = read(model, prompt)
    ids = torch.tensor([prompt], device=llama.device)
    with torch.inference_mode():
        theirs = llama(input_ids=ids, logits_to_keep=1).logits[0, -1].float().cpu().numpy()
    return float(np.abs(ours - theirs).max() / (ours.max() - ours.min()))


def generate(llama: Any, context: int, count: int, **options: Any) -> Decoding:
    """Greedy steps of transformers' `generate`, without the one that reads the prompt."""
    from transformers import StoppingCriteria, StoppingCriteriaList

    stamps: list[float] = []

    class _Stamp(StoppingCriteria):  # type: ignore[misc, unused-ignore]  # Any, where it has no types
        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            stamps.append(time.perf_counter())
            return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)

    prompt = some_ids(llama.config.vocab_size, context - _WARM_TOKENS)
    ids = torch.tensor([prompt], device=llama.device)
    for _ in range(2):  # once to warm up, or to compile
        stamps.clear()
        with torch.inference_mode():
            llama.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=_WARM_TOKENS + count + 1,
                do_sample=False,
                stopping_criteria=StoppingCriteriaList([_Stamp()]),
                **options,
            )
    times = [b - a for a, b in itertools.pairwise(stamps)][_WARM_TOKENS:]
    return Decoding(context, statistics.median(times), min(times))
