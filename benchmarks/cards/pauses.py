"""How long a token takes where decoding goes on with another graph: recorded before, or then."""

from __future__ import annotations

import time

from backends.modeling.baichuan import BaichuanForCausalLM
from backends.torch_backend.cuda import CudaModel
from backends.torch_backend.decode_graph import keys_for
from benchmarks import random_model
from benchmarks.cards import clocks
from benchmarks.cards.comparisons.setting import Row

_STEPS = 4  # one before the boundary, and a few after it


def at(name: str, model: CudaModel, weights: BaichuanForCausalLM, length: int) -> Row | None:
    """The longest step around token `length`; None where nothing is recorded."""
    if model._graph is None:
        return None
    hold(model, length - 2)
    recorded = max(_seconds(model, token) for token in range(1, 1 + _STEPS))
    model.truncate(0)
    fresh = random_model.graph(weights, model)
    keys = keys_for(length, model.context_length)
    later = clocks.once(lambda: fresh._begin(keys), str(model._device)) + recorded
    ways = {"while loading": recorded, "when needed": later}
    return Row("graphs recorded", f"{name}, token {length:,}", "while loading", ways)


def hold(model: CudaModel, length: int) -> None:
    """Have the cache hold `length` tokens, whatever they are: how long steps take is the same."""
    model.truncate(0)
    model._cache.advance(length)
    model._ids.extend([1] * length)


def _seconds(model: CudaModel, token: int) -> float:
    started = time.perf_counter()
    model.decode(token)
    return time.perf_counter() - started
