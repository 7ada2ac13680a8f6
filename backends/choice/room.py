"""How much of a device a model may take, and whether it fits."""

from __future__ import annotations

from ..machine.cards.values import Gpu
from ..machine.hardware import Machine
from ..model_config import ModelConfig
from ..precision import Precision
from . import memory
from .values import Model, Verdict

#: Of a card's free memory, what is left for what we estimate too low and for others' changes while
#: we run: a share, within bounds, as a large card does not need more of it.
_SHARE = 0.06
_LEAST_RESERVE, _MOST_RESERVE = 256 * 2**20, 768 * 2**20
#: The least of a card that a desktop is drawn with: a person opens a browser beside the chat.
_DESKTOP_RESERVE = 512 * 2**20


def free_bytes(machine: Machine, gpu: Gpu) -> int:
    """Bytes that are free on a card; where it has no memory of its own, of the machine's."""
    if gpu.is_unified:
        return min(gpu.free_memory_bytes, machine.free_memory_bytes)
    return gpu.free_memory_bytes


def reserve_bytes(machine: Machine, gpu: Gpu) -> int:
    """Bytes of what is free on a card that a model leaves to others."""
    share = int(free_bytes(machine, gpu) * _SHARE)
    least = _DESKTOP_RESERVE if gpu.has_display else _LEAST_RESERVE
    return min(max(share, least), _MOST_RESERVE)


def host_bytes(config: ModelConfig, precision: Precision) -> int:
    """Bytes of the machine's memory that an embedding takes there, with the process around it."""
    return memory.embedding_bytes(config, precision) + memory.CPU_LIBRARY_BYTES


def host_holds_embedding(model: Model, machine: Machine, gpu: Gpu, precision: Precision) -> bool:
    """Whether a card is spared an embedding by the machine's memory, which has room for it."""
    room_is_free = host_bytes(model.config, precision) <= machine.free_memory_bytes
    return room_is_free and not gpu.is_unified


def usable_bytes(machine: Machine, gpu: Gpu) -> int:
    """Bytes of a card that a model may take."""
    return free_bytes(machine, gpu) - reserve_bytes(machine, gpu)


def verdict(needed: int, free: int, reserve: int = 0) -> Verdict:
    """Whether so many bytes fit, and leave the reserve."""
    if needed > free:
        return Verdict.TOO_LARGE
    return Verdict.FITS if needed <= free - reserve else Verdict.TIGHT
