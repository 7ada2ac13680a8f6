"""The precisions of a model with what was measured of them, and whether they can be measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import starmap

from backends.events import ModelReady
from backends.machine.hardware import Machine
from backends.measuring.speed import plan_of
from backends.precision import DeviceKind
from backends.protocol.engine_requests import BenchmarkRequest, LoadRequest
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.measuring.quality import is_coarser, reference_of
from baichuan_desktop.services.precisions.measurements import (
    Benchmark,
    Key,
    Measurement,
    Quality,
)
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.rows import PrecisionRow, PrecisionRows
from baichuan_desktop.services.precisions.wish import LoadWish


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """One precision of a model on one kind of device."""

    key: Key  #: backend, precision, kind of device
    label: str  #: of the precision
    device_kind: DeviceKind
    device_name: str
    wish: LoadWish | None  #: what measures it; None: it was measured before, and does not run now
    fits_beside: bool  #: it can be measured while the chat's model is loaded
    is_slow: bool  #: measuring takes very long, and says little
    is_reference: bool  #: what the others are compared with
    is_coarser: bool  #: than the reference, by its precision
    fits_on: Callable[[Machine], bool]  #: it would run with the free memory of this machine
    benchmark: Benchmark | None = None
    quality: Quality | None = None


def room_decision(
    rows: Sequence[MeasuredRow], precisions: Precisions
) -> Callable[[ModelReady | None], bool]:
    """Whether the chat's model must make room for measuring these rows, as `Job.needs_room`."""

    def needs_room(aside: ModelReady | None) -> bool:
        machine = precisions.now(aside)
        return not all(row.fits_on(machine) for row in rows)

    return needs_room


def measured_rows(
    precisions: Precisions, model: InstalledModel, ready: ModelReady | None
) -> list[MeasuredRow]:
    """The precisions of a model, and of its exports, that run here or ran once, the best first.

    `ready` is what the chat's engine said of its model: it counts as gone, but for what can be
    measured beside it. Raises CheckpointError.
    """
    opened = precisions.open_freed(model, ready)
    checkpoint = opened.checkpoint
    request = BenchmarkRequest(LoadRequest(str(checkpoint.folder)))
    length = plan_of(request).within(checkpoint.config.context_length).context_length
    found_rows = opened.at(length)
    now = precisions.now()
    known = {m.key: m for m in opened.measurements.measured(checkpoint.folder) if m.key}
    running = found_rows.running
    reference = reference_of(running) if running else None
    rows: dict[Key, MeasuredRow] = {}
    for row in running:
        key = row.key
        if key in rows:  # of several cards, one stands for all
            continue
        found = known.pop(key, None)
        rows[key] = MeasuredRow(
            key,
            row.precision.label,
            row.device_kind,
            row.device_name,
            row.wish(),
            fits_beside=_fits(found_rows, row, now),
            is_slow=row.is_slow,
            is_reference=row is reference,
            is_coarser=reference is not None and is_coarser(row.precision, reference.precision),
            fits_on=partial(_fits, found_rows, row),
            benchmark=found.benchmark if found else None,
            quality=found.quality if found else None,
        )
    return [*rows.values(), *starmap(_measured_once, known.items())]


def _fits(rows: PrecisionRows, row: PrecisionRow, machine: Machine) -> bool:
    return row in rows.running_on(machine)


def _measured_once(key: Key, known: Measurement) -> MeasuredRow:
    return MeasuredRow(
        key,
        key[1].label,
        key[2],
        known.benchmark.device_name if known.benchmark else known.device_kind,
        wish=None,
        fits_beside=False,
        is_slow=False,
        is_reference=False,
        is_coarser=False,
        fits_on=lambda _machine: False,
        benchmark=known.benchmark,
        quality=known.quality,
    )
