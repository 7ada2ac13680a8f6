"""Everything worth measuring on a machine with an NVIDIA card, by one command.

    python benchmarks/cuda.py --json cuda.json

Random models of the released shapes are made on the card: is the graph's decoding the ordinary
path's, how much memory does a precision take, how fast are loading, prefill and decoding, beside
transformers' own `generate` and beside what the card copies and multiplies at best. What fails or
does not fit is reported and the rest goes on; when the minutes are used up, what is left is named.

`--device cpu --shapes tiny` goes the same way without a card, to know that the command works.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # works from anywhere, not installed
# torch looks for NVIDIA's package `cuda`. A script's own folder comes first in the path, and this
# file with it: out of the way if it is the script, and nothing to import if another one here is.
if __name__ == "cuda":
    raise ImportError("This is a benchmark and not NVIDIA's package.")
if str(Path(__file__).parent) in sys.path:
    sys.path.remove(str(Path(__file__).parent))

import numpy as np
import torch

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.engine import heavy_modules
from backends.errors import GpuLostError, UserFacingError
from backends.interface import PREFILL_CHUNK, LayerDevices, LoadOptions
from backends.machine import hardware
from backends.model_config import ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.precision import BackendName, Precision
from backends.torch_backend.cuda import CudaModel, translated_errors
from benchmarks import cuda_speed, cuda_tables, cuda_yardsticks, random_model
from benchmarks.random_checkpoint import SHAPES, cache_folder, make_or_reuse

_CONTEXT_LENGTH: Final = 4096
_CONTEXTS: Final = (512, 3500)
_CHAT_VOCABULARY: Final = 125_696
_LIBRARIES: Final = ("torch", "transformers", "bitsandbytes", "numpy")

Result = TypeVar("Result")


@dataclass(slots=True)
class Run:
    """One run of this command: what it may use, and what it found so far."""

    device: str
    precisions: tuple[Precision, ...]
    new_tokens: int
    ends: float  #: `time.monotonic()`
    json_file: Path | None
    report: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def on_card(self) -> bool:
        """False in a dry run."""
        return self.device.startswith("cuda")

    def attempt(self, what: str, work: Callable[[], Result]) -> Result | None:
        """The result; or None, and the reason among the problems. Raises GpuLostError."""
        if time.monotonic() > self.ends:
            self.problems.append(f"{what}: left out, the minutes were used up")
            return None
        try:
            with translated_errors():
                return work()
        except GpuLostError:
            raise
        except UserFacingError as error:  # out of memory, above all
            self.problems.append(f"{what}: {error.message}")
        except Exception as error:  # noqa: BLE001  one broken part must not cost the others
            lines = str(error).strip().splitlines() or [""]
            self.problems.append(f"{what}: {type(error).__name__}: {lines[0][:300]}")
        self.free()
        return None

    def free(self) -> None:
        """Give back what nothing refers to."""
        gc.collect()
        if self.on_card:
            torch.cuda.empty_cache()

    def save(self) -> None:
        """Write what there is; again and again, so that a killed run leaves something."""
        self.report["problems"] = self.problems
        if self.json_file is not None:
            self.json_file.write_text(json.dumps(self.report, indent=1) + "\n", encoding="utf-8")

    def show(self, text: str) -> None:
        """Print one table now, and save."""
        print(text, end="\n\n", flush=True)
        self.save()


def main() -> int:
    """Measure and print."""
    options = _arguments()
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # as nvidia-smi counts
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        print("No NVIDIA card can be used here. Try --device cpu --shapes tiny.", file=sys.stderr)
        return 1
    before = hardware.detect()  # before this process takes any of the card's memory
    if options.device.startswith("cuda"):
        torch.cuda.set_device(options.device)
    run = Run(
        device=options.device,
        precisions=tuple(options.precisions or _default_precisions(options.device)),
        new_tokens=options.new,
        ends=time.monotonic() + 60 * options.minutes,
        json_file=options.json,
    )
    run.report["machine"] = _facts(before, run.device)
    run.show(cuda_tables.machine(run.report["machine"]))
    try:
        _measure(run, options)
    except GpuLostError as error:
        run.problems.append(f"Nothing more could be measured: {error.message}")
    run.report["goals"] = cuda_tables.goals(run.report)
    tables = [
        *cuda_tables.results(run.report),
        cuda_tables.goals_table(run.report["goals"]),
        cuda_tables.problems(run.problems),
    ]
    if not run.on_card:
        tables.append("A dry run: the figures say only that the command works.")
    run.show("\n\n".join(table for table in tables if table))
    return 0 if run.report.get("cases") else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shapes", type=_shapes, default=("baichuan2-7b", "baichuan2-13b"))
    parser.add_argument(
        "--precisions", type=_precisions, help="bf16,fp16,8bit,4bit,fp4; what suits the card"
    )
    parser.add_argument("--device", default="cuda:0", help="one card, or cpu for a dry run")
    parser.add_argument("--minutes", type=float, default=8.0, help="no part begins later")
    parser.add_argument("--new", type=int, default=64, help="tokens to decode at each context")
    parser.add_argument("--json", type=Path, help="file for all figures, also unfinished ones")
    parser.add_argument("--load-shape", choices=SHAPES, help="loaded from a real folder")
    parser.add_argument(
        "--disk", type=Path, help="load --shapes too, from checkpoints kept or made in this folder"
    )
    parser.add_argument(
        "--compiled", action="store_true", help="also `generate` compiled by torch; takes minutes"
    )
    options = parser.parse_args()
    if options.device == "cuda":
        options.device = "cuda:0"
    if options.new < 4:
        parser.error("--new must be at least 4, for a median")
    return options


def _shapes(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in SHAPES:
            raise argparse.ArgumentTypeError(f"“{name}” is none of {', '.join(SHAPES)}")
    return names


def _precisions(text: str) -> tuple[Precision, ...]:
    try:
        return tuple(Precision(name) for name in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _default_precisions(device: str) -> tuple[Precision, ...]:
    return (_plain(device), Precision.INT8, Precision.NF4)


def _plain(device: str) -> Precision:
    """16 bit as the card multiplies it."""
    if device.startswith("cuda") and torch.cuda.get_device_capability(device) < (8, 0):
        return Precision.FP16
    return Precision.BF16


def _facts(machine: hardware.Machine, device: str) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "processor": f"{machine.processor}, {machine.physical_cores} cores",
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "libraries": {n: machine.libraries.get(n, "") for n in _LIBRARIES},
        "cuda": torch.version.cuda or "",
        "device": device,
        "card": "none: a dry run",
    }
    facts["libraries"]["numpy"] = np.__version__
    if device.startswith("cuda"):
        index = torch.device(device).index or 0
        properties = torch.cuda.get_device_properties(device)
        facts["card"] = properties.name
        facts["multiprocessors"] = properties.multi_processor_count
        facts["memory_bytes"] = properties.total_memory
        facts["compute_capability"] = f"{properties.major}.{properties.minor}"
        known = machine.gpus[index] if index < len(machine.gpus) else None
        facts["driver"] = known.driver if known else "unknown: nvidia-smi did not answer"
        facts["used_before_bytes"] = known.memory_bytes - known.free_memory_bytes if known else 0
    return facts


def _measure(run: Run, options: argparse.Namespace) -> None:
    plain = _plain(run.device)
    dtype = torch.float16 if plain is Precision.FP16 else torch.bfloat16
    chunk = PREFILL_CHUNK["cuda" if run.on_card else "cpu"]
    yardsticks = run.attempt(
        "Yardsticks", partial(cuda_yardsticks.measure, run.device, dtype, chunk)
    )
    run.free()
    if yardsticks is not None:
        run.report["yardsticks"] = asdict(yardsticks)
        run.show(cuda_tables.yardsticks(run.report["yardsticks"]))
    run.report["sampling_seconds"] = cuda_speed.sampling_seconds(_some_logits(_CHAT_VOCABULARY))
    run.report["against_fp32"] = _against_fp32(run, plain)
    run.show(cuda_tables.against_fp32(run.report["against_fp32"]))
    run.report["cases"] = []
    run.report["attention"] = []
    for shape in options.shapes:
        config = SHAPES[shape].config
        for precision in run.precisions:
            _case(run, shape, precision, compiled=options.compiled)
            run.free()
            run.show(cuda_tables.case_line(run.report["cases"][-1]))
        for keys in (1024, _CONTEXT_LENGTH):
            found = run.attempt(
                f"{shape}, attention over {keys:,} keys",
                partial(cuda_yardsticks.attention, config, dtype, run.device, keys),
            )
            run.free()
            if found is not None:
                run.report["attention"].append({"shape": shape, "keys": keys, "ways": found})
    run.report["loads"] = _loads(run, options)


def _some_logits(count: int) -> Any:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, generator=generator).mul(2).bfloat16().float().numpy()


def _against_fp32(run: Run, plain: Precision) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for shape in ("tiny", "tiny-alibi"):
        parity = run.attempt(
            f"{shape} against fp32",
            partial(cuda_speed.against_fp32, SHAPES[shape].config, plain, run.device),
        )
        run.free()
        for way, result in (parity or {}).items():
            found[f"{shape}, {way}"] = {**asdict(result), "equal": result.equal}
    return found


# --- one shape at one precision ----------------------------------------------------------


def _case(run: Run, shape: str, precision: Precision, *, compiled: bool) -> None:
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
        partial(random_model.wrap, built, precision, run.device, _CONTEXT_LENGTH),
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
    run: Run,
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
            _CONTEXT_LENGTH,
            prefill_chunk=model.prefill_chunk,
            library_bytes=memory.CUDA_LIBRARY_BYTES,
        ).total
    _prefill(run, name, case, model, config, cuda_speed.PREFILL_TOKENS)


def _prefill(
    run: Run, name: str, case: dict[str, Any], model: CudaModel, config: ModelConfig, chunk: int
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


def _allocated(run: Run) -> int:
    return torch.cuda.memory_allocated(run.device) if run.on_card else 0


def _memory(run: Run) -> dict[str, int]:
    """The peaks of this case, and what the card counts beside torch's own."""
    free, total = torch.cuda.mem_get_info(run.device)
    before: int = run.report["machine"]["used_before_bytes"]
    return {
        "peak_bytes": torch.cuda.max_memory_allocated(run.device),
        "peak_reserved_bytes": torch.cuda.max_memory_reserved(run.device),
        "libraries_bytes": total - free - torch.cuda.memory_reserved(run.device) - before,
    }


def _difference_to_llama(
    run: Run, name: str, case: dict[str, Any], model: CudaModel, weights: BaichuanForCausalLM
) -> None:
    case["llama_difference"] = run.attempt(
        f"{name}, against transformers",
        partial(_llama_difference, model, weights, run.device),
    )
    run.free()


def _llama_difference(model: CudaModel, weights: BaichuanForCausalLM, device: str) -> float:
    return cuda_speed.llama_difference(model, random_model.llama_twin(weights, device))


def _generate_sections(
    run: Run, name: str, case: dict[str, Any], model: BaichuanForCausalLM, *, compiled: bool
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


def _loads(run: Run, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Real folders, just written or read: their pages are in memory, so the disk costs little."""
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


def _load(run: Run, folder: Path, precision: Precision) -> dict[str, Any]:
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


if __name__ == "__main__":
    sys.exit(main())
