"""Examples as batches: in which order, and how they are padded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from ..data.values import IGNORED, Example

PAD_ID = 0

#: The number of no example: a process that has none left in the last batch learns nothing in it.
NONE_LEFT = -1

Batch = dict[str, Tensor]


class ExampleRows(Dataset[Example | None]):
    """Examples as torch takes them; that of `NONE_LEFT` is None."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, number: int) -> Example | None:
        return None if number == NONE_LEFT else self._examples[number]


class Order(Sampler[int]):
    """The numbers of the examples of an epoch that one of several processes reads.

    All processes together read batch by batch what one process reads that takes as many examples
    at a time as all of them. Seed and epoch alone decide, so that a training that is resumed in the
    middle of an epoch goes on exactly.
    """

    def __init__(
        self,
        count: int,
        batch_size: int,
        *,
        number: int = 0,
        processes: int = 1,
        seed: int | None = None,
        epoch: Callable[[], int] = lambda: 0,
    ) -> None:
        """Of `count` examples; without a seed they stay in their order."""
        self._count = count
        self._batch_size = batch_size
        self._number = number
        self._processes = processes
        self._seed = seed
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._mine(np.arange(self._count)))

    def __iter__(self) -> Iterator[int]:
        numbers = np.arange(self._count)
        if self._seed is not None:
            # No generator of torch or Python: what it gives must not depend on what they gave.
            numbers = np.random.default_rng((self._seed, self._epoch())).permutation(numbers)
        return iter(self._mine(numbers))

    def _mine(self, numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[int]:
        together = self._batch_size * self._processes
        begin = self._number * self._batch_size
        mine: list[int] = []
        for first in range(0, len(numbers), together):
            found = numbers[first + begin : first + begin + self._batch_size]
            mine += map(int, found)
            if not len(found):
                mine.append(NONE_LEFT)
        return mine


def padded(examples: Sequence[Example | None]) -> Batch:
    """Examples as `input_ids`, `attention_mask` and `labels` [B, T], padded on the right.

    As published: pads have the id 0 and no label, and are told by their id.
    """
    longest = max((len(one.ids) for one in examples if one is not None), default=2)
    ids = torch.full((len(examples), longest), PAD_ID, dtype=torch.long)
    labels = torch.full((len(examples), longest), IGNORED, dtype=torch.long)
    for row, one in enumerate(examples):
        if one is not None:
            ids[row, : len(one.ids)] = torch.as_tensor(one.ids, dtype=torch.long)
            labels[row, : len(one.labels)] = torch.as_tensor(one.labels, dtype=torch.long)
    mask = ids.ne(PAD_ID)
    if not mask.any():  # rows of nothing but pads: some token has to be seen
        mask[:, 0] = True
    return {"input_ids": ids, "attention_mask": mask.long(), "labels": labels}
