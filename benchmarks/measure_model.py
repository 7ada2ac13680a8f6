"""Loads one checkpoint with one backend and measures it; the child process of decode.py.

It is a process of its own so that its peak memory is the model's alone. What it prints is one
line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from backends import selection
from backends.base import LayerDevices, LoadedModel, Loading, LoadOptions, Precision
from backends.checkpoint import Checkpoint
from benchmarks.machine import Neighbours, peak_rss_bytes

_ROUNDS: Final = 3  # of the whole prompt
_WARM_TOKENS: Final = 2
_SEED: Final = 7


def _app_backend(name: str) -> Callable[[Checkpoint, LoadOptions], Loading]:
    """A backend of the app, imported when it is measured."""
    return lambda checkpoint, options: selection.backend_module(name).load(checkpoint, options)


#: One line a backend. A peer to compare with (llama.cpp, …) is a `load` of the same signature.
BACKENDS: Final[Mapping[str, Callable[[Checkpoint, LoadOptions], Loading]]] = {
    "torch_cpu": _app_backend("torch_cpu"),
}


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second, and what disturbed them."""

    tokens: int  #: of the prompt; or in the context when the first token was decoded
    tokens_per_second: float  #: median
    best_tokens_per_second: float
    neighbour_cores: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything about one model in one process."""

    load_seconds: float
    load_peak_rss_bytes: int | None
    peak_rss_bytes: int | None
    prefill_chunk: int
    prefill: Speed
    decode: list[Speed]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    prompt_tokens: int
    new_tokens: int
    contexts: Sequence[int]  #: tokens before the first decoded one
    prefill_chunk: int | None  #: None: the backend's own


def measure(load: Callable[[], Loading], plan: Plan) -> Measured:
    """Load, read the prompt, decode; the backend alone, without sampling and text."""
    started = time.perf_counter()
    loading = load()
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model: LoadedModel = finished.value
            break
    load_seconds = time.perf_counter() - started
    load_peak = peak_rss_bytes()
    chunk = plan.prefill_chunk or model.prefill_chunk
    with model:
        prefill = _prefill(model, plan.prompt_tokens, chunk)
        decode = [_decode(model, context, plan.new_tokens, chunk) for context in plan.contexts]
        return Measured(load_seconds, load_peak, peak_rss_bytes(), chunk, prefill, decode)


def _prefill(model: LoadedModel, count: int, chunk: int) -> Speed:
    ids = _some_ids(model, count)
    _read(model, ids[:chunk], chunk)
    neighbours = Neighbours()
    seconds = [_read(model, ids, chunk) for _ in range(_ROUNDS)]
    cores = neighbours.cores()
    return Speed(count, count / statistics.median(seconds), count / min(seconds), cores)


def _read(model: LoadedModel, ids: Sequence[int], chunk: int) -> float:
    """Read a prompt from its beginning; the seconds it took."""
    model.truncate(0)
    started = time.perf_counter()
    for begin in range(0, len(ids), chunk):
        logits = model.prefill(ids[begin : begin + chunk])
    seconds = time.perf_counter() - started
    if not np.isfinite(logits).all():
        raise ArithmeticError("The model's logits are not finite.")
    return seconds


def _decode(model: LoadedModel, context: int, count: int, chunk: int) -> Speed:
    _read(model, _some_ids(model, context - _WARM_TOKENS), chunk)
    ids = _some_ids(model, _WARM_TOKENS + count)
    for token_id in ids[:_WARM_TOKENS]:
        model.decode(token_id)
    seconds = []
    neighbours = Neighbours()
    for token_id in ids[_WARM_TOKENS:]:
        started = time.perf_counter()
        model.decode(token_id)
        seconds.append(time.perf_counter() - started)
    cores = neighbours.cores()
    return Speed(context, 1 / statistics.median(seconds), 1 / min(seconds), cores)


def _some_ids(model: LoadedModel, count: int) -> list[int]:
    return random.Random(_SEED).choices(range(model.vocab_size), k=count)


def main() -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backend", choices=BACKENDS, required=True)
    parser.add_argument("--precision", type=Precision, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--context-length", type=int, required=True)
    parser.add_argument("--prompt", type=int, required=True)
    parser.add_argument("--new", type=int, required=True)
    parser.add_argument("--at", type=int, action="append", required=True)
    parser.add_argument("--chunk", type=int)
    options = parser.parse_args()

    def load() -> Loading:
        checkpoint = Checkpoint.open(options.folder)
        devices = LayerDevices.all_on("cpu", checkpoint.config.num_layers)
        how = LoadOptions(options.precision, options.context_length, options.threads, devices)
        return BACKENDS[options.backend](checkpoint, how)

    plan = Plan(options.prompt, options.new, options.at, options.chunk)
    print(json.dumps(asdict(measure(load, plan))))


if __name__ == "__main__":
    main()
