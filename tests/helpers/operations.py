"""Operations that a computation asks torch for: on a card, each is a launch."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from tests.helpers.allocations import storage_of, tensors_in


class OperationCounter(TorchDispatchMode):
    """Counts, by name, the operations that write memory.

    A view writes nothing: its result lies in the memory of an argument. Neither does what only
    asks for memory. Count in inference mode: torch then hands over `linear`, `rms_norm` or
    `scaled_dot_product_attention` whole, as it hands them to one kernel of a card.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """How many there were."""
        return self.counts.total()

    def __torch_dispatch__(
        self, func: OpOverload, types: object, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if func.overloadpacket is not torch.ops.aten.empty and (
            func._schema.is_mutable or not _lies_in((args, kwargs), result)
        ):
            self.counts[func.overloadpacket.__name__] += 1
        return result


def _lies_in(arguments: object, result: object) -> bool:
    """Whether all tensors of a result lie in the memory of arguments."""
    known = {storage_of(one) for one in tensors_in(arguments)}
    return all(storage_of(one) in known for one in tensors_in(result))
