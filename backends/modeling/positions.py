"""Where a token stands: rotary embedding (7B) and attention with linear biases (13B)."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from .config import ModelConfig


class RotaryPositions:
    """Cosines and sines for positions `start` to `start + count`, in fp32.

    Source: the published models rotate halves (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin)
    with base 10,000, and do so in fp32 whatever the dtype of the model.
    """

    def __init__(self, config: ModelConfig, start: int, count: int, device: torch.device) -> None:
        exponents = torch.arange(0, config.head_dim, 2, dtype=torch.float32, device=device)
        frequencies = 1.0 / (config.rope_base ** (exponents / config.head_dim))
        positions = torch.arange(start, start + count, dtype=torch.float32, device=device)
        angles = torch.outer(positions, frequencies)  # [T, head_dim / 2]
        self._cos = angles.cos()
        self._sin = angles.sin()

    def rotate(self, x: Tensor) -> Tensor:
        """Rotate q or k [B, heads, T, head_dim]; computed in fp32, returned in x's dtype."""
        first, second = x.float().chunk(2, dim=-1)
        rotated = torch.cat(
            (first * self._cos - second * self._sin, second * self._cos + first * self._sin), dim=-1
        )
        return rotated.to(x.dtype)


@lru_cache(maxsize=64)
def alibi_slopes(num_heads: int) -> tuple[float, ...]:
    """The slope of each head: a geometric series, interleaved if no power of two.

    Source: Press et al. 2022, “Train Short, Test Long”, and its released code.
    """

    def powers(n: int) -> list[float]:
        ratio = 2.0 ** -(2.0 ** -(math.log2(n) - 3))
        return [ratio ** (i + 1) for i in range(n)]

    floor = 2 ** math.floor(math.log2(num_heads))
    slopes = powers(floor)
    if floor != num_heads:
        slopes += powers(2 * floor)[0::2][: num_heads - floor]
    return tuple(slopes)


class AlibiPositions:
    """The bias slope * (k - q) for keys not after the query, -inf after it, in fp32.

    The published code adds slope * k in the model's dtype as one [heads, S, S] tensor; that is
    1.3 GB at 40 heads and 4096 tokens and off by up to 15 in bf16. Softmax does not see the
    difference of a constant a row, so the bias is held relative, and made for one block of
    queries at a time.
    """

    def __init__(self, num_heads: int, start: int, count: int, device: torch.device) -> None:
        self._slopes = torch.tensor(alibi_slopes(num_heads), dtype=torch.float32, device=device)
        self._start = start
        self._count = count
        self._last: tuple[int, int, Tensor] | None = None

    def bias(self, first: int, last: int) -> Tensor:
        """For queries `first` to `last` of the new tokens: [1, heads, last - first, keys].

        Keys are all tokens up to query `last`. The last block made is kept, because every layer
        of a pass over a short chunk asks for the same one.
        """
        if self._last is None or self._last[:2] != (first, last):
            self._last = (first, last, self._make(first, last))
        return self._last[2]

    def _make(self, first: int, last: int) -> Tensor:
        device = self._slopes.device
        queries = torch.arange(self._start + first, self._start + last, device=device)
        keys = torch.arange(0, self._start + last, device=device)
        distance = (keys[None, :] - queries[:, None]).float()  # [q, k]
        bias = self._slopes[:, None, None] * distance
        return bias.masked_fill(distance > 0, -math.inf)[None]
