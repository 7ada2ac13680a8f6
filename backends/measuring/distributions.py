"""Distributions over the vocabulary, and the file that keeps a reference's for comparison.

Kept whole, a text of 8,192 tokens would take 4 GB at a vocabulary of 125,696. Kept are the `TOP`
likeliest tokens of each position with their log-probabilities, and the probability of all others
together: 8 KiB a position, 67 MB for that text. They are kept in fp32, not fp16, so that a model
compared with itself differs by exactly nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from ..errors import QualityError
from ..phrases import Phrase

#: Tokens that are kept of each position.
TOP = 1024
#: Probability that stands for none, where a logarithm is needed.
_NONE = 1e-30

_Floats = npt.NDArray[np.float32]
_Ids = npt.NDArray[np.integer]


class Distributions:
    """A probability distribution for each position, of logits [positions, vocab_size] in fp32."""

    def __init__(self, logits: _Floats) -> None:
        self._logits = logits
        greatest = logits.max(axis=1, keepdims=True)
        self._shifted = np.exp(logits - greatest)
        self._sums = self._shifted.sum(axis=1, keepdims=True, dtype=np.float64)
        self._log_sums = greatest + np.log(self._sums)

    def __len__(self) -> int:
        return len(self._logits)

    @property
    def vocab_size(self) -> int:
        """The number of tokens that each distribution is over."""
        return int(self._logits.shape[1])

    @property
    def best(self) -> npt.NDArray[np.int64]:
        """The likeliest token of each position, the lowest id of equals: [positions]."""
        best: npt.NDArray[np.int64] = self._logits.argmax(axis=1)
        return best

    def top(self, count: int) -> _Ids:
        """The ids of the likeliest tokens, in no order: [positions, count]."""
        if count >= self.vocab_size:
            return np.broadcast_to(np.arange(self.vocab_size), self._logits.shape)
        return np.argpartition(self._logits, -count, axis=1)[:, -count:]

    def log_probs(self, ids: _Ids) -> _Floats:
        """Natural logarithms of the probabilities of ids [positions, N]: the same shape."""
        chosen = np.take_along_axis(self._logits, ids, axis=1)
        found: _Floats = (chosen - self._log_sums).astype(np.float32)
        return found

    def rest(self, ids: _Ids) -> _Floats:
        """The probability of everything but ids [positions, N]: [positions]."""
        named = np.take_along_axis(self._shifted, ids, axis=1).sum(axis=1, dtype=np.float64)
        shares = 1 - named / self._sums[:, 0]
        if ids.shape[1] >= self.vocab_size:
            shares[:] = 0  # nothing is left, whatever rounding says
        rest: _Floats = np.clip(shares, 0, 1).astype(np.float32)
        return rest


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences from the reference, summed over some positions."""

    divergence_sum: float  #: of D(reference || found), nats
    same_best: int  #: positions with the same likeliest token


class _ReferenceFile:
    def __init__(self, file: Path, mode: str) -> None:
        self._file = file
        try:
            self._stream: BinaryIO = file.open(mode)  # type: ignore[assignment]  # binary modes
        except OSError as error:
            raise _cannot_keep(file, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            self._stream.close()  # which may have to write
        except OSError as reason:
            if error is None:
                raise _cannot_keep(self._file, reason) from reason


class ReferenceWriter(_ReferenceFile):
    """Writes the reference's likeliest tokens to a file, position after position."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, "xb")

    def write(self, found: Distributions) -> None:
        """Append positions. Raises QualityError."""
        ids = found.top(TOP)
        records = np.empty(len(found), _record(ids.shape[1]))
        records["best"] = found.best
        records["ids"] = ids
        records["log_probs"] = found.log_probs(ids)
        records["rest"] = found.rest(ids)
        try:
            self._stream.write(records.tobytes())
        except OSError as error:
            raise _cannot_keep(self._file, error) from error


class ReferenceReader(_ReferenceFile):
    """Compares another precision with the reference in a file, position after position."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, "rb")

    def read(self, found: Distributions) -> Comparison:
        """The comparison of the next positions with those of the file. Raises QualityError."""
        dtype = _record(min(TOP, found.vocab_size))
        try:
            data = self._stream.read(len(found) * dtype.itemsize)
        except OSError as error:
            raise _cannot_keep(self._file, error) from error
        if len(data) != len(found) * dtype.itemsize:
            raise QualityError("The reference has read fewer tokens than are to be compared.")
        kept = np.frombuffer(data, dtype)
        ids = kept["ids"].astype(np.int64)
        log_p, log_q = (x.astype(np.float64) for x in (kept["log_probs"], found.log_probs(ids)))
        rest_p, rest_q = (x.astype(np.float64) for x in (kept["rest"], found.rest(ids)))
        of_top = np.exp(log_p) * (log_p - log_q)
        of_rest = rest_p * np.log(np.maximum(rest_p, _NONE) / np.maximum(rest_q, _NONE))
        same = int((kept["best"] == found.best).sum())
        return Comparison(float(of_top.sum() + of_rest.sum()), same)


def _record(count: int) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("best", "<u4"),
            ("ids", "<u4", (count,)),
            ("log_probs", "<f4", (count,)),
            ("rest", "<f4"),
        ]
    )


def _cannot_keep(file: Path, error: OSError) -> QualityError:
    reason = error.strerror or os.strerror(error.errno or 0)
    return QualityError(
        "The reference of the comparison cannot be kept in “{folder}”: {reason}.",
        hint="Make room on this drive, or compare on fewer tokens.",
        folder=str(file.parent),
        reason=Phrase("{text}", text=reason),
    )
