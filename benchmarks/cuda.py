"""Everything worth measuring on a machine with an NVIDIA card, by one command.

    PYTHONPATH=. python -m benchmarks.cuda --json cuda.json

Random models of the released shapes are made on the card: is the graph's decoding the ordinary
path's, how much memory does a precision take, how fast are loading, prefill and decoding, beside
transformers' own `generate` and beside what the card copies and multiplies at best. What fails or
does not fit is reported and the rest goes on; when the minutes are used up, what is left is named.

`--device cpu --shapes tiny` goes the same way without a card, to know that the command works.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

# torch looks for NVIDIA's package `cuda`. A script's own folder comes first in the path, and this
# file with it: nothing to import there, as where the package is not installed.
if __name__ == "cuda":
    raise ImportError("This is a benchmark and not NVIDIA's package.")

import numpy as np
import torch

from backends.errors import GpuLostError
from backends.interface import PREFILL_CHUNK
from backends.machine import hardware
from backends.precision import DeviceKind, Precision
from benchmarks import cuda_cases, cuda_speed, cuda_tables, cuda_yardsticks
from benchmarks.cuda_cases import CONTEXT_LENGTH
from benchmarks.cuda_run import CardRun, plain_precision
from benchmarks.random_checkpoint import SHAPES

_CHAT_VOCABULARY: Final = 125_696
_LIBRARIES: Final = ("torch", "transformers", "bitsandbytes", "numpy")


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
    run = CardRun(
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
    return (plain_precision(device), Precision.INT8, Precision.NF4)


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


def _measure(run: CardRun, options: argparse.Namespace) -> None:
    plain = plain_precision(run.device)
    dtype = torch.float16 if plain is Precision.FP16 else torch.bfloat16
    chunk = PREFILL_CHUNK[DeviceKind.of(run.device)]
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
            cuda_cases.measure(run, shape, precision, compiled=options.compiled)
            run.free()
            run.show(cuda_tables.case_line(run.report["cases"][-1]))
        for keys in (1024, CONTEXT_LENGTH):
            found = run.attempt(
                f"{shape}, attention over {keys:,} keys",
                partial(cuda_yardsticks.attention, config, dtype, run.device, keys),
            )
            run.free()
            if found is not None:
                run.report["attention"].append({"shape": shape, "keys": keys, "ways": found})
    run.report["loads"] = cuda_cases.loads(run, options)


def _some_logits(count: int) -> Any:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, generator=generator).mul(2).bfloat16().float().numpy()


def _against_fp32(run: CardRun, plain: Precision) -> dict[str, Any]:
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


if __name__ == "__main__":
    sys.exit(main())
