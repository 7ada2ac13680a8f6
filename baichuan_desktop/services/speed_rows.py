"""What the window shows of a model's speed: each precision, whether it can be measured, figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.benchmark import plan_of
from backends.checkpoint import Checkpoint
from backends.hardware import Machine
from backends.requests import BenchmarkRequest, LoadRequest

from .measurements import Benchmark, Measurement, Measurements
from .precision_choice import LoadWish, PrecisionRow, label, precision_rows


@dataclass(frozen=True, slots=True)
class SpeedRow:
    """One precision of a model on one kind of device."""

    key: tuple[str, str, str]  #: backend, precision, kind of device, as in `Measurement`
    label: str  #: of the precision
    device: str  #: “cpu”, “cuda”, “cuda+cpu”
    device_name: str
    wish: LoadWish | None  #: what measures it; None: it was measured before, and does not run now
    fits_beside: bool  #: it can be measured while the chat's model is loaded
    is_proposed: bool  #: worth measuring, and not measured yet
    benchmark: Benchmark | None


def speed_rows(
    folder: Path,
    measurements: Measurements,
    look_freed: Callable[[], Machine],
    look_now: Callable[[], Machine],
    exports: Sequence[Path] = (),
) -> list[SpeedRow]:
    """The precisions of the model in `folder`, and of its exports, that run here or ran once.

    The best come first. `look_freed` tells of the machine without the chat's engine, `look_now` of
    it as it is. Raises CheckpointError.
    """
    checkpoint = Checkpoint.open(folder)
    request = BenchmarkRequest(LoadRequest(str(folder)))
    length = plan_of(request).within(checkpoint.config.context_length).context_length
    beside = {
        (_key(row), row.request_device)
        for row in precision_rows(folder, measurements, look_now, length, exports)
        if row.runs
    }
    known = {_key(m): m for m in measurements.benchmarks(checkpoint.folder)}
    rows: dict[tuple[str, str, str], SpeedRow] = {}
    for row in precision_rows(folder, measurements, look_freed, length, exports):
        key = _key(row)
        if not row.runs or key in rows:  # of several cards, one stands for all
            continue
        found = known.pop(key, None)
        rows[key] = SpeedRow(
            key,
            row.label,
            row.device,
            row.device_name,
            row.wish(),
            fits_beside=(key, row.request_device) in beside,
            # What bitsandbytes does on a processor takes very long, and says little.
            is_proposed=found is None and key[0::2] != ("bnb_cuda", "cpu"),
            benchmark=found.benchmark if found else None,
        )
    return [*rows.values(), *map(_measured_once, known.values())]


def _measured_once(known: Measurement) -> SpeedRow:
    return SpeedRow(
        _key(known),
        label(known.precision),
        known.device,
        known.benchmark.device if known.benchmark else known.device,
        wish=None,
        fits_beside=False,
        is_proposed=False,
        benchmark=known.benchmark,
    )


def _key(one: PrecisionRow | Measurement) -> tuple[str, str, str]:
    return one.backend, one.precision, one.device
