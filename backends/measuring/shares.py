"""How much is taken of each of several texts."""

from __future__ import annotations

from collections.abc import Sequence


def shares(lengths: Sequence[int], most: int) -> list[int]:
    """The length to take of each text so that all together are `most`; short ones stay whole.

    >>> shares([10, 100, 200], 150)
    [10, 70, 70]
    """
    taken = [0] * len(lengths)
    left = most
    for rank, index in enumerate(sorted(range(len(lengths)), key=lengths.__getitem__)):
        taken[index] = min(lengths[index], left // (len(lengths) - rank))
        left -= taken[index]
    return taken
