"""Where a token stands: rotary embedding (7B) and attention with linear biases (13B).

A `Positions` is made for one forward pass on one device. It turns q and k, and attends: which
keys a query sees, and with which bias, follows from the positions alone.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ..alibi import alibi_slopes
from ..model_config import ModelConfig
from . import one_query
from .one_query import OneQuery
from .uncompiled import without_compiler

#: Queries of one block of ALiBi attention: bounds the bias to [heads, block, keys].
_ALIBI_BLOCK = 256
#: Values of a bias that kernels of cards read at a time. Source: torch's attention.cpp.
_LINE = 16


class Positions(Protocol):
    """Positions of the T new tokens of a pass, after those in the KV cache."""

    def rotate(self, packed: Tensor) -> Tensor:
        """Heads of q, k and v [B, T, 3 * heads, head_dim]; q and k rotated, for ALiBi nothing."""
        ...

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Q [B, heads, T, d] over k and v [B, heads, K, d], K = all tokens: [B, heads, T, d]."""
        ...


def make_positions(config: ModelConfig, start: int, count: int, device: torch.device) -> Positions:
    """Positions `start` to `start + count` for a model of this family."""
    if config.family.uses_alibi:
        return AlibiPositions(config.num_heads, start, count, device)
    return RotaryPositions(config, torch.arange(start, start + count, device=device))


def rotary_table(config: ModelConfig, positions: Tensor) -> Tensor:
    """What `rotated` multiplies by at positions [T]: cosines and sines [2, T, 1, head_dim].

    Source: the published models rotate halves (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin)
    with base 10,000, and do so in fp32 whatever the dtype of the model. The sines of the first
    half are negative, so that both halves are sums.
    """
    exponents = torch.arange(0, config.head_dim, 2, dtype=torch.float32, device=positions.device)
    frequencies = 1.0 / (config.rope_base ** (exponents / config.head_dim))
    angles = torch.outer(positions.float(), frequencies)[:, None]  # [T, 1, head_dim / 2]
    cos, sin = angles.cos(), angles.sin()
    return torch.stack((torch.cat((cos, cos), dim=-1), torch.cat((-sin, sin), dim=-1)))


def rotated(packed: Tensor, table: Tensor) -> Tensor:
    """Heads of q, k and v [B, T, 3 * heads, head_dim], those of q and k rotated by a table.

    All at once, and in four dimensions: on a card each operation is a launch, and that of `cat`
    is several from five dimensions on.
    """
    cos, sin = table
    q_and_k = packed.shape[2] // 3 * 2
    heads = packed[:, :, :q_and_k]
    turned = heads * cos + heads.roll(packed.shape[-1] // 2, dims=-1) * sin
    return torch.cat((turned.to(packed.dtype), packed[:, :, q_and_k:]), dim=2)


class RotaryPositions:
    """Rotary embedding of positions [T], and plain causal attention."""

    def __init__(self, config: ModelConfig, positions: Tensor) -> None:
        self._table = rotary_table(config, positions)
        self._mask: Tensor | None = None
        self._one_query = OneQuery()

    def rotate(self, packed: Tensor) -> Tensor:
        return rotated(packed, self._table)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        queries, keys = q.shape[2], k.shape[2]
        if one_query.is_for(q):
            return self._one_query.attend(q, k, v)
        if queries == 1:
            return F.scaled_dot_product_attention(q, k, v)
        if queries == keys:
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        if self._mask is None:  # every layer of a pass asks for the same
            self._mask = later_mask(queries, keys, q.device)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=self._mask)


def later_mask(queries: int, keys: int, device: torch.device) -> Tensor:
    """What the queries of a later chunk see of all keys, those of the chunk being the last.

    `is_causal` aligns to the top left, this to the bottom right. A card has kernels that need no
    mask for it; a processor has none, and gets a mask [queries, keys].
    """
    if device.type == "cpu":
        return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)
    with without_compiler():
        from torch.nn.attention.bias import causal_lower_right

    return causal_lower_right(queries, keys)


class AlibiPositions:
    """The bias slope * (k - q) for keys not after the query, -inf after it, in fp32.

    The published code adds slope * k in the model's dtype as one [heads, S, S] tensor; that is
    1.3 GB at 40 heads and 4096 tokens and off by up to 15 in bf16. Softmax does not see the
    difference of a constant a row, so the bias is held relative, and for one block of queries at
    a time. It depends on the distance alone: an earlier block has that of the last one without
    its first keys. So it is made once for all blocks and layers of a pass.
    """

    def __init__(self, num_heads: int, start: int, count: int, device: torch.device) -> None:
        """Of `count` tokens from position `start` on."""
        self._num_heads = num_heads
        self._start = start
        self._block = min(count, _ALIBI_BLOCK)
        self._blocks = -(-count // self._block)
        self._device = device
        self._kept: Tensor | None = None
        self._one_query = OneQuery()

    def rotate(self, packed: Tensor) -> Tensor:
        return packed

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if one_query.is_for(q):
            return self._one_query.attend(q, k, v, self.bias(0, q))
        queries, earlier = q.shape[2], k.shape[2] - q.shape[2]
        blocks = []
        for number in range(self._blocks):
            first = number * self._block
            last = min(first + self._block, queries)
            keys = slice(0, earlier + last)
            bias = self.bias(number, q)[:, :, : last - first, keys]
            blocks.append(
                F.scaled_dot_product_attention(
                    q[:, :, first:last], k[:, :, keys], v[:, :, keys], attn_mask=bias
                )
            )
        return blocks[0] if len(blocks) == 1 else torch.cat(blocks, dim=2)

    def bias(self, number: int, q: Tensor) -> Tensor:
        """For the queries of a block, were it a whole one, as SDPA takes it with q.

        Its keys end with the block: [1, heads, block, keys].
        """
        if self._kept is None:
            self._kept = self._make().to(bias_dtype(q))
        later = self._blocks - 1 - number
        end = self._start + self._blocks * self._block
        return self._kept[..., later * self._block : end]

    def _make(self) -> Tensor:
        """The bias of the last block, whose rows are wider than its keys. See `whole_lines`."""
        end = self._start + self._blocks * self._block
        slopes = torch.tensor(
            alibi_slopes(self._num_heads), dtype=torch.float32, device=self._device
        )
        queries = torch.arange(end - self._block, end, device=self._device)
        keys = torch.arange(0, whole_lines(end), device=self._device)
        return alibi_bias(slopes, keys[None, :] - queries[:, None])


def whole_lines(keys: int) -> int:
    """How many values a row of a bias over `keys` keys has in memory.

    Kernels of cards read rows by 16 values; any other bias is copied into such rows in each layer.
    """
    return -(-keys // _LINE) * _LINE


def alibi_bias(slopes: Tensor, distance: Tensor) -> Tensor:
    """Slopes [heads] and distances key - query [q, k] to the bias [1, heads, q, k], in fp32."""
    bias = slopes[:, None, None] * distance.float()
    return bias.masked_fill(distance > 0, -math.inf)[None]


def bias_dtype(q: Tensor) -> torch.dtype:
    """SDPA takes an fp32 bias with 16-bit queries on a processor, and not on a card.

    There, rounding a relative bias costs little: near keys have small and exact distances, and
    far ones no weight.
    """
    return torch.float32 if q.device.type == "cpu" else q.dtype
