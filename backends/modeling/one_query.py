"""Attention of one query over a bf16 or fp32 cache, on a processor.

Decoding reads the whole KV cache for every token. torch's kernel does that at 4 GB/s in bf16, for
which processors have products of matrices and none of a vector; copied to fp32 a block at a time,
which stays in the processor's cache, and multiplied there, the same cache is read three times as
fast (docs/performance.md), and the sums are those of fp32.

In fp32 torch's kernel is as fast, but sums otherwise on one thread than on several; these products
have the same bits on any number of threads, which may change within an answer.
"""

from __future__ import annotations

import torch
from torch import Tensor

_DTYPES = (torch.bfloat16, torch.float32)
_BLOCK = 512  # keys; of 32 heads with 128 values in fp32 they take 8 MiB


def is_for(q: Tensor) -> bool:
    """Whether q [B, heads, T, d] is attended here and not by torch."""
    return q.shape[2] == 1 and q.dtype in _DTYPES and q.device.type == "cpu"


class OneQuery:
    """Attends for all layers of a pass, which share its memory."""

    def __init__(self) -> None:
        self._block = torch.empty(0, dtype=torch.float32)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
        """Q [B, heads, 1, d] over k and v [B, heads, K, d]: [B, heads, 1, d].

        `bias` [1, heads, 1, K] is added to the products, in fp32.
        """
        batch, heads, _, width = q.shape
        keys = k.shape[2]
        query = q.flatten(0, 1).float() * width**-0.5
        k, v = k.flatten(0, 1), v.flatten(0, 1)
        step = keys if k.dtype is torch.float32 else _BLOCK
        scores = torch.empty(batch * heads, 1, keys, dtype=torch.float32)
        for first in range(0, keys, step):
            block = self._as_fp32(k[:, first : first + step])
            scores[:, :, first : first + step] = torch.bmm(query, block.transpose(1, 2))
        if bias is not None:
            scores.view(batch, heads, 1, keys).add_(bias)
        shares = scores.softmax(dim=-1)
        attended = torch.zeros(batch * heads, 1, width, dtype=torch.float32)
        for first in range(0, keys, step):
            block = self._as_fp32(v[:, first : first + step])
            attended.baddbmm_(shares[:, :, first : first + step], block)
        return attended.view(batch, heads, 1, width).to(q.dtype)

    def _as_fp32(self, part: Tensor) -> Tensor:
        if part.dtype is torch.float32:
            return part
        heads, keys, width = part.shape
        if self._block.shape != (heads, _BLOCK, width):
            self._block = torch.empty(heads, _BLOCK, width, dtype=torch.float32)
        return self._block[:, :keys].copy_(part)
