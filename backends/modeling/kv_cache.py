"""Keys and values of one sequence, preallocated, truncatable to a prefix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from ..model_config import ModelConfig


class KVWriter(Protocol):
    """Where a layer puts its new keys and values."""

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new tokens' k and v [1, heads, T, head_dim]; the k and v to attend to."""
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
        shape = (1, config.num_heads, capacity, config.head_dim)
        self.capacity = capacity  #: tokens
        self.length = 0  #: tokens held
        # Zeros on a card: masked slots are multiplied by 0, which NaN would survive.
        self._layers = [
            (_empty(shape, dtype, device), _empty(shape, dtype, device)) for device in devices
        ]

    @property
    def nbytes(self) -> int:
        """Bytes of all slots."""
        return sum(keys.nbytes + values.nbytes for keys, values in self._layers)

    def layer(self, layer: int) -> tuple[Tensor, Tensor]:
        """All slots of a layer: k and v [1, heads, capacity, head_dim]."""
        return self._layers[layer]

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new tokens' k and v [1, heads, T, head_dim]; those of the layer up to them."""
        end = self.length + keys.shape[2]
        if end > self.capacity:
            raise ValueError(f"{end} tokens in a KV cache of {self.capacity}")
        all_keys, all_values = self._layers[layer]
        all_keys[:, :, self.length : end] = keys
        all_values[:, :, self.length : end] = values
        return all_keys[:, :, :end], all_values[:, :, :end]

    def advance(self, tokens: int) -> None:
        """Count `tokens` that every layer has appended."""
        self.length += tokens

    def truncate(self, length: int) -> None:
        """Keep the first `length` tokens."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot keep {length} of {self.length} tokens")
        self.length = length


def _empty(shape: tuple[int, ...], dtype: torch.dtype, device: str) -> Tensor:
    # Fresh pages of the system are zero too, and are not touched before they are used.
    make = torch.empty if device == "cpu" else torch.zeros
    return make(shape, dtype=dtype, device=device)
