"""What this process takes of the memory of its cards, its CUDA context included.

torch counts what its allocator reserves. The context, with the kernels that were loaded into it,
is some hundred megabytes more, and is what a second start has to know to plan right.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import torch

from ..choice.memory import CUDA_LIBRARY_BYTES
from ..machine.cards import lookup
from ..machine.cards.values import Gpu

#: No context is larger: what goes beyond began to be used by another program meanwhile.
_MOST_CONTEXT_BYTES = 3 * 2**29


class CardMemory:
    """Counts what is taken of some cards; made before this process uses one of them."""

    def __init__(self, cards: Sequence[str]) -> None:
        found = {gpu.device: gpu for gpu in lookup.gpus()} if cards else {}
        self._gpus = {card: found.get(card) for card in cards}
        self._others = {card: _others_bytes(gpu) for card, gpu in self._gpus.items()}
        self._least: Mapping[str, int] = dict.fromkeys(cards, 0)

    def peak_bytes(self) -> int:
        """The most that was taken of all cards together, contexts and KV cache included."""
        return sum(peak + self._context(card) for card, peak in self.peaks().items())

    def peaks(self) -> Mapping[str, int]:
        """The most that torch reserved of each card."""
        return {
            card: max(torch.cuda.max_memory_reserved(card), least)
            for card, least in self._least.items()
        }

    def go_back_to(self, peaks: Mapping[str, int]) -> None:
        """Leave out what was reserved since then, and given back: it was of no use."""
        self._least = peaks
        for card in peaks:
            torch.cuda.reset_peak_memory_stats(card)

    def _context(self, card: str) -> int:
        reserved, gpu = torch.cuda.memory_reserved(card), self._gpus[card]
        held = None if gpu is None else lookup.held_bytes(gpu.uuid, os.getpid())
        if held:
            return max(held - reserved, 0)
        others = self._others[card]
        if others is None:
            return CUDA_LIBRARY_BYTES
        free, total = torch.cuda.mem_get_info(card)
        return context_bytes(total, free, reserved, others)


def context_bytes(total: int, free: int, reserved: int, others: int) -> int:
    """What a context takes: what is gone of a card, and neither torch nor another program has."""
    return min(max(total - free - reserved - others, 0), _MOST_CONTEXT_BYTES)


def _others_bytes(gpu: Gpu | None) -> int | None:
    """What other programs hold of a card; None if that cannot be told any more."""
    if gpu is None:
        return None
    if not torch.cuda.is_initialized():
        return gpu.used_bytes
    held = lookup.held_bytes(gpu.uuid, os.getpid())
    return None if held is None else max(gpu.used_bytes - held, 0)
