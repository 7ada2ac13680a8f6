"""The parts of `cuda.py` that measure one shape at one precision, and loading a folder."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.engine import heavy_modules
from backends.interface import LayerDevices, LoadOptions
from backends.model_config import ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.precision import BackendName, Precision
from backends.torch_backend.cuda import CudaModel
from benchmarks import cuda_speed, random_model
from benchmarks.cuda_run import CardRun
from benchmarks.random_checkpoint import SHAPES, cache_folder, make_or_reuse

CONTEXT_LENGTH: Final = 4096
_CONTEXTS: Final = (512, 3500)


def measure(run: CardRun, shape: str, precision: Precision, *, compiled: bool) -> None:
    """Add a case to the report: parity, memory, prefill, decoding, and transformers beside it."""
    config = SHAPES[shape].config
    name = f"{shape} {precision.value}"
    case: dict[str, Any] = {
        "shape": shape,
        "precision": precision.value,
        "weights_bytes": memory.weight_bytes(config, precision),
        "decode": [],
        "generate": [],
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
    wrapped = run.attempt(
        f"{name}, KV cache",
        partial(random_model.wrap, built, precision, run.device, CONTEXT_LENGTH),
    )
    if wrapped is None:
        return
    case["kv_bytes"] = wrapped._cache.nbytes
    _own_sections(run, name, case, wrapped, config, precision)
    wants_twin = not config.family.uses_alibi and not precision.is_quantized
    if wants_twin:
        _difference_to_llama(run, name, case, wrapped, built)
    wrapped.close()
    del wrapped
    run.free()
    if wants_twin:
        _generate_sections(run, name, case, built, compiled=compiled)


def _own_sections(
    run: CardRun,
    name: str,
    case: dict[str, Any],
    model: CudaModel,
    config: ModelConfig,
    precision: Precision,
) -> None:
    parity = run.attempt(f"{name}, parity", partial(cuda_speed.graph_against_eager, model))
    if parity is not None:
        case["parity"] = {**asdict(parity), "equal": parity.equal}
    case["prefill"] = []
    _prefill(run, name, case, model, config, model.prefill_chunk)
    outside = config.vocab_size * config.hidden_size * precision.bytes_per_weight
    for context in _CONTEXTS:
        found = run.attempt(
            f"{name}, decoding at {context:,}",
            partial(cuda_speed.decode, model, context, run.new_tokens),
        )
        if found is None:
            continue
        cached = context + run.new_tokens // 2
        moved = case["weights_bytes"] - outside
        moved += cached * memory.kv_bytes_per_token(config, precision)
        ways = {k: asdict(v) for k, v in found.items() if k in ("eager", "graph")}
        case["decode"].append({"context": context, "bytes_per_token": moved, **found, **ways})
    if run.on_card:  # before a chunk that the app does not use
        case.update(_memory(run))
        case["needed_bytes"] = memory.needed(
            config,
            precision,
            CONTEXT_LENGTH,
            prefill_chunk=model.prefill_chunk,
            library_bytes=memory.CUDA_LIBRARY_BYTES,
        ).total
    _prefill(run, name, case, model, config, cuda_speed.PREFILL_TOKENS)


def _prefill(
    run: CardRun, name: str, case: dict[str, Any], model: CudaModel, config: ModelConfig, chunk: int
) -> None:
    seconds = run.attempt(
        f"{name}, prefill by {chunk:,}", partial(cuda_speed.prefill_seconds, model, chunk)
    )
    if seconds is not None:
        case["prefill"].append(
            {
                "chunk": chunk,
                "tokens_per_second": cuda_speed.PREFILL_TOKENS / seconds,
                "operations_per_second": cuda_speed.prefill_operations(config) / seconds,
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
        partial(_llama_difference, model, weights, run.device),
    )
    run.free()


def _llama_difference(model: CudaModel, weights: BaichuanForCausalLM, device: str) -> float:
    return cuda_speed.llama_difference(model, random_model.llama_twin(weights, device))


def _generate_sections(
    run: CardRun, name: str, case: dict[str, Any], model: BaichuanForCausalLM, *, compiled: bool
) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "growing cache": {},
        "static cache": {"cache_implementation": "static", "disable_compile": True},
    }
    if compiled:
        kinds["static cache, compiled"] = {"cache_implementation": "static"}
    llama = run.attempt(
        f"{name}, transformers' model", partial(random_model.llama_twin, model, run.device)
    )
    if llama is None:
        return
    for context in _CONTEXTS:
        for kind, options in kinds.items():
            found = run.attempt(
                f"{name}, generate with {kind} at {context:,}",
                partial(cuda_speed.generate, llama, context, run.new_tokens, **options),
            )
            if found is not None:
                case["generate"].append({"kind": kind, **asdict(found)})
            run.free()


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
        model.prefill(cuda_speed.some_ids(model.vocab_size, 16))
        first = time.perf_counter() - started - seconds
        return {
            "seconds": seconds,
            "first_prefill_seconds": first,
            "bytes_on_disk": checkpoint.bytes_on_disk,
            "weights_bytes": memory.weight_bytes(checkpoint.config, precision),
            # `peak_bytes` does not count the KV cache.
            "peak_bytes": model.peak_bytes() if run.on_card else None,
        }
