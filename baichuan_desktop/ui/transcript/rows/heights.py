"""Heights of very many rows, of which any may change at any time."""

from __future__ import annotations

from collections.abc import Iterable


class Heights:
    """A Fenwick tree: a change, a sum and a search take as many steps as the number has bits."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        tree = [0, *self._heights]
        for node in range(1, len(tree)):
            above = node + (node & -node)
            if above < len(tree):
                tree[above] += tree[node]
        self._tree = tree
        self._top_bit = 1 << (len(self._heights).bit_length() - 1) if self._heights else 0

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def change(self, index: int, height: int) -> None:
        """Give one row another height."""
        added = height - self._heights[index]
        self._heights[index] = height
        node = index + 1
        while node < len(self._tree):
            self._tree[node] += added
            node += node & -node

    def before(self, index: int) -> int:
        """The height of all rows before one; of all there are for the index behind the last."""
        total, node = 0, index
        while node:
            total += self._tree[node]
            node &= node - 1
        return total

    def total(self) -> int:
        """The height of all rows."""
        return self.before(len(self._heights))

    def index_at(self, offset: int) -> int:
        """The row that covers an offset from the top of the first; the nearest one outside."""
        node, rest, bit = 0, offset, self._top_bit
        while bit:
            below = node + bit
            if below < len(self._tree) and self._tree[below] <= rest:
                node, rest = below, rest - self._tree[below]
            bit >>= 1
        return min(max(node, 0), max(len(self._heights) - 1, 0))
