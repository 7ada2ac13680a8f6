"""Whether a fine-tuning fits this machine, where, and what would fit instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from backends.errors import apart_in_gib
from backends.errors.training import TrainingMemoryError
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.phrases import Phrase
from backends.training.memory import DiskNeed, TrainingNeed, disk_needed, needed
from backends.training.values import Compute, Device, Method, TrainingRequest
from baichuan_desktop.services.training.checks.placing import Placement, Shared, placed

#: The formula counts what libraries take only roughly, and a desktop goes on meanwhile: what leaves
#: less than this share of the free memory is tight.
_TIGHT = 0.9


class Fit(Enum):
    """How the memory that is needed compares with what is there."""

    FITS = "fits"
    TIGHT = "tight"  #: little is left for anything else
    CANNOT = "cannot"  #: it needs more than is free


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change with which it would fit."""

    text: Phrase  #: a whole sentence
    request: TrainingRequest
    needed_bytes: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one request on one machine."""

    fit: Fit
    sentence: Phrase  #: the whole of it in one sentence
    need: TrainingNeed  #: of one process
    needed_bytes: int  #: of the device: of all processes that share it
    free_bytes: int  #: of it, now
    total_bytes: int  #: of it, with nothing else running
    device: Phrase  #: said after GiB: “of the memory of NVIDIA A100”, “of main memory”
    on_card: bool
    disk: DiskNeed
    processes: int = 1  #: of this machine
    remedies: Sequence[Remedy] = ()  #: none where it fits


def verdict(
    config: ModelConfig,
    request: TrainingRequest,
    machine: Machine,
    *,
    longest: int | None = None,
    shared: Shared | None = None,
) -> Verdict:
    """Compare what a training takes with what this machine has.

    `longest` is the tokens of the longest example; None: as many as are learnt of one at most.
    `shared` counts the processes of all machines; None: those that the request asks for here.
    Raises TrainingSettingsError.
    """
    count = request.several.processes
    place = placed(request, machine, shared or Shared(count, count))
    most = request.data.max_length if longest is None else min(longest, request.data.max_length)
    found = _of_placement(config, place, machine, most)
    if found.fit is Fit.FITS:
        return found
    return replace(found, remedies=tuple(_remedies(config, place, machine, most)))


def require_fitting(found: Verdict) -> None:
    """Raise TrainingMemoryError for what cannot fit."""
    if found.fit is Fit.CANNOT:
        raise TrainingMemoryError(
            needed_bytes=found.needed_bytes, free_bytes=found.free_bytes, device=found.device
        )


def lines(found: Verdict) -> Sequence[tuple[Phrase, int]]:
    """The arithmetic: what for, and how many bytes.

    The sum is `Verdict.need.total`, which `Verdict.processes` times makes `needed_bytes` on a
    processor.
    """
    need = found.need
    return (
        (Phrase("The weights"), need.weights),
        (Phrase("The gradients"), need.gradients),
        (Phrase("State of AdamW"), need.optimizer),
        (Phrase("What layers keep for the way back"), need.activations),
        (Phrase("Logits and loss"), need.loss),
        (Phrase("The libraries"), need.library),
    )


def _of_placement(config: ModelConfig, place: Placement, machine: Machine, most: int) -> Verdict:
    shape = place.shape(config, most)
    need, disk = needed(shape), disk_needed(shape)
    if place.cards:
        card = min(place.cards, key=lambda one: one.free_memory_bytes)
        free, total, taken = card.free_memory_bytes, card.memory_bytes, need.total
        device = Phrase("of the memory of {name}", name=machine.shown_name(card))
    else:
        free, total = machine.free_memory_bytes, machine.memory_bytes
        taken, device = need.total * place.shared.here, Phrase("of main memory")
    fit = Fit.FITS
    if taken > free:
        fit = Fit.CANNOT
    elif taken > _TIGHT * free:
        fit = Fit.TIGHT
    return Verdict(
        fit=fit,
        sentence=_sentence(fit, taken, free, total, device),
        need=need,
        needed_bytes=taken,
        free_bytes=free,
        total_bytes=total,
        device=device,
        on_card=bool(place.cards),
        disk=disk,
        processes=place.shared.here,
    )


def _sentence(fit: Fit, taken: int, free: int, total: int, device: Phrase) -> Phrase:
    needed_gib, free_gib = apart_in_gib(taken, free)
    if fit is Fit.FITS:
        return Phrase(
            "It needs about {needed:.1f} GiB {device}, of which {free:.1f} GiB is free.",
            needed=needed_gib, free=free_gib, device=device,
        )  # fmt: skip
    if fit is Fit.TIGHT:
        return Phrase(
            "It needs about {needed:.1f} GiB {device}, of which {free:.1f} GiB is free: close "
            "other programs while it runs.",
            needed=needed_gib, free=free_gib, device=device,
        )  # fmt: skip
    if taken <= total:
        return Phrase(
            "It needs about {needed:.1f} GiB {device}, of which only {free:.1f} GiB is free: close "
            "other programs first.",
            needed=needed_gib, free=free_gib, device=device,
        )  # fmt: skip
    needed_gib, total_gib = apart_in_gib(taken, total)
    return Phrase(
        "It needs about {needed:.1f} GiB {device}, which has {total:.1f} GiB in all: it cannot "
        "fit.",
        needed=needed_gib, total=total_gib, device=device,
    )  # fmt: skip


# --- what would fit ----------------------------------------------------------------------------


def _remedies(
    config: ModelConfig, place: Placement, machine: Machine, most: int
) -> Iterator[Remedy]:
    """Changes that would make it fit; the one first that changes the least of what is learnt."""
    for text, request in _changes(place.request):
        if request.method is Method.QLORA and "bitsandbytes" not in machine.libraries:
            continue
        found = _of_placement(config, placed(request, machine, place.shared), machine, most)
        if found.fit is not Fit.CANNOT and found.needed_bytes < _taken(config, place, most):
            yield Remedy(text, request, found.needed_bytes)
    if place.cards and place.shared.in_all == 1:
        request = replace(place.request, device=Device.CPU, compute=Compute.AUTO)
        changed = placed(request, machine, place.shared)
        found = _of_placement(config, changed, machine, most)
        if found.fit is not Fit.CANNOT:
            text = Phrase("On the processor, which is many times slower.")
            yield Remedy(text, request, found.needed_bytes)


def _taken(config: ModelConfig, place: Placement, most: int) -> int:
    return needed(place.shape(config, most)).total * (1 if place.cards else place.shared.here)


def _changes(request: TrainingRequest) -> Iterator[tuple[Phrase, TrainingRequest]]:
    """The same training in less memory, then adapters."""
    how = request.optimization
    recomputing = replace(how, gradient_checkpointing=True)
    single = replace(recomputing, batch_size=1, accumulation=how.batch_size * how.accumulation)
    if not how.gradient_checkpointing:
        yield (
            Phrase(
                "Compute layers again on the way back (gradient checkpointing), a third slower."
            ),
            replace(request, optimization=recomputing),
        )
    if how.batch_size > 1:
        yield (
            Phrase(
                "Gradient checkpointing, and {count} batches of 1 a step, which learn the same.",
                count=single.accumulation,
            ),
            replace(request, optimization=single),
        )
    for method, name in ((Method.LORA, "LoRA"), (Method.QLORA, "QLoRA")):
        if _is_leaner(method, request.method):
            yield (
                Phrase("{method} with gradient checkpointing: an adapter is learnt.", method=name),
                replace(request, method=method, optimization=recomputing),
            )
            if how.batch_size > 1:
                yield (
                    Phrase(
                        "{method} with gradient checkpointing and batches of 1: an adapter is "
                        "learnt.",
                        method=name,
                    ),
                    replace(request, method=method, optimization=single),
                )


def _is_leaner(method: Method, than: Method) -> bool:
    order = [Method.FULL, Method.LORA, Method.QLORA]
    return order.index(method) > order.index(than)
