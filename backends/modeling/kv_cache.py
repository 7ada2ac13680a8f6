"""Keys and values of one sequence, preallocated, truncatable to a prefix."""

from __future__ import annotations

import torch
from torch import Tensor

from .config import ModelConfig


class KVCache:
    """Keys and values of every layer for up to `capacity` tokens of one sequence.

    Memory is asked for once; a system that commits pages on first use gives it as it fills. A
    forward pass calls `append` for each layer and then `advance` once.
    """

    def __init__(
        self, config: ModelConfig, capacity: int, *, dtype: torch.dtype, device: torch.device
    ) -> None:
        shape = (1, config.num_heads, capacity, config.head_dim)
        self.capacity = capacity  #: tokens
        self.length = 0  #: tokens held
        self._keys = [torch.empty(shape, dtype=dtype, device=device) for _ in _layers(config)]
        self._values = [torch.empty(shape, dtype=dtype, device=device) for _ in _layers(config)]

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new tokens' k and v [1, heads, T, head_dim]; all of the layer's so far."""
        end = self.length + keys.shape[2]
        if end > self.capacity:
            raise ValueError(f"{end} tokens in a KV cache of {self.capacity}")
        self._keys[layer][:, :, self.length : end] = keys
        self._values[layer][:, :, self.length : end] = values
        return self._keys[layer][:, :, :end], self._values[layer][:, :, :end]

    def advance(self, tokens: int) -> None:
        """Count `tokens` that every layer has appended."""
        self.length += tokens

    def truncate(self, length: int) -> None:
        """Keep the first `length` tokens."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot keep {length} of {self.length} tokens")
        self.length = length


def _layers(config: ModelConfig) -> range:
    return range(config.num_layers)
