"""The memory of the card that an export runs on: how it is taken there, and how much is held."""

from __future__ import annotations

import os

from ..machine.cards import lookup
from ..machine.cards.values import Gpu

#: The arena asks the driver for what is needed and no more. By itself it doubles what it takes, up
#: to 1 GiB at a time, which a card that just fits the model has not.
_BY_NEED = "kSameAsRequested"


def provider_options(
    device_id: int, free_bytes: int | None, cache_bytes: int
) -> dict[str, int | str]:
    """What the CUDA provider is told: its card, and how its arena grows.

    It may take what is free beside the KV cache: Windows' driver would put more into the machine's
    memory without a word, and each token would then wait for it. `free_bytes` None: nobody knows.
    """
    options: dict[str, int | str] = {
        "device_id": device_id,
        "arena_extend_strategy": _BY_NEED,
    }
    if free_bytes is not None:
        options["gpu_mem_limit"] = max(free_bytes - cache_bytes, 1)
    return options


def held_bytes(counted: int | None, free_before: int | None, free_now: int | None) -> int:
    """What a process took of a card: as the driver counted it, else what is less free since.

    0 if neither is known, which tells nothing.
    """
    if counted is not None:
        return counted
    if free_before is None or free_now is None:
        return 0
    return max(free_before - free_now, 0)


class CardMemory:
    """What this process holds of a card, from before it took anything there."""

    def __init__(self, device_id: int, cache_bytes: int) -> None:
        """`cache_bytes` are those of the KV cache, which is made there later."""
        self._device_id = device_id
        self._cache_bytes = cache_bytes
        self._card = _card(device_id)

    @property
    def provider_options(self) -> dict[str, int | str]:
        """See `provider_options`."""
        free = None if self._card is None else self._card.free_memory_bytes
        return provider_options(self._device_id, free, self._cache_bytes)

    def peak_bytes(self) -> int:
        """The most that was taken of the card so far, the KV cache not counted; 0: nobody tells.

        The arena gives nothing back before the session ends, so what is held now is the most.
        """
        if self._card is None:
            return 0
        counted = lookup.held_bytes(self._card.uuid, os.getpid())
        now = _card(self._device_id) if counted is None else None
        free_now = None if now is None else now.free_memory_bytes
        held = held_bytes(counted, self._card.free_memory_bytes, free_now)
        return max(held - self._cache_bytes, 0)


def _card(device_id: int) -> Gpu | None:
    return next((card for card in lookup.gpus() if card.index == device_id), None)
