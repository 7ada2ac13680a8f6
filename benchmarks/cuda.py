"""Everything worth measuring on a machine with an NVIDIA card, by one command.

    PYTHONPATH=. python -m benchmarks.cuda --json cuda.json

Random models of the released shapes are made on the card: is the graph's decoding the ordinary
path's, how much memory does a precision take, how fast are loading, prefill and decoding, beside
transformers' own `generate`, llama.cpp, and what the card copies and multiplies at best; and each
choice that the app makes on a card beside the other way. What tells most comes first. What fails or
does not fit is reported and the rest goes on; no part begins when the minutes are used up, and what
is left is named.

`--device cpu --shapes tiny` goes the same way without a card, to know that the command works.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Sequence
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
from backends.machine.card_order import number_cards_by_slot
from backends.precision import DeviceKind, Precision
from benchmarks.cards import cases, goals, speed, tables, yardsticks
from benchmarks.cards.cases import Held
from benchmarks.cards.comparisons import catalogue
from benchmarks.cards.run import CardRun, plain_precision
from benchmarks.cards.sizes import CARD, DRY
from benchmarks.random_checkpoint import SHAPES

_CHAT_VOCABULARY: Final = 125_696
_LIBRARIES: Final = ("torch", "transformers", "bitsandbytes", "numpy")


def main() -> int:
    """Measure and print."""
    options = _arguments()
    number_cards_by_slot()
    gc.freeze()  # what was imported stays; each of the many searches for garbage would look at it
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        print("No NVIDIA card can be used here. Try --device cpu --shapes tiny.", file=sys.stderr)
        return 1
    before = hardware.detect()  # before this process takes any of the card's memory
    if options.device.startswith("cuda"):
        torch.cuda.set_device(options.device)
    else:
        torch.set_num_threads(1)  # small products wait for threads longer than they compute
    run = CardRun(
        device=options.device,
        precisions=tuple(options.precisions or _default_precisions(options.device)),
        sizes=CARD if options.device.startswith("cuda") else DRY,
        new_tokens=options.new,
        ends=time.monotonic() + 60 * options.minutes,
        json_file=options.json,
    )
    run.report["machine"] = _facts(before, run.device)
    run.show(tables.machine(run.report["machine"]))
    try:
        _measure(run, options)
    except GpuLostError as error:
        run.problems.append(f"Nothing more could be measured: {error.message}")
    run.report["goals"] = goals.judged(run.report)
    found = [
        *tables.results(run.report),
        tables.goals_table(run.report["goals"]),
        tables.problems(run.problems),
    ]
    if not run.on_card:
        found.append("A dry run: the figures say only that the command works.")
    run.show("\n\n".join(table for table in found if table))
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
        facts["driver"] = known.driver if known else "unknown: it did not answer"
        facts["used_before_bytes"] = known.used_bytes if known else 0
    return facts


def _measure(run: CardRun, options: argparse.Namespace) -> None:
    plain = plain_precision(run.device)
    dtype = torch.float16 if plain is Precision.FP16 else torch.bfloat16
    run.report |= {"cases": [], "choices": [], "attention": []}
    _yardsticks(run, dtype)
    first, *others = by_worth(options.shapes, run.precisions)
    _case(run, first, compiled=options.compiled)
    _choices(run, options.shapes, dtype)
    for one in others:
        _case(run, one, compiled=options.compiled)
    run.report["against_fp32"] = _against_fp32(run, plain)
    run.show(tables.against_fp32(run.report["against_fp32"]))
    for shape in options.shapes:
        _attention(run, shape, dtype)
    run.report["loads"] = cases.loads(run, options)


def by_worth(shapes: Sequence[str], precisions: Sequence[Precision]) -> list[Held]:
    """What is measured first: 4 bits, which most cards need, then 8; the smaller model of each."""
    order = (
        (Precision.NF4, False),
        (Precision.INT8, True),
        (Precision.INT8, False),
        (Precision.BF16, False),
        (Precision.FP16, False),
        (Precision.FP4, False),
    )
    return [
        Held(shape, precision, weight_only)
        for precision, weight_only in order
        if precision in precisions
        for shape in shapes
    ]


def _case(run: CardRun, held: Held, *, compiled: bool) -> None:
    cases.measure(run, held, compiled=compiled)
    run.free()
    run.show(tables.case_line(run.report["cases"][-1]))


def _yardsticks(run: CardRun, dtype: torch.dtype) -> None:
    chunk = PREFILL_CHUNK[DeviceKind.of(run.device)]
    found = run.attempt("Yardsticks", partial(yardsticks.measure, run.device, dtype, chunk))
    run.free()
    if found is not None:
        run.report["yardsticks"] = asdict(found)
        run.show(tables.yardsticks(run.report["yardsticks"]))
    run.report["sampling_seconds"] = speed.sampling_seconds(_some_logits(_CHAT_VOCABULARY))


def _choices(run: CardRun, shapes: Sequence[str], dtype: torch.dtype) -> None:
    for name, setting in catalogue.settings(shapes, dtype, run.device, run.sizes):
        rows = run.attempt(f"{name}, {setting.shape}", partial(catalogue.measure, name, setting))
        run.report["choices"] += [asdict(row) for row in rows or ()]
        run.free()
    run.show(tables.choices(run.report["choices"]))


def _attention(run: CardRun, shape: str, dtype: torch.dtype) -> None:
    config, layers = SHAPES[shape].config, run.sizes.layers
    for keys in run.sizes.attention_keys:
        found = run.attempt(
            f"{shape}, attention over {keys:,} keys",
            partial(yardsticks.attention, config, dtype, run.device, keys, layers),
        )
        run.free()
        if found is not None:
            run.report["attention"].append({"shape": shape, "keys": keys, "ways": found})


def _some_logits(count: int) -> Any:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, generator=generator).mul(2).bfloat16().float().numpy()


def _against_fp32(run: CardRun, plain: Precision) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for shape in ("tiny", "tiny-alibi"):
        parity = run.attempt(
            f"{shape} against fp32",
            partial(speed.against_fp32, SHAPES[shape].config, plain, run.device, run.sizes),
        )
        run.free()
        for way, result in (parity or {}).items():
            found[f"{shape}, {way}"] = {**asdict(result), "equal": result.equal}
    return found


if __name__ == "__main__":
    sys.exit(main())
