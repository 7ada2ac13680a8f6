"""Where a slider stops: the values that are of use, near enough to each other."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence

#: By the name of a field of SamplingParams. A value beside them can be written into the field.
STOPS: Mapping[str, Sequence[float]] = {
    "temperature": tuple(number / 20 for number in range(41)),
    "top_k": (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200),
    "top_p": tuple(number / 50 for number in range(51)),
    "repetition_penalty": tuple(1 + number / 100 for number in range(51)),
    "max_new_tokens": (
        16, 32, 64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192,
    ),
}  # fmt: skip


def nearest(stops: Sequence[float], value: float) -> int:
    """The place of the stop that is nearest to a value; the last or first one beyond them."""
    after = bisect.bisect_left(stops, value)
    if after == 0:
        return 0
    if after == len(stops):
        return after - 1
    return after if stops[after] - value < value - stops[after - 1] else after - 1
