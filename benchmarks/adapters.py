"""What an adapter costs: switching it, its memory, and tokens a second with it and without.

    PYTHONPATH=. python benchmarks/adapters.py --shape mid --precision bf16 --ranks 8 64

On a random checkpoint of a named shape, with random adapters on every layer. Turns with the adapter
and without alternate, so that what else the machine does meets both; a ratio is the median of those
of neighbours. The first switch to a DoRA adapter computes the norms of the model's rows, which
later ones find.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import numpy.typing as npt
import psutil
import safetensors.numpy

from backends.adapters.folder import open_adapter
from backends.adapters.values import Adapter
from backends.checkpoint.folder import Checkpoint
from backends.engine import heavy_modules
from backends.interface import LayerDevices, LoadedModel, LoadOptions
from backends.model_config import ModelConfig
from backends.precision import BackendName, Precision
from benchmarks import machine
from benchmarks.random_checkpoint import SHAPES, NotEnoughDiskError, cache_folder, make_or_reuse

_BACKENDS: Final = {
    Precision.FP32: BackendName.TORCH_CPU,
    Precision.BF16: BackendName.TORCH_CPU,
    Precision.INT8: BackendName.BITSANDBYTES,
    Precision.NF4: BackendName.BITSANDBYTES,
}
_PROMPT: Final = 256  # tokens
_SWITCHES: Final = 4

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one adapter; the ratios are seconds with it to seconds without."""

    rank: int
    dora: bool
    bytes_on_disk: int
    adapter_bytes: int
    resident_bytes: int  #: by which memory of the process grew
    first_switch_seconds: float
    switch_seconds: float  #: on, median
    off_seconds: float  #: median
    decode_ratio: float
    prefill_ratio: float
    decode_ms: float  #: of a token without the adapter, median
    prefill_tokens_per_second: float  #: without the adapter, median


