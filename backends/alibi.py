"""The slopes of linear attention biases (13B). Imports no torch."""

from __future__ import annotations

import math
from functools import lru_cache


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
