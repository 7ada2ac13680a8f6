"""One decoding step in which nothing but the contents of tensors changes from token to token.

A CUDA graph replays the same kernels on the same addresses, so the position is a tensor, keys
and values are written at it by index, and attention runs over a fixed number of keys with those
not yet written masked. It computes what the ordinary path computes, on any device.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..alibi import alibi_slopes
from .baichuan import BaichuanForCausalLM
from .kv_cache import KVCache
from .positions import RotaryPositions, alibi_bias


class StaticDecode:
    """Decodes token `ids` [1, 1] at `position` [1] over the first `keys` slots of a cache.

    The caller fills `ids` and `position`, calls `step` (or replays what it recorded), and counts
    the token in the cache.
    """

    def __init__(self, model: BaichuanForCausalLM, cache: KVCache) -> None:
        device = model.lm_head.weight.device
        self._model = model
        self._cache = cache
        self.ids = torch.zeros((1, 1), dtype=torch.long, device=device)
        self.position = torch.zeros(1, dtype=torch.long, device=device)
        self._all_keys = torch.arange(cache.capacity, device=device)
        self._slopes: Tensor | None = None
        if model.config.family.uses_alibi:
            slopes = alibi_slopes(model.config.num_heads)
            self._slopes = torch.tensor(slopes, dtype=torch.float32, device=device)

    def step(self, keys: int) -> Tensor:
        """Logits [vocab_size] in fp32 after the token; `position` must be below `keys`."""
        positions = _StaticPositions(
            self._model, self.position, self._all_keys[:keys], self._slopes
        )
        writer = _StaticCache(self._cache, self.position, keys)
        hidden = self._model.model.embed_tokens(self.ids)
        for layer in self._model.model.layers:
            hidden = layer(hidden, positions, writer)
        hidden = self._model.model.norm(hidden)
        logits: Tensor = self._model.lm_head(hidden[0, -1])
        return logits.float()


class _StaticCache:
    """Writes keys and values at a position that is a tensor."""

    def __init__(self, cache: KVCache, position: Tensor, keys: int) -> None:
        self._cache = cache
        self._position = position
        self._keys = keys

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write one token; all slots of keys and values, those not yet written among them."""
        all_keys, all_values = self._cache.layer(layer)
        all_keys.index_copy_(2, self._position, keys)
        all_values.index_copy_(2, self._position, values)
        return all_keys[:, :, : self._keys], all_values[:, :, : self._keys]


class _StaticPositions:
    """Positions of one token whose place is a tensor."""

    def __init__(
        self, model: BaichuanForCausalLM, position: Tensor, keys: Tensor, slopes: Tensor | None
    ) -> None:
        distance = keys[None, :] - position[:, None]  # [1, keys]
        self._rotary: RotaryPositions | None = None
        if slopes is not None:
            bias = alibi_bias(slopes, distance)
        else:
            self._rotary = RotaryPositions(model.config, position)
            bias = torch.zeros(distance.shape, device=keys.device)
            bias = bias.masked_fill(distance > 0, -math.inf)
        self._bias = bias.to(model.model.norm.weight.dtype)

    def rotate(self, x: Tensor) -> Tensor:
        return x if self._rotary is None else self._rotary.rotate(x)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=self._bias)