def main() -> int:
    """Measure and print."""
    options = _arguments()
    try:
        folder = make_or_reuse(options.shape, options.reuse)
    except NotEnoughDiskError as error:
        print(error, file=sys.stderr)
        return 1
    checkpoint = Checkpoint.open(folder)
    model = _loaded(checkpoint, options)
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for dora in (False, True) if options.dora else (False,):
            for rank in options.ranks:
                out = Path(scratch) / f"{rank}-{dora}"
                _write(out, checkpoint.config, rank, dora=dora)
                found.append(_cost(model, open_adapter(out), options))
                print(_row(found[-1]), file=sys.stderr)  # each takes its time
    report = {
        "shape": options.shape,
        "precision": options.precision.value,
        "threads": options.threads,
        "seconds": "of the processor" if options.busy else "of the clock",
        "machine": machine.facts(),
        "adapters": [asdict(one) for one in found],
    }
    print(json.dumps(report) if options.json else _table(found))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--precision", type=Precision, choices=_BACKENDS, default=Precision.BF16)
    parser.add_argument("--ranks", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--dora", action="store_true", help="DoRA adapters too")
    parser.add_argument("--threads", type=int, default=machine.physical_cores())
    parser.add_argument("--rounds", type=int, default=7, help="turns with and without an adapter")
    parser.add_argument("--new", type=int, default=8, help="tokens to decode in a turn")
    parser.add_argument("--reuse", type=Path, default=cache_folder(), help="keeps the checkpoints")
    parser.add_argument(
        "--busy", action="store_true", help="one thread, and its processor time, not the clock's"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.busy:
        options.threads = 1
    return options


def _loaded(checkpoint: Checkpoint, options: argparse.Namespace) -> LoadedModel:
    devices = LayerDevices.all_on("cpu", checkpoint.config.num_layers)
    asked = LoadOptions(options.precision, _PROMPT + options.new, options.threads, devices)
    loading = heavy_modules.backend_module(_BACKENDS[options.precision]).load(checkpoint, asked)
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model: LoadedModel = finished.value
            return model


def _write(out: Path, config: ModelConfig, rank: int, *, dora: bool) -> None:
    """A random adapter on every matrix of every layer, in fp32 as PEFT saves it."""
    chance = np.random.default_rng(0)
    tensors: dict[str, npt.NDArray[np.float32]] = {}
    for layer in range(config.num_layers):
        for name, (rows, columns) in config.layer_matrices().items():
            path = f"base_model.model.model.layers.{layer}.{name}"
            down = chance.standard_normal((rank, columns), dtype=np.float32) * columns**-0.5
            up = chance.standard_normal((rows, rank), dtype=np.float32) * 0.01
            tensors |= {f"{path}.lora_A.weight": down, f"{path}.lora_B.weight": up}
            if dora:
                length = np.full(rows, 0.02 * columns**0.5, dtype=np.float32)
                tensors[f"{path}.lora_magnitude_vector"] = length
    names = sorted({name.rpartition(".")[2] for name in config.layer_matrices()})
    settings = {
        "peft_type": "LORA", "base_model_name_or_path": "", "r": rank, "lora_alpha": 2 * rank,
        "target_modules": names, "use_dora": dora,
    }  # fmt: skip
    out.mkdir()
    (out / "adapter_config.json").write_text(json.dumps(settings), encoding="utf-8")
    safetensors.numpy.save_file(tensors, out / "adapter_model.safetensors")


def _cost(model: LoadedModel, adapter: Adapter, options: argparse.Namespace) -> Cost:
    clock = time.process_time if options.busy else time.perf_counter
    prompt = [5 + token % 1000 for token in range(_PROMPT)]

    def switch(to: Adapter | None) -> float:
        return _seconds(lambda: list(model.use_adapter(to)), clock)

    def prefill() -> float:
        model.truncate(0)
        size = model.prefill_chunk
        parts = [prompt[begin : begin + size] for begin in range(0, _PROMPT, size)]
        return _seconds(lambda: [model.prefill(part) for part in parts], clock)

    def decode() -> float:
        return median(_seconds(lambda: model.decode(7), clock) for _ in range(options.new))

    process = psutil.Process()
    before = process.memory_info().rss
    first = switch(adapter)
    resident = process.memory_info().rss - before
    taken = model.adapter_bytes
    ons, offs = [], []
    for _ in range(_SWITCHES):
        offs.append(switch(None))
        ons.append(switch(adapter))
    times: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for _ in range(options.rounds + 1):
        for with_adapter in (True, False):
            switch(adapter if with_adapter else None)
            times[with_adapter].append((prefill(), decode()))
    switch(None)
    on, off = times[True][1:], times[False][1:]  # the first turn warms up
    change = next(iter(adapter.matrices.values()))
    return Cost(
        rank=change.rank,
        dora=change.magnitude is not None,
        bytes_on_disk=adapter.bytes_on_disk,
        adapter_bytes=taken,
        resident_bytes=resident,
        first_switch_seconds=first,
        switch_seconds=median(ons),
        off_seconds=median(offs),
        decode_ratio=_ratio(on, off, 1),
        prefill_ratio=_ratio(on, off, 0),
        decode_ms=1000 * median(one[1] for one in off),
        prefill_tokens_per_second=_PROMPT / median(one[0] for one in off),
    )


def _ratio(
    on: Sequence[tuple[float, float]], off: Sequence[tuple[float, float]], which: int
) -> float:
    return median(a[which] / b[which] for a, b in zip(on, off, strict=True))


def _seconds(work: Callable[[], object], clock: Clock) -> float:
    started = clock()
    work()
    return clock() - started


_COLUMNS: Final = (
    "adapter", "on disk, MiB", "in memory, MiB", "first switch, s", "switch on, s", "off, s",
    "token without, ms", "with, ratio", "prompt without, tokens/s", "with, ratio",
)  # fmt: skip


def _table(found: Sequence[Cost]) -> str:
    head = "| " + " | ".join(_COLUMNS) + " |"
    return "\n".join([head, "|" + "---|" * len(_COLUMNS), *map(_row, found)])


def _row(one: Cost) -> str:
    cells = (
        f"{'DoRA' if one.dora else 'LoRA'}, r={one.rank}",
        f"{one.bytes_on_disk / 2**20:.1f}",
        f"{one.adapter_bytes / 2**20:.1f}",
        f"{one.first_switch_seconds:.2f}",
        f"{one.switch_seconds:.2f}",
        f"{one.off_seconds:.2f}",
        f"{one.decode_ms:.0f}",
        f"{one.decode_ratio:.2f}",
        f"{one.prefill_tokens_per_second:.0f}",
        f"{one.prefill_ratio:.2f}",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
