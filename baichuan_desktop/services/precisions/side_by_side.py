"""Whether a second model fits beside the one that is loaded, so that both can answer at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backends.choice.memory import CPU_LIBRARY_BYTES
from backends.errors import apart_in_gib
from backends.events import ModelReady
from backends.machine.cards.values import Gpu
from backends.machine.hardware import Machine
from backends.phrases import Phrase
from backends.precision import DeviceKind
from baichuan_desktop.services.precisions.rows import PrecisionRow

#: Of what is free, what two models leave: two estimates may both be too low, and the desktop goes
#: on meanwhile.
_RESERVE = 0.1
_MEMORY = "cpu"  # the device that main memory belongs to


@dataclass(frozen=True, slots=True)
class Claim:
    """What a model takes, and of which device."""

    needed_bytes: int
    device_kind: DeviceKind
    device_name: str  #: of several cards, all names with “ + ” between them
    device: str | None = None  #: “cpu” or “cuda:1”; None: whichever has the name
    host_weights_bytes: int = 0  #: of weights in the machine's memory beside those on a card

    @classmethod
    def of_loaded(cls, ready: ModelReady, wanted_device: str | None) -> Claim:
        """That of the model that is loaded, and was wanted on this device."""
        return cls(
            ready.needed_bytes,
            ready.device_kind,
            ready.device_name,
            wanted_device,
            ready.host_weights_bytes,
        )

    @classmethod
    def of_row(cls, row: PrecisionRow) -> Claim:
        """That of a precision that could be loaded, which runs."""
        return cls(
            row.needed_bytes or 0,
            row.device_kind,
            row.device_name,
            row.wanted_device,
            max(row.host_bytes - CPU_LIBRARY_BYTES, 0),
        )


@dataclass(frozen=True, slots=True)
class Beside:
    """Whether two models can be loaded at once, and what a person is told of it."""

    fits: bool
    sentence: Phrase


def beside(loaded: Claim, other: Claim, freed: Machine) -> Beside:
    """Whether two models fit together.

    `freed` is the machine with what the loaded model holds counted as free. What is not known is
    taken for no: the model that is loaded would be in danger.
    """
    places = [_place(claim, freed) for claim in (loaded, other)]
    is_own = freed.limit is not None and freed.limit.is_own  # free is what each process has
    if None in places or is_own:
        return Beside(
            fits=False,
            sentence=Phrase(
                "Whether both fit at the same time is not known here: they are answered one after "
                "the other."
            ),
        )
    free = {_MEMORY: freed.free_memory_bytes}
    free |= {gpu.device: gpu.free_memory_bytes for gpu in freed.gpus}
    needed = dict.fromkeys(free, 0)
    for place, claim in zip(places, (loaded, other), strict=True):
        assert place is not None, "looked at above"
        needed[place] += claim.needed_bytes
        if place != _MEMORY:
            needed[_MEMORY] += CPU_LIBRARY_BYTES  # of the process that drives the card
        needed[_MEMORY] += claim.host_weights_bytes
    for device, bytes_ in needed.items():
        usable = int(free[device] * (1 - _RESERVE))
        if bytes_ > usable:
            return Beside(fits=False, sentence=_too_much(device, bytes_, usable, freed))
    if places == [_MEMORY, _MEMORY]:
        return Beside(
            fits=True,
            sentence=Phrase(
                "Both fit at the same time: they answer side by side, each more slowly than alone."
            ),
        )
    return Beside(
        fits=True, sentence=Phrase("Both fit at the same time: they answer side by side.")
    )


def _place(claim: Claim, machine: Machine) -> str | None:
    """The one device that a model lies on; None where it is several, or not known which.

    A card without memory of its own is no place: what lies on it lies in the machine's memory.
    """
    if claim.needed_bytes <= 0:
        return None
    if claim.device_kind is DeviceKind.CPU:
        return _MEMORY
    if claim.device_kind is DeviceKind.SPREAD:
        return None
    cards = list(_cards(claim, machine))
    if len(cards) != 1:
        return None
    return _MEMORY if cards[0].is_unified else cards[0].device


def _cards(claim: Claim, machine: Machine) -> Iterator[Gpu]:
    is_named = claim.device is not None and ":" in claim.device  # “cuda” is any card
    for gpu in machine.gpus:
        if gpu.name == claim.device_name and (not is_named or gpu.device == claim.device):
            yield gpu


def _too_much(device: str, needed: int, usable: int, machine: Machine) -> Phrase:
    need_gib, free_gib = apart_in_gib(needed, usable)
    if device == _MEMORY:
        return Phrase(
            "Together they need {need:.1f} GiB of the machine's memory, of which {free:.1f} GiB "
            "can be used: they are answered one after the other.",
            need=need_gib,
            free=free_gib,
        )
    return Phrase(
        "Together they need {need:.1f} GiB of {device}, of which {free:.1f} GiB can be used: they "
        "are answered one after the other.",
        device=machine.shown_names((device,)),
        need=need_gib,
        free=free_gib,
    )
