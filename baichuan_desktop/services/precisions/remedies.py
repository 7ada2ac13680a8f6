"""What can be done where a model failed: run it elsewhere, smaller, or with a shorter context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backends.choice.compact import LEAST_CONTEXT
from backends.errors import (
    CardUnavailableError,
    EngineCardError,
    EngineKilledError,
    GpuLostError,
    InsufficientMemoryError,
    UserFacingError,
)
from backends.events import ModelReady
from backends.precision import DeviceKind
from baichuan_desktop.services.precisions.rows import PrecisionRow
from baichuan_desktop.services.precisions.wish import LoadWish

#: How a model ends whose card, or what it needs to be used, does not work.
CARD_FAILED = (GpuLostError, CardUnavailableError, EngineCardError)
#: How a model ends that takes more memory than there is: the system may end the engine first.
OUT_OF_MEMORY = (InsufficientMemoryError, EngineKilledError)


def wish_elsewhere(error: UserFacingError, wish: LoadWish) -> LoadWish | None:
    """How to load a model whose card does not work: on the processor. None after other errors.

    One that did not load there either has nowhere else to go.
    """
    if not isinstance(error, CARD_FAILED) or wish.wanted_device == DeviceKind.CPU:
        return None
    return replace(wish, precision=None, wanted_device=DeviceKind.CPU, threads=None)


def may_need_less(error: UserFacingError) -> bool:
    """Whether `memory_remedies` may help: the model took more memory than there is."""
    return isinstance(error, OUT_OF_MEMORY)


@dataclass(frozen=True, slots=True)
class MemoryRemedies:
    """What would run instead; None where nothing of the kind does."""

    smaller: PrecisionRow | None
    smaller_wish: LoadWish | None
    shorter: LoadWish | None  #: the same as before, with a context that fits


def memory_remedies(
    rows_at: Callable[[int | None], Sequence[PrecisionRow]],
    full_context: int,
    wish: LoadWish,
    ready: ModelReady | None,
) -> MemoryRemedies:
    """What to offer for a model that was loaded, or asked for, as `wish` says.

    `ready` tells what ran when memory ran out; None if loading it failed. `rows_at` gives the
    model's precisions with a context of so many tokens, which is halved until it fits; None stands
    for `full_context`, or for less where the app took less.
    """
    rows = rows_at(wish.context_length)
    failed = _failed(rows, wish, ready)
    smaller = next((row for row in rows if row.runs and _is_smaller(row, failed)), None)
    length = wish.context_length or _ran_with(failed, ready) or full_context
    shorter = None
    while shorter is None and length // 2 >= LEAST_CONTEXT:
        length //= 2
        if _runs(rows_at(length), wish, failed):
            shorter = replace(wish, context_length=length)
    smaller_wish = None
    if smaller is not None:
        smaller_wish = replace(
            smaller.wish(wish.context_length), threads=wish.threads, adapter=_adapter(wish, smaller)
        )
    return MemoryRemedies(smaller, smaller_wish, shorter)


def _adapter(wish: LoadWish, row: PrecisionRow) -> Path | None:
    """The adapter that was wanted, where it can be used: an export has its weights for good."""
    return None if row.precision.is_onnx else wish.adapter


def _failed(
    rows: Sequence[PrecisionRow], wish: LoadWish, ready: ModelReady | None
) -> PrecisionRow | None:
    """The row that ran, or that was to be loaded; None if the app found none."""
    if ready is not None:
        ran = (ready.precision, ready.backend, ready.device_name)
        return next((r for r in rows if (r.precision, r.backend, r.device_name) == ran), None)
    if wish.is_automatic:
        return next((row for row in rows if row.chosen), None)
    return next((row for row in rows if _is_wished(row, wish)), None)


def _ran_with(failed: PrecisionRow | None, ready: ModelReady | None) -> int | None:
    """Tokens of context that the app took; None if it found no way to load the model."""
    if ready is not None:
        return ready.context_length
    return failed.context_length if failed is not None else None


def _is_wished(row: PrecisionRow, wish: LoadWish) -> bool:
    return wish.precision in (None, row.precision) and row.is_on(wish.wanted_device)


def _is_smaller(row: PrecisionRow, failed: PrecisionRow | None) -> bool:
    """Whether it may run where `failed` did not: it needs less, or memory of another kind."""
    if failed is None or row.device_kind != failed.device_kind:
        return True
    return (row.needed_bytes or 0) < (failed.needed_bytes or 0)


def _runs(rows: Sequence[PrecisionRow], wish: LoadWish, failed: PrecisionRow | None) -> bool:
    if failed is None or wish.is_automatic:
        return any(row.chosen for row in rows)
    same = (failed.precision, failed.wanted_device)
    return any(row.runs for row in rows if (row.precision, row.wanted_device) == same)
