"""What a fine-tuning takes of memory: as it is counted before, and as its process took it.

    PYTHONPATH=. python benchmarks/training_memory.py --shape small --method lora full

On a random checkpoint of a named shape, in the very process that the app trains in, three steps
each, on a processor. The peak is that of memory which comes back when the process ends: pages of
the model's files, which the system drops when somebody needs room, are no part of it. A quotient
above 1 is memory that nobody counted on.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.checkpoint.folder import Checkpoint
from backends.machine.hardware import private_bytes
from backends.training.memory import TrainingNeed, TrainingShape, needed
from backends.training.values import (
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
from baichuan_desktop.services.training.client import TrainingClient
from benchmarks import machine
from benchmarks.random_checkpoint import SHAPES, NotEnoughDiskError, cache_folder, make_or_reuse

_MIB: Final = 2**20
_STEPS: Final = 3
_LOOK_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True)
class Case:
    """One training."""

    method: Method
    compute: Compute
    batch: int
    recomputes: bool
    accumulation: int = 1

    @property
    def name(self) -> str:
        """As it is printed."""
        again = ", layers computed again" if self.recomputes else ""
        more = f", {self.accumulation} a step" if self.accumulation > 1 else ""
        return f"{self.method.value} {self.compute.value}, batch {self.batch}{more}{again}"


@dataclass(frozen=True, slots=True)
class Found:
    """What was counted, and what was taken."""

    case: Case
    need: TrainingNeed
    peak_bytes: int

    @property
    def quotient(self) -> float:
        """What was taken for each byte that was counted."""
        return self.peak_bytes / self.need.total


def main() -> int:
    """Measure and print."""
    options = _arguments()
    try:
        folder = make_or_reuse(options.shape, options.reuse)
    except NotEnoughDiskError as error:
        print(error, file=sys.stderr)
        return 1
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, case in enumerate(_cases(options)):
            rows.append(_measured(case, folder, Path(scratch) / str(number), options))
            print(_row(rows[-1]), file=sys.stderr)  # each takes its time
    report = {"shape": options.shape, "tokens": options.tokens, "machine": machine.facts(),
              "rows": [_as_json(row) for row in rows]}  # fmt: skip
    print(json.dumps(report, indent=2))
    return 0


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    for method, compute, batch in itertools.product(
        options.method, options.compute, options.batches
    ):
        for recomputes in (False, True):
            yield Case(Method(method), Compute(compute), batch, recomputes)


def request_of(
    case: Case, folder: Path, scratch: Path, *, tokens: int, lora: Lora
) -> TrainingRequest:
    """A training of three steps, each of whose examples is as long as is learnt of one."""
    scratch.mkdir()
    answer = " ".join(str(number) for number in range(tokens))
    row = {"conversations": [{"from": "human", "value": "1"}, {"from": "gpt", "value": answer}]}
    count = case.batch * case.accumulation * _STEPS
    (scratch / "data.json").write_text(json.dumps([row] * count), encoding="utf-8")
    return TrainingRequest(
        model=str(folder),
        data=Data((str(scratch / "data.json"),), max_length=tokens),
        keeping=Keeping(str(scratch / "out"), save=Cadence.NO),
        method=case.method,
        lora=lora,
        optimization=Optimization(
            max_steps=_STEPS,
            batch_size=case.batch,
            accumulation=case.accumulation,
            gradient_checkpointing=case.recomputes,
        ),
        compute=case.compute,
        device=Device.CPU,
    )


def _measured(case: Case, folder: Path, scratch: Path, options: argparse.Namespace) -> Found:
    lora = Lora(rank=options.rank, targets=tuple(options.targets))
    request = request_of(case, folder, scratch, tokens=options.tokens, lora=lora)
    shape = TrainingShape(
        config=Checkpoint.open(folder).config,
        request=request,
        longest=options.tokens,
        on_card=False,
        compute_bytes=4 if case.compute is Compute.FP32 else 2,
    )
    client = TrainingClient(scratch / "log")
    with _watched(client) as peak:
        for _ in client.run(request, threading.Event()):
            pass
    return Found(case, needed(shape), peak())


@contextlib.contextmanager
def _watched(client: TrainingClient) -> Iterator[Callable[[], int]]:
    """Look at the memory of a client's process many times a second; gives the most so far."""
    most, over = 0, threading.Event()

    def look() -> None:
        nonlocal most
        while not over.wait(_LOOK_SECONDS):
            if (pid := client.pid) is not None:
                most = max(most, private_bytes(pid))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield lambda: most
    finally:
        over.set()
        watcher.join()


def _row(found: Found) -> str:
    counted, taken = found.need.total / _MIB, found.peak_bytes / _MIB
    return f"{found.case.name:<50} {counted:8,.0f} MiB {taken:8,.0f} MiB {found.quotient:6.2f}"


def _as_json(found: Found) -> dict[str, object]:
    return {
        "case": found.case.name,
        "counted_bytes": found.need.total,
        "peak_bytes": found.peak_bytes,
        "quotient": round(found.quotient, 3),
    }


def _arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--reuse", type=Path, default=cache_folder(), metavar="FOLDER")
    parser.add_argument("--method", nargs="+", default=["lora", "full"])
    parser.add_argument("--compute", nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--tokens", type=int, default=256, help="of each example")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--targets", nargs="+", default=["W_pack"])
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
