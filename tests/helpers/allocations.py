"""Counts the bytes that operators take for their results: those held at once, and the largest."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Allocations(TorchDispatchMode):
    """Notes the new memory of every operator in it; what was there before does not count."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0  #: bytes of one result
        self.peak = 0  #: bytes of results that were held at once
        #: Bytes of each storage, and how many tensors look at it.
        self._held: dict[int, tuple[int, int]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        """Run the operator, and note what it made."""
        given = {storage_of(t) for t in tensors_in((args, kwargs))}
        result = func(*args, **(kwargs or {}))
        for tensor in tensors_in(result):
            key, size = storage_of(tensor), tensor.untyped_storage().nbytes()
            if key in given and key not in self._held:
                continue
            _, tensors = self._held.get(key, (size, 0))
            self._held[key] = (size, tensors + 1)
            weakref.finalize(tensor, self._dropped, key)
            self.largest = max(self.largest, size)
            self.peak = max(self.peak, sum(held for held, _ in self._held.values()))
        return result

    def _dropped(self, key: int) -> None:
        size, tensors = self._held.pop(key)
        if tensors > 1:
            self._held[key] = (size, tensors - 1)


def storage_of(tensor: Tensor) -> int:
    """A number that tells the memory of a tensor, and of its views, from any other."""
    return int(tensor.untyped_storage()._cdata)


def tensors_in(value: object) -> list[Tensor]:
    """The tensors in whatever lists, tuples and dicts."""
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]
