"""One decoding step in which nothing but the contents of tensors changes from token to token.

A CUDA graph replays the same kernels on the same addresses, so the position is a tensor, keys
and values are written at it by index, and attention runs over a fixed number of keys with those
not yet written masked. It computes what the ordinary path computes, on any device.

On a card each operation is a launch, which takes its time in a graph too. So what depends on the
position alone is a row of a table, made once.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..alibi import alibi_slopes
from ..model_config import ModelConfig
from .baichuan import BaichuanForCausalLM
from .kv_cache import KVCache
from .lean.host_embedding import HostEmbedding
from .positions import alibi_bias, rotary_table, rotated, whole_lines


class StaticDecode:
    """Decodes one token at a time over the first slots of a cache.

    The caller gives a token by `feed`, calls `step` (or replays what it recorded), and counts the
    token in the cache.
    """

    def __init__(self, model: BaichuanForCausalLM, cache: KVCache) -> None:
        slots = cache.layer(0)
        self._model = model
        self._cache = cache
        self._tables = _Tables(model.config, cache.capacity, slots.dtype, slots.device)
        self.ids = torch.zeros((1, 1), dtype=torch.long, device=slots.device)
        self.position = torch.zeros(1, dtype=torch.long, device=slots.device)
        embedding: nn.Module = model.model.embed_tokens
        self._host = embedding if isinstance(embedding, HostEmbedding) else None
        # Where the row of the token is, if its table lies on the host: a graph cannot look it up.
        shape = (1, 1, model.config.hidden_size)
        self._row = torch.zeros(shape, dtype=slots.dtype, device=slots.device)

    def feed(self, token_id: int, position: int) -> None:
        """Have the next `step` decode this token behind `position` others."""
        self.ids.fill_(token_id)
        self.position.fill_(position)
        if self._host is not None:
            self._row.copy_(self._host(torch.tensor([[token_id]])))

    def step(self, keys: int) -> Tensor:
        """Logits [vocab_size] in fp32 after the token; its position must be below `keys`."""
        positions = _StaticPositions(self._tables, self.position, keys)
        writer = _StaticCache(self._cache, self.position, keys)
        hidden = self._row if self._host is not None else self._model.model.embed_tokens(self.ids)
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

    def append(self, layer: int, new: Tensor) -> Tensor:
        """Write one token; all slots of keys and values, those not yet written among them."""
        slots = self._cache.layer(layer)
        slots.index_copy_(3, self._position, new)
        return slots[:, :, :, : self._keys]


class _Tables:
    """What steps at any position of a cache look up."""

    def __init__(
        self, config: ModelConfig, capacity: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        alibi = config.family.uses_alibi
        #: Cosines and sines [2, capacity, 1, head_dim]; none for ALiBi.
        self.rotary: Tensor | None = None
        if not alibi:
            self.rotary = rotary_table(config, torch.arange(capacity, device=device))
        slopes = alibi_slopes(config.num_heads) if alibi else [0.0]
        distance = torch.arange(1 - capacity, whole_lines(capacity), device=device)
        #: The bias by distance [1, heads or 1, 1, distances].
        self.bias = alibi_bias(
            torch.tensor(slopes, dtype=torch.float32, device=device), distance[None]
        ).to(dtype)
        #: Where in it a key's bias is for a query at position 0.
        self.index = torch.arange(capacity - 1, len(distance), device=device)


class _StaticPositions:
    """Positions of one token whose place is a tensor."""

    def __init__(self, tables: _Tables, position: Tensor, keys: int) -> None:
        index = tables.index[: whole_lines(keys)] - position
        self._bias = tables.bias.index_select(3, index)[..., :keys]
        self._rotary: Tensor | None = None
        if tables.rotary is not None:
            self._rotary = tables.rotary.index_select(1, position)

    def rotate(self, packed: Tensor) -> Tensor:
        return packed if self._rotary is None else rotated(packed, self._rotary)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=self._bias)
