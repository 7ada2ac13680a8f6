"""The parts of `cuda.py` that measure one shape at one precision, and loading a folder."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.engine import heavy_modules
from backends.interface import LayerDevices, LoadOptions
from backends.model_config import ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.precision import WEIGHT_ONLY_VARIABLE, BackendName, Precision
from backends.torch_backend import cuda
from backends.torch_backend.cuda import CudaModel
from benchmarks import random_model
from benchmarks.cards import pauses, peers, speed
from benchmarks.cards.comparisons.setting import Row
from benchmarks.cards.run import CardRun
from benchmarks.random_checkpoint import SHAPES, cache_folder, make_or_reuse


@dataclass(frozen=True, slots=True)
class Held:
    """A shape, and how its weights are held."""

    shape: str
    precision: Precision
    weight_only: bool = False  #: 8 bits with activations in 16 bit, whatever the app does

    @property
    def name(self) -> str:
        """As a table has it."""
        return f"{self.shape} {self.precision.value}{', weights only' * self.weight_only}"


def measure(run: CardRun, held: Held, *, compiled: bool) -> None:
    """Add a case to the report: parity, memory, prefill, decoding, and other programs beside it."""
    with _weight_only(on=held.weight_only):
        _measure(run, held, compiled=compiled)


@contextmanager
def _weight_only(*, on: bool) -> Iterator[None]:
    """A process in which 8 bits are held so."""
    before = os.environ.get(WEIGHT_ONLY_VARIABLE)
    os.environ[WEIGHT_ONLY_VARIABLE] = str(int(on))
    try:
        yield
    finally:
        del os.environ[WEIGHT_ONLY_VARIABLE]
        if before is not None:
            os.environ[WEIGHT_ONLY_VARIABLE] = before


def _measure(run: CardRun, held: Held, *, compiled: bool) -> None:
    shape, precision, name = held.shape, held.precision, held.name
    config = SHAPES[shape].config
    case: dict[str, Any] = {
        "name": name,
        "shape": shape,
        "precision": precision.value,
        "weights_bytes": memory.weight_bytes(config, precision),
        "decode": [],
        "peers": [],
    }
    run.report["cases"].append(case)
    if run.on_card:
        torch.cuda.reset_peak_memory_stats(run.device)
    before = _allocated(run)
    built = run.attempt(
        f"{name}, building", partial(random_model.build, config, precision, run.device)
    )
    if built is None:
        return
    case["weights_allocated_bytes"] = _allocated(run) - before if run.on_card else None
    with speed.warnings_of(cuda.log) as warnings:
        wrapped = run.attempt(
            f"{name}, KV cache",
            partial(random_model.wrap, built, precision, run.device, run.sizes.context_length),
        )
    if wrapped is None:
        return
    case["kv_bytes"] = wrapped._cache.nbytes
    parity = run.attempt(
        f"{name}, parity", partial(speed.graph_against_eager, wrapped, run.sizes, warnings)
    )
    if parity is not None:
        case["parity"] = {**asdict(parity), "equal": parity.equal}
    _own_sections(run, name, case, wrapped, config, precision)
    _pauses(run, name, wrapped, built)
    wants_twin = not config.family.uses_alibi and not precision.is_quantized
    if wants_twin:
        _difference_to_llama(run, name, case, wrapped, built)
    wrapped.close()
    del wrapped
    run.free()
    if wants_twin:
        peers.generate_over(run, name, case, built, compiled=compiled)
    del built
    run.free()
    if precision.is_quantized and not config.family.uses_alibi and not held.weight_only:
        peers.generate(run, name, case, precision, config)
        run.free()
    if not held.weight_only:  # other programs hold them in one way
        peers.llama_cpp(run, name, case, config)


def _own_sections(
    run: CardRun,
    name: str,
    case: dict[str, Any],
    model: CudaModel,
    config: ModelConfig,
    precision: Precision,
) -> None:
    case["prefill"] = []
    _prefill(run, name, case, model, config, model.prefill_chunk)
    outside = config.vocab_size * config.hidden_size * precision.bytes_per_weight
    for context in run.sizes.contexts:
        found = run.attempt(
            f"{name}, decoding at {context:,}",
            partial(speed.decode, model, context, run.new_tokens),
        )
        if found is None:
            continue
        cached = context + run.new_tokens // 2
        moved = case["weights_bytes"] - outside
        moved += cached * memory.kv_bytes_per_token(config, precision)
        ways = {k: asdict(v) for k, v in found.items() if k in ("eager", "graph")}
        case["decode"].append({"context": context, "bytes_per_token": moved, **found, **ways})
        if "graph" in ways:
            step = {way: ways[way]["median_seconds"] for way in ("graph", "eager")}
            row = Row("graph", f"{name}, a token at {context:,}", "graph", step)
            run.report["choices"].append(asdict(row))
    if run.on_card:  # before a chunk that the app does not use
        case.update(_memory(run))
        case["needed_bytes"] = memory.needed(
            config,
            precision,
            run.sizes.context_length,
            prefill_chunk=model.prefill_chunk,
            library_bytes=memory.CUDA_LIBRARY_BYTES,
        ).total
    _prefill(run, name, case, model, config, run.sizes.prefill_tokens)


def _prefill(
    run: CardRun, name: str, case: dict[str, Any], model: CudaModel, config: ModelConfig, chunk: int
) -> None:
    tokens = run.sizes.prefill_tokens
    seconds = run.attempt(
        f"{name}, prefill by {chunk:,}", partial(speed.prefill_seconds, model, tokens, chunk)
    )
    if seconds is not None:
        case["prefill"].append(
            {
                "chunk": chunk,
                "tokens_per_second": tokens / seconds,
                "operations_per_second": speed.prefill_operations(config, tokens) / seconds,
            }
        )


def _allocated(run: CardRun) -> int:
    return torch.cuda.memory_allocated(run.device) if run.on_card else 0


def _memory(run: CardRun) -> dict[str, int]:
    """Peaks of this case in bytes, and what the card holds beside torch's own memory."""
    free, total = torch.cuda.mem_get_info(run.device)
    before: int = run.report["machine"]["used_before_bytes"]
    return {
        "peak_bytes": torch.cuda.max_memory_allocated(run.device),
        "peak_reserved_bytes": torch.cuda.max_memory_reserved(run.device),
        "libraries_bytes": total - free - torch.cuda.memory_reserved(run.device) - before,
    }


