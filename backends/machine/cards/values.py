"""Cards as plain facts: those the driver lists, and those that CUDA shows a process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: The variable by which a person, or who starts programs for them, hides cards from CUDA.
VISIBLE_VARIABLE: Final = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One NVIDIA card, or one MIG instance, that this process may use."""

    index: int  #: as CUDA numbers it by PCI address, after CUDA_VISIBLE_DEVICES
    name: str
    memory_bytes: int  #: of the instance alone, where it is one
    free_memory_bytes: int
    compute_capability: tuple[int, int]
    driver: str
    uuid: str = ""  #: “GPU-…” or “MIG-…”, as CUDA_VISIBLE_DEVICES takes it
    driver_cuda: tuple[int, int] | None = None  #: the newest CUDA that the driver knows, if told
    is_mig: bool = False
    is_unified: bool = False  #: it has no memory of its own: the machine's is counted
    has_display: bool = False  #: a desktop is drawn with it, which takes more memory as it goes
    reserved_bytes: int = 0  #: of its memory, what the driver keeps and no program ever gets

    @property
    def device(self) -> str:
        """The name by which torch knows the card."""
        return f"cuda:{self.index}"

    @property
    def used_bytes(self) -> int:
        """What programs hold of its memory: the desktop, others, this app."""
        return max(self.memory_bytes - self.reserved_bytes - self.free_memory_bytes, 0)


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of a machine, from this process's side."""

    visible: tuple[Gpu, ...] = ()
    hidden: int = 0  #: how many more there would be without `VISIBLE_VARIABLE`


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in bytes; `free` is what a program may still take."""

    total: int
    free: int
    reserved: int = 0  #: by the driver and the firmware


@dataclass(frozen=True, slots=True)
class Listed:
    """A card as the driver lists it, or an instance of a card that is divided (MIG)."""

    number: int  #: the driver's own, of the card
    uuid: str
    name: str
    memory: Memory | None  #: None: the driver does not tell it
    compute_capability: tuple[int, int] | None  #: None: the driver lost the card
    is_unified: bool = False  #: it has no memory of its own
    has_display: bool = False
    is_divided: bool = False  #: it runs programs in its instances only
    instances: tuple[Listed, ...] = ()
    former_id: str = ""  #: of an instance: “MIG-GPU-…/1/0”, as drivers before R470 call it

    @property
    def is_usable(self) -> bool:
        """Whether enough of it is told to run a model on it."""
        has_memory = self.memory is not None or self.is_unified
        return self.compute_capability is not None and has_memory and not self.is_divided


@dataclass(frozen=True, slots=True)
class Listing:
    """What the driver tells: itself, and its cards in their order on the bus."""

    driver: str = ""
    driver_cuda: tuple[int, int] | None = None
    cards: tuple[Listed, ...] = ()
