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

#: Queries of one block of ALiBi attention: bounds the bias to [heads, block, keys].
_ALIBI_BLOCK = 256


class Positions(Protocol):
    """Positions of the T new tokens of a pass, after those in the KV cache."""

    def rotate(self, x: Tensor) -> Tensor:
        """Q or k [B, heads, T, head_dim], rotated by their positions; unchanged for ALiBi."""
        ...

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Q [B, heads, T, d] over k and v [B, heads, K, d], K = all tokens: [B, heads, T, d]."""
        ...


def make_positions(config: ModelConfig, start: int, count: int, device: torch.device) -> Positions:
    """Positions `start` to `start + count` for a model of this family."""
    if config.family.uses_alibi:
        return AlibiPositions(config.num_heads, start, device)
    return RotaryPositions(config, torch.arange(start, start + count, device=device))


class RotaryPositions:
    """Cosines and sines of positions [T], in fp32, and plain causal attention.

    Source: the published models rotate halves (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin)
    with base 10,000, and do so in fp32 whatever the dtype of the model.
    """

    def __init__(self, config: ModelConfig, positions: Tensor) -> None:
        exponents = torch.arange(
            0, config.head_dim, 2, dtype=torch.float32, device=positions.device
        )
        frequencies = 1.0 / (config.rope_base ** (exponents / config.head_dim))
        angles = torch.outer(positions.float(), frequencies)  # [T, head_dim / 2]
        self._cos = angles.cos()
        self._sin = angles.sin()
        self._one_query = OneQuery()

    def rotate(self, x: Tensor) -> Tensor:
        first, second = x.float().chunk(2, dim=-1)
        rotated = torch.cat(
            (first * self._cos - second * self._sin, second * self._cos + first * self._sin), dim=-1
        )
        return rotated.to(x.dtype)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        queries, keys = q.shape[2], k.shape[2]
        if one_query.is_for(q):
            return self._one_query.attend(q, k, v)
        if queries == 1:
            return F.scaled_dot_product_attention(q, k, v)
        if queries == keys:
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        # A later chunk: SDPA's own mask is aligned to the top left, ours to the bottom right.
        mask = torch.ones(queries, keys, dtype=torch.bool, device=q.device).tril(keys - queries)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


class AlibiPositions:
    """The bias slope * (k - q) for keys not after the query, -inf after it, in fp32.

    The published code adds slope * k in the model's dtype as one [heads, S, S] tensor; that is
    1.3 GB at 40 heads and 4096 tokens and off by up to 15 in bf16. Softmax does not see the
    difference of a constant a row, so the bias is held relative, and made for one block of
    queries at a time.
    """

    def __init__(self, num_heads: int, start: int, device: torch.device) -> None:
        self._slopes = torch.tensor(alibi_slopes(num_heads), dtype=torch.float32, device=device)
        self._start = start
        self._last: tuple[int, int, Tensor] | None = None
        self._one_query = OneQuery()

    def rotate(self, x: Tensor) -> Tensor:
        return x

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if one_query.is_for(q):
            return self._one_query.attend(q, k, v, self._bias(0, 1))
        queries, earlier = q.shape[2], k.shape[2] - q.shape[2]
        blocks = []
        for first in range(0, queries, _ALIBI_BLOCK):
            last = min(first + _ALIBI_BLOCK, queries)
            keys = slice(0, earlier + last)
            bias = self._bias(first, last).to(_bias_dtype(q))
            blocks.append(
                F.scaled_dot_product_attention(
                    q[:, :, first:last], k[:, :, keys], v[:, :, keys], attn_mask=bias
                )
            )
        return blocks[0] if len(blocks) == 1 else torch.cat(blocks, dim=2)

    def _bias(self, first: int, last: int) -> Tensor:
        """For queries `first` to `last`: [1, heads, last - first, keys].

        The last block made is kept, because every layer of a pass over a short chunk asks for
        the same one.
        """
        if self._last is None or self._last[:2] != (first, last):
            device = self._slopes.device
            queries = torch.arange(self._start + first, self._start + last, device=device)
            keys = torch.arange(0, self._start + last, device=device)
            distance = keys[None, :] - queries[:, None]  # [q, k]
            self._last = (first, last, alibi_bias(self._slopes, distance))
        return self._last[2]


def alibi_bias(slopes: Tensor, distance: Tensor) -> Tensor:
    """Slopes [heads] and distances key - query [q, k] to the bias [1, heads, q, k], in fp32."""
    bias = slopes[:, None, None] * distance.float()
    return bias.masked_fill(distance > 0, -math.inf)[None]


def _bias_dtype(q: Tensor) -> torch.dtype:
    """SDPA takes an fp32 bias with 16-bit queries on a processor, and not on a card.

    There, rounding a relative bias costs little: near keys have small and exact distances, and
    far ones no weight.
    """
    return torch.float32 if q.device.type == "cpu" else q.dtype
