"""Keys and values of one sequence, preallocated, truncatable to a prefix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from ..model_config import ModelConfig


class KVWriter(Protocol):
    """Where a layer puts its new keys and values."""

    def append(self, layer: int, new: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Write the new tokens' k and v [2, B, heads, T, head_dim]; those to attend to, alike."""
        ...


class KVCache:
    """Keys and values of every layer for up to `capacity` tokens of one sequence.

    Memory is asked for once; a system that commits pages on first use gives it as it fills. A
    forward pass calls `append` for each layer and then `advance` once.
    """

    def __init__(
        self, config: ModelConfig, capacity: int, *, dtype: torch.dtype, devices: Sequence[str]
    ) -> None:
        """`devices` names the device of each layer."""
        # Keys and values of a layer lie in one tensor, so that one copy writes both.
        shape = (2, 1, config.num_heads, capacity, config.head_dim)
        self.capacity = capacity  #: tokens
        self.length = 0  #: tokens held
        # Slots of a card that hold no token are zeros: a recorded step multiplies them by 0, which
        # NaN would survive.
        self._layers = [_empty(shape, dtype, device) for device in devices]

    @property
    def nbytes(self) -> int:
        """Bytes of all slots."""
        return sum(slots.nbytes for slots in self._layers)

    def layer(self, layer: int) -> Tensor:
        """All slots of a layer: k and v [2, 1, heads, capacity, head_dim]."""
        return self._layers[layer]

    def append(self, layer: int, new: Tensor) -> Tensor:
        """Write the new tokens' k and v [2, 1, heads, T, head_dim]; the layer's up to them."""
        end = self.length + new.shape[3]
        if end > self.capacity:
            raise ValueError(f"{end} tokens in a KV cache of {self.capacity}")
        slots = self._layers[layer]
        slots[:, :, :, self.length : end] = new
        return slots[:, :, :, :end]

    def advance(self, tokens: int) -> None:
        """Count `tokens` that every layer has appended."""
        self.length += tokens

    def truncate(self, length: int) -> None:
        """Keep the first `length` tokens. The slots of the others are zeros again on a card."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot keep {length} of {self.length} tokens")
        for slots in self._layers:
            if length < self.length and slots.device.type != "cpu":
                slots[:, :, :, length : self.length].zero_()
        self.length = length


def _empty(shape: tuple[int, ...], dtype: torch.dtype, device: str) -> Tensor:
    # Fresh pages of the system are zero too, and are not touched before they are used.
    make = torch.empty if device == "cpu" else torch.zeros
    return make(shape, dtype=dtype, device=device)
