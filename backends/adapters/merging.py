"""The weights of a model as they are with an adapter: row by row in fp32, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..checkpoint.folder import Checkpoint
from ..checkpoint.weight_rows import Floats, floats, rows_of
from ..errors import DamagedAdapterError
from ..files.hashing import read_bytes
from ..files.tensor_files import TensorRecord
from ..phrases import Phrase
from .values import Adapter, LowRank


@dataclass(frozen=True, slots=True)
class MergedTensor:
    """A tensor of a model, as rows in fp32; without a change just as it is stored."""

    record: TensorRecord  #: the model's, or the adapter's that takes its place
    change: LowRank | None = None  #: what is added to it
    #: Divide each row by its norm before something is added: what the head of Baichuan 2 is.
    normalised: bool = False

    def blocks(self) -> Iterator[Floats]:
        """All rows [n, columns], some at a time; a vector is one row.

        Raises JobError for a file that cannot be read, DamagedCheckpointError and
        DamagedAdapterError for what is not a number.
        """
        change = None if self.change is None else _Change(self.change)
        first = 0
        for stored in rows_of(self.record):
            rows = _normalised(stored) if self.normalised else stored
            yield rows if change is None else change.of(rows, first)
            first += len(rows)


class _Change:
    """What an adapter makes of the rows of a matrix; its factors are read once."""

    def __init__(self, matrix: LowRank) -> None:
        self._matrix = matrix
        self._down = _factor(matrix.down)
        with np.errstate(over="ignore"):  # told of the rows that it makes
            self._up: Floats = np.multiply(_factor(matrix.up), matrix.scale, dtype=np.float32)
        self._magnitude = (
            None if matrix.magnitude is None else _factor(matrix.magnitude).reshape(-1)
        )

    def of(self, rows: Floats, first: int) -> Floats:
        """Rows of the model's matrix, from its row `first` on, changed. Raises DamagedAdapterError.

        With a magnitude, a row of zeros has no direction, and becomes no number.
        """
        last = first + len(rows)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # told below
            merged = rows + self._up[first:last] @ self._down
            if self._magnitude is not None:
                lengths = np.sqrt(np.square(merged, dtype=np.float64).sum(axis=1))
                factors = (self._magnitude[first:last] / lengths).astype(np.float32)
                np.multiply(merged, factors[:, np.newaxis], out=merged)
        if not np.isfinite(merged).all():
            raise _no_number(self._matrix.up)
        return merged


def merged_tensors(checkpoint: Checkpoint, adapter: Adapter | None) -> Mapping[str, MergedTensor]:
    """Every plain tensor of a checkpoint by its released name, as it is with an adapter."""
    if adapter is None:
        return {name: MergedTensor(record) for name, record in checkpoint.tensors.items()}
    return {
        name: MergedTensor(
            adapter.saved.get(name, record), adapter.matrices.get(name.removesuffix(".weight"))
        )
        for name, record in checkpoint.tensors.items()
    }


def _factor(record: TensorRecord) -> Floats:
    """All values of a tensor of an adapter. Raises DamagedAdapterError, JobError."""
    values = floats(read_bytes(record, 0, record.nbytes), record.dtype)
    if not np.isfinite(values).all():
        raise _no_number(record)
    return values.reshape(record.shape)


def _no_number(record: TensorRecord) -> DamagedAdapterError:
    what = Phrase("“{name}” holds what is not a number", name=record.name[:100])
    return DamagedAdapterError(record.file, what)


def _normalised(rows: Floats) -> Floats:
    """Rows divided by their norms, as `NormHead.fold` does; sums in fp64, as order matters less."""
    norms = np.sqrt(np.square(rows, dtype=np.float64).sum(axis=1, keepdims=True))
    divisors: Floats = np.maximum(norms, 1e-12).astype(np.float32)
    return rows / divisors
