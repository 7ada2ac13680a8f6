"""How fast fine-tuning is, by each method: steps and tokens a second; and its peak memory.

    PYTHONPATH=. python benchmarks/finetune.py --shape guide mid --method lora qlora full

On the guide, or on random checkpoints of named shapes, with examples that all have `--length`
tokens, half of them learnt. Each training runs in a process of its own, so that the peak is its
own; `training_memory.py` sets that against what is counted. The first step, which warms up, is not
counted in the speed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from backends.errors import GIB
from backends.operating_system import resident_peak
from backends.training.commands import Commands
from backends.training.events import TrainingBegan, TrainingEvent, TrainingStep
from backends.training.running import run
from backends.training.values import (
    ALL_MATRICES,
    Cadence,
    Compute,
    Data,
    Device,
    Keeping,
    Lora,
    Method,
    Optimization,
    TrainingRequest,
)
from baichuan_desktop.services.app_paths import resource
from benchmarks import machine
from benchmarks.random_checkpoint import SHAPES, NotEnoughDiskError, cache_folder, make_or_reuse

GUIDE: Final = "guide"
_COMPUTE: Final = (Compute.FP32, Compute.BF16)


def main() -> int:
    """Measure and print."""
    options = _arguments()
    if options.source is not None:
        print(json.dumps(_train(options)))
        return 0
    found = []
    for shape in options.shape:
        try:
            folder = _folder(shape, options.reuse)
        except NotEnoughDiskError as error:
            print(error, file=sys.stderr)
            return 1
        for method in options.method:
            found.append({"shape": shape, **_train_apart(options, folder, method)})
            print(_row(found[-1]), file=sys.stderr)  # each takes its time
    report = {
        "length": options.length,
        "batch": options.batch,
        "rank": options.rank,
        "compute": options.compute.value,
        "gradient_checkpointing": options.gradient_checkpointing,
        "machine": machine.facts(),
        "trainings": found,
    }
    print(json.dumps(report) if options.json else _table(found))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shape", nargs="+", choices=(GUIDE, *SHAPES), default=[GUIDE, "mid"])
    parser.add_argument("--method", nargs="+", type=Method, default=list(Method))
    parser.add_argument("--length", type=int, default=256, help="tokens of each example")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rank", type=int, default=8, help="of adapters, on all matrices")
    parser.add_argument("--compute", type=Compute, choices=_COMPUTE, default=Compute.FP32)
    parser.add_argument("--gradient-checkpointing", action="store_true")
    parser.add_argument("--reuse", type=Path, default=cache_folder(), help="keeps the checkpoints")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)  # of the process of one
    return parser.parse_args()


def _folder(shape: str, cache: Path) -> Path:
    return resource("guide_model") if shape == GUIDE else make_or_reuse(shape, cache)


def _train_apart(options: argparse.Namespace, folder: Path, method: Method) -> dict[str, Any]:
    """What one training in a process of its own found."""
    command = [
        sys.executable, __file__, "--source", str(folder), "--method", method.value,
        "--length", str(options.length), "--batch", str(options.batch),
        "--steps", str(options.steps), "--rank", str(options.rank),
        "--compute", options.compute.value,
    ]  # fmt: skip
    if options.gradient_checkpointing:
        command.append("--gradient-checkpointing")
    done = subprocess.run(
        command, env=machine.child_environment(), stdout=subprocess.PIPE, check=True, text=True
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _train(options: argparse.Namespace) -> dict[str, Any]:
    """Train in this process, and count."""
    events: list[TrainingEvent] = []
    with tempfile.TemporaryDirectory() as scratch:
        request = _request(options, Path(scratch))
        run(request, events.append, Commands())
    began = next(event for event in events if isinstance(event, TrainingBegan))
    steps = [event for event in events if isinstance(event, TrainingStep)][1:]
    seconds = median(step.seconds for step in steps)
    return {
        "method": request.method.value,
        "trained_parameters": began.trained_parameters,
        "all_parameters": began.all_parameters,
        "seconds_a_step": seconds,
        "tokens_per_second": median(step.tokens for step in steps) / seconds,
        "peak_bytes": resident_peak(),
    }


def _request(options: argparse.Namespace, scratch: Path) -> TrainingRequest:
    method: Method = options.method[0]
    return TrainingRequest(
        model=str(options.source),
        data=Data((_rows(scratch, options),), max_length=options.length),
        keeping=Keeping(str(scratch / "out"), save=Cadence.NO),
        method=method,
        lora=Lora(rank=options.rank, alpha=2.0 * options.rank, targets=(ALL_MATRICES,)),
        optimization=Optimization(
            max_steps=options.steps,
            batch_size=options.batch,
            gradient_checkpointing=options.gradient_checkpointing,
        ),
        compute=options.compute,
        device=Device.CPU,
    )


def _rows(scratch: Path, options: argparse.Namespace) -> str:
    """A file of examples that are all cut to one length; digits are a token each."""
    half = options.length // 2
    rows = [
        {"instruction": f"{number:03d}" * (half // 3), "output": f"{number:03d}" * options.length}
        for number in range(options.batch * 2)
    ]
    file = scratch / "data.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    return str(file)


_COLUMNS: Final = (
    "model", "method", "trained parameters", "a step, s", "tokens/s", "peak RSS, GiB",
)  # fmt: skip


def _table(found: Sequence[dict[str, Any]]) -> str:
    head = "| " + " | ".join(_COLUMNS) + " |"
    return "\n".join([head, "|" + "---|" * len(_COLUMNS), *map(_row, found)])


def _row(one: dict[str, Any]) -> str:
    cells = (
        one["shape"],
        one["method"],
        f"{one['trained_parameters']:,} of {one['all_parameters']:,}",
        f"{one['seconds_a_step']:.2f}",
        f"{one['tokens_per_second']:.0f}",
        f"{one['peak_bytes'] / GIB:.2f}",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
