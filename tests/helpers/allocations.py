"""Counts the bytes that operators take for their results: those held at once, and the largest."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


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
        given = {_key(t) for t in _tensors((args, kwargs))}
        result = func(*args, **(kwargs or {}))
        for tensor in _tensors(result):
            key, size = _key(tensor), tensor.untyped_storage().nbytes()
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


def _key(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in torch.utils._pytree.tree_leaves(value) if isinstance(leaf, Tensor)]
