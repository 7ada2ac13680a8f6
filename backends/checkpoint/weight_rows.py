"""Tensors as rows of numbers, a few at a time: read in fp32, and rounded to how they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from ..files.hashing import read_bytes
from ..files.tensor_files import DTYPE_BYTES, TensorRecord
from .weight_checks import not_a_number

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Floats: TypeAlias = "npt.NDArray[np.float32]"

#: Weights that are read, converted and written at a time: 16 MiB of them in fp32.
BLOCK_WEIGHTS = 4 * 2**20


def rows_of(record: TensorRecord) -> Iterator[Floats]:
    """All rows [n, columns] of a tensor, in order, some at a time; a vector is one row.

    Raises JobError for a file that cannot be read, DamagedCheckpointError for what is no number.
    """
    columns = record.shape[-1]
    row_bytes = columns * DTYPE_BYTES[record.dtype]
    total = record.nbytes // row_bytes
    step = max(1, BLOCK_WEIGHTS // columns)
    for first in range(0, total, step):
        count = min(step, total - first)
        raw = read_bytes(record, first * row_bytes, count * row_bytes)
        rows = floats(raw, record.dtype).reshape(count, columns)
        require_finite(record, rows)
        yield rows


def require_finite(record: TensorRecord, values: Floats) -> None:
    """Raise DamagedCheckpointError if one of a tensor's values is not a number."""
    import numpy as np  # not before: most processes only look at headers

    if not np.isfinite(values).all():
        raise not_a_number(record)


def floats(raw: bytes, dtype: str) -> Floats:
    """The numbers that the bytes of a tensor in BF16, F16 or F32 stand for, exactly."""
    import numpy as np

    match dtype:
        case "BF16":  # the upper half of an fp32 number
            wide = np.frombuffer(raw, "<u2").astype(np.uint32) << np.uint32(16)
            return wide.view(np.float32)
        case "F16":
            return np.frombuffer(raw, "<f2").astype(np.float32)
    return np.frombuffer(raw, "<f4")


def rounded(values: Floats, dtype: str) -> bytes | None:
    """The bytes of numbers in BF16, F16 or F32, each rounded to the nearest, ties to even.

    None if one of them is too large for the type, or is no number.
    """
    import numpy as np

    if dtype == "BF16":
        bits = np.ascontiguousarray(values, "<f4").view("<u4")
        halves = ((bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))) >> 16).astype("<u2")
        is_finite = np.isfinite(values).all() and ((halves & 0x7F80) != 0x7F80).all()
        return halves.tobytes() if is_finite else None
    with np.errstate(over="ignore"):  # which the check after it tells
        cast = values.astype("<f2" if dtype == "F16" else "<f4")
    return cast.tobytes() if np.isfinite(cast).all() else None
