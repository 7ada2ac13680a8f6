"""Positions of batches in which some tokens are pads, and of those that a caller numbers."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..alibi import alibi_slopes
from ..model_config import ModelConfig
from ..modeling.positions import Positions, bias_dtype, make_positions, rotary_table, rotated

#: Queries of one block of ALiBi attention: bounds the bias to [B, heads, block, keys].
_ALIBI_BLOCK = 256


def batch_positions(
    config: ModelConfig,
    mask: Tensor | None,
    position_ids: Tensor | None,
    *,
    start: int,
    count: int,
    device: torch.device,
) -> Positions:
    """Positions of `count` new tokens a row after `start` tokens in the cache, on a device.

    `mask` [B, keys] is 0 where a token is a pad; a mask [B, 1, queries, keys] says of each query
    which keys it sees. `position_ids` [B, T] number the tokens for rotary positions. ALiBi looks
    at distances, as published, which pads on the left do not change.
    """
    if config.family.uses_alibi:
        position_ids = None
    if _changes_nothing(mask, position_ids, start, count):
        return make_positions(config, start, count, device)
    seen = _seen(mask, start, count).to(device)
    if config.family.uses_alibi:
        return _MaskedAlibi(config.num_heads, start, seen)
    if position_ids is None and mask is not None and mask.dim() == 2:
        position_ids = (mask.long().cumsum(-1) - 1).clamp(min=0)[:, -count:]
    if position_ids is None:
        position_ids = torch.arange(start, start + count)[None]
    return _MaskedRotary(config, position_ids.to(device), seen)


def _changes_nothing(
    mask: Tensor | None, position_ids: Tensor | None, start: int, count: int
) -> bool:
    """Whether all tokens see what they see without a mask, and stand where they stand."""
    if position_ids is not None:
        plain = torch.arange(start, start + count, device=position_ids.device)
        if not bool((position_ids == plain).all()):
            return False
    if mask is None:
        return True
    if mask.dim() != 2:
        return False
    # Pads on the right: no token comes after them which could see them.
    pads_only_follow = start == 0 and bool((mask[:, 1:] <= mask[:, :-1]).all())
    return bool(mask.all()) or (pads_only_follow and bool(mask[:, 0].all()))


def _seen(mask: Tensor | None, start: int, count: int) -> Tensor:
    """Which keys each query sees: [B, 1, count, start + count], or with a batch of 1.

    A pad sees itself, so that softmax has something to divide; nobody sees it.
    """
    keys = start + count
    device = None if mask is None else mask.device
    causal = torch.ones(count, keys, dtype=torch.bool, device=device).tril(start)
    if mask is None:
        return causal[None, None]
    if mask.dim() == 4:
        allowed = mask if mask.dtype is torch.bool else mask >= 0
        return allowed[..., :keys]
    if mask.dim() != 2 or mask.shape[1] != keys:
        raise ValueError(
            f"The attention mask has the shape {list(mask.shape)}, but there are {keys} tokens: "
            f"{start} in the cache, and {count} new ones."
        )
    itself = torch.eye(count, keys, dtype=torch.bool, device=device).roll(start, dims=1)
    return causal & (mask[:, None, None, :].bool() | itself)


class _MaskedRotary:
    """Rotary embedding of positions [B, T], and attention to the keys that are seen."""

    def __init__(self, config: ModelConfig, positions: Tensor, seen: Tensor) -> None:
        table = rotary_table(config, positions.flatten())
        self._table = table.view(2, *positions.shape, *table.shape[2:])
        self._seen = seen

    def rotate(self, packed: Tensor) -> Tensor:
        return rotated(packed, self._table)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=self._seen)


class _MaskedAlibi:
    """The bias slope * (k - q) in fp32 for keys that are seen, -inf for the others, in blocks."""

    def __init__(self, num_heads: int, start: int, seen: Tensor) -> None:
        self._slopes = torch.tensor(
            alibi_slopes(num_heads), dtype=torch.float32, device=seen.device
        )
        self._start = start
        self._seen = seen
        self._kept: Tensor | None = None

    def rotate(self, packed: Tensor) -> Tensor:
        return packed

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        blocks = []
        for first in range(0, q.shape[2], _ALIBI_BLOCK):
            some = slice(first, first + _ALIBI_BLOCK)
            blocks.append(
                F.scaled_dot_product_attention(
                    q[:, :, some], k, v, attn_mask=self._bias(first, q.shape[2]).to(bias_dtype(q))
                )
            )
        return blocks[0] if len(blocks) == 1 else torch.cat(blocks, dim=2)

    def _bias(self, first: int, queries: int) -> Tensor:
        """Of a block of queries: [B, heads, block, keys]; kept if it is the only one."""
        if self._kept is not None:
            return self._kept
        seen = self._seen[:, :, first : first + _ALIBI_BLOCK]
        keys = torch.arange(seen.shape[-1], device=seen.device)
        rows = torch.arange(seen.shape[-2], device=seen.device) + self._start + first
        bias = self._slopes[:, None, None] * (keys[None, :] - rows[:, None]).float()
        bias = torch.where(seen, bias, -math.inf)
        if queries <= _ALIBI_BLOCK:  # every layer of a pass asks for the same
            self._kept = bias
        return bias