def _difference_to_llama(
    run: CardRun, name: str, case: dict[str, Any], model: CudaModel, weights: BaichuanForCausalLM
) -> None:
    case["llama_difference"] = run.attempt(
        f"{name}, against transformers",
        partial(_llama_difference, model, weights, run),
    )
    run.free()


def _llama_difference(model: CudaModel, weights: BaichuanForCausalLM, run: CardRun) -> float:
    llama = random_model.llama_twin(weights, run.device)
    return speed.llama_difference(model, llama, run.sizes)


def _pauses(run: CardRun, name: str, model: CudaModel, weights: BaichuanForCausalLM) -> None:
    """Rows of how long a token takes where decoding goes on with another graph."""
    for length in run.sizes.boundaries:
        row = run.attempt(
            f"{name}, graphs at {length:,} tokens",
            partial(pauses.at, name, model, weights, length),
        )
        if row is not None:
            run.report["choices"].append(asdict(row))


# --- loading -----------------------------------------------------------------------------


def loads(run: CardRun, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Times and peaks of loading whole folders, by shape and precision.

    Their pages are in memory, as they were just written or read: the drive costs little.
    """
    load_shape = options.load_shape or ("mid" if run.on_card else "tiny")
    shapes = [load_shape, *(options.shapes if options.disk else ())]
    found = []
    for shape in dict.fromkeys(shapes):
        folder = run.attempt(
            f"{shape}, writing its folder",
            partial(make_or_reuse, shape, options.disk or cache_folder()),
        )
        if folder is None:
            continue
        for precision in run.precisions:
            loaded = run.attempt(
                f"{shape} {precision.value}, loading",
                partial(_load, run, folder, precision),
            )
            run.free()
            if loaded is not None:
                found.append({"shape": shape, "precision": precision.value, **loaded})
    return found


def _load(run: CardRun, folder: Path, precision: Precision) -> dict[str, Any]:
    if run.on_card:
        torch.cuda.reset_peak_memory_stats(run.device)
    started = time.perf_counter()
    checkpoint = Checkpoint.open(folder)
    devices = LayerDevices((run.device,) * checkpoint.config.num_layers)
    backend = heavy_modules.backend_module(
        BackendName.BITSANDBYTES if precision.is_quantized else BackendName.TORCH_CUDA
    )
    loading = backend.load(
        checkpoint,
        LoadOptions(precision, checkpoint.config.context_length, torch.get_num_threads(), devices),
    )
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model = finished.value
            break
    seconds = time.perf_counter() - started
    with model:
        model.prefill(speed.some_ids(model.vocab_size, 16))
        first = time.perf_counter() - started - seconds
        return {
            "seconds": seconds,
            "first_prefill_seconds": first,
            "bytes_on_disk": checkpoint.bytes_on_disk,
            "weights_bytes": memory.weight_bytes(checkpoint.config, precision),
            # `peak_bytes` does not count the KV cache.
            "peak_bytes": model.peak_bytes() if run.on_card else None,
        }
