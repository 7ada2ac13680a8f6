"""Where the layers put keys and values: a cache of transformers, which knows batches and beams."""

from __future__ import annotations

from torch import Tensor
from transformers import Cache


class CacheWriter:
    """A pass's view of a cache: `length` tokens are held, and those of the pass are appended."""

    def __init__(self, cache: Cache) -> None:
        self.length = int(cache.get_seq_length())
        self._cache = cache

    def append(self, layer: int, new: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new tokens' k and v [2, B, heads, T, head_dim]; those to attend to, alike."""
        end = self.length + new.shape[3]
        k, v = self._cache.update(new[0], new[1], layer)
        # A cache of a fixed size gives all its slots, those that hold nothing yet too.
        return k[:, :, :end], v[:, :, :end]
