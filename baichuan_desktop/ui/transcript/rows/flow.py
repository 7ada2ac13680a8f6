"""Entries one under another, and the place in them that the reader looks at.

An entry is a row, or one piece of a row whose text is too long for one document. Heights are
estimates until an entry has come into sight. What the reader looks at stays where it is while
estimates become exact and entries come and go above it. Pixels are whole ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baichuan_desktop.ui.transcript.rows.heights import Heights

_FIRST_GUESS = 140  # pixels of an entry, before any has been measured
_END_SLACK = 6  # pixels from the end that still count as the end


@dataclass(frozen=True, slots=True)
class Key:
    """Which entry: the id of its row, and the number of the piece from 0."""

    row_id: int
    piece: int = 0


class Flow:
    """Where each entry is, in pixels from the top of all."""

    def __init__(self, *, above: int = 0, below: int = 0) -> None:
        self.above, self.below = above, below  #: room over the first entry and under the last
        self.offset = 0  #: pixels of all there is that are above the viewport
        self.viewport = 0  #: height of what is in sight
        self.follows = True  #: whether the end stays in sight while there comes more
        self.keys: list[Key] = []
        self._index: dict[Key, int] = {}
        self._heights = Heights()
        self._exact = bytearray()
        self._exact_sum = self._exact_count = 0

    # --- which entries ---------------------------------------------------------------------

    def show(self, keys: Sequence[Key]) -> None:
        """Have these entries. Known ones keep their heights, and what is in sight its place."""
        anchor, below_top = self._anchor(set(keys))
        guess = self._guess()
        heights = [
            guess if (old := self._index.get(key)) is None else self._heights[old] for key in keys
        ]
        exact = bytearray(
            0 if (old := self._index.get(key)) is None else self._exact[old] for key in keys
        )
        self.keys = list(keys)
        self._index = {key: number for number, key in enumerate(keys)}
        self._heights = Heights(heights)
        self._exact = exact
        self._count_exact()
        if anchor is not None:
            self.offset = self.top(self._index[anchor]) + below_top
        self.settle()

    def clear(self) -> None:
        """Have no entries, and follow the end of those that come."""
        self.offset = 0
        self.follows = True
        self.show(())

    def index(self, key: Key) -> int | None:
        """The number of an entry; None if it is not here."""
        return self._index.get(key)

    def _anchor(self, kept: set[Key]) -> tuple[Key | None, int]:
        """The first entry in sight that stays, and how far the viewport's top is below its own."""
        first = self.index_at(self.offset)
        for number in (*range(first, len(self.keys)), *range(first - 1, -1, -1)):
            if self.keys[number] in kept:
                return self.keys[number], self.offset - self.top(number)
        return None, 0

    # --- heights -----------------------------------------------------------------------------

    def top(self, number: int) -> int:
        """Where an entry begins."""
        return self.above + self._heights.before(number)

    def height(self, number: int) -> int:
        """How high an entry is, as far as that is known."""
        return self._heights[number]

    def is_exact(self, number: int) -> bool:
        """Whether the height was measured."""
        return bool(self._exact[number])

    def total(self) -> int:
        """The height of all there is."""
        return self.above + self._heights.total() + self.below if self.keys else 0

    def index_at(self, offset: int) -> int:
        """The entry at an offset from the top of all; the nearest one outside."""
        return self._heights.index_at(offset - self.above)

    def measure(self, number: int, height: int, *, grew: bool = False) -> None:
        """Set the exact height of an entry.

        What is below an entry that begins above the viewport stays where it is. Of one that
        `grew` at its own end, what is in sight of itself stays.
        """
        top, old = self.top(number), self._heights[number]
        self._heights.change(number, height)
        if self._exact[number]:
            self._exact_sum -= old
        else:
            self._exact[number] = 1
            self._exact_count += 1
        self._exact_sum += height
        is_above = top + old <= self.offset if grew else top < self.offset
        if is_above:
            self.offset += height - old
        self.settle()

    def estimate_again(self, old_width: int, new_width: int) -> None:
        """Take every height for an estimate: lines are as long as `new_width` from now on."""
        if not self.keys:
            return
        first = self.index_at(self.offset)
        into = self.offset - self.top(first)
        share = into / max(self._heights[first], 1)
        scale = old_width / max(new_width, 1)
        self._heights = Heights(
            max(round(self._heights[number] * scale), 1) for number in range(len(self.keys))
        )
        self._exact = bytearray(len(self.keys))
        self._count_exact()
        self.offset = self.top(first) + round(share * self._heights[first])
        self.settle()

    def _guess(self) -> int:
        if not self._exact_count:
            return _FIRST_GUESS
        return max(round(self._exact_sum / self._exact_count), 1)

    def _count_exact(self) -> None:
        known = [number for number, exact in enumerate(self._exact) if exact]
        self._exact_count = len(known)
        self._exact_sum = sum(self._heights[number] for number in known)

    # --- the viewport ----------------------------------------------------------------------

    def highest_offset(self) -> int:
        """The offset at which the end is in sight."""
        return max(self.total() - self.viewport, 0)

    def settle(self) -> None:
        """Keep the offset inside, and at the end where that is followed."""
        highest = self.highest_offset()
        self.offset = highest if self.follows else min(max(self.offset, 0), highest)

    def scroll_to(self, offset: int) -> None:
        """Look elsewhere; the end is followed if this is the end."""
        self.offset = min(max(offset, 0), self.highest_offset())
        self.follows = self.offset >= self.highest_offset() - _END_SLACK

    def distance_to_end(self) -> int:
        """Pixels below what is in sight."""
        return self.highest_offset() - self.offset
