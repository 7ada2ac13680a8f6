"""Whether the bytes of a weight can be those of a weight. Imports no torch.

A download that was not finished leaves a file of the right size with zeros in it; a fine-tune that
diverged leaves NaN. Neither shows in a header.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..errors import DamagedCheckpointError
from ..files.tensor_files import TensorRecord
from ..phrases import Phrase

Buffer = bytes | memoryview | npt.NDArray[np.uint8]

_PROBE = 4096  # bytes; a page
_BLOCK = 4 * 2**20  # bytes
#: The unsigned type of a dtype's size, and the bits of its exponent: all set in NaN and infinity.
_EXPONENTS = {
    "BF16": (np.uint16, 0x7F80),
    "F16": (np.uint16, 0x7C00),
    "F32": (np.uint32, 0x7F800000),
}


def check_filled(record: TensorRecord, read: Callable[[int, int], Buffer]) -> None:
    """Raise DamagedCheckpointError if a half of a matrix, or all of it, is zero.

    A page at each end tells in nearly every case. Rows of zeros alone are no damage: a vocabulary
    is padded with them. `read` gives bytes of the tensor, by their first one and their number.
    """
    if len(record.shape) != 2 or not record.nbytes:
        return
    middle = record.nbytes // 2
    last = max(middle, record.nbytes - _PROBE)
    first_half = _is_zero(read, 0, min(_PROBE, middle)) and _is_zero(read, 0, middle)
    second_half = _is_zero(read, last, record.nbytes) and _is_zero(read, middle, record.nbytes)
    if not (first_half or second_half):
        return
    what = Phrase("“{name}” is zero throughout", name=record.name[:100])
    if not (first_half and second_half):
        what = Phrase("a half of “{name}” is zero", name=record.name[:100])
    raise DamagedCheckpointError(record.file, what)


def _is_zero(read: Callable[[int, int], Buffer], begin: int, end: int) -> bool:
    return not any(
        np.frombuffer(read(start, min(_BLOCK, end - start)), np.uint8).any()
        for start in range(begin, end, _BLOCK)
    )


def check_finite(record: TensorRecord, raw: Buffer) -> None:
    """Raise DamagedCheckpointError if one of the numbers in `raw` is NaN or infinite."""
    unsigned, exponent = _EXPONENTS[record.dtype]
    bits = np.frombuffer(raw, unsigned)
    step = _BLOCK // bits.itemsize
    for start in range(0, bits.size, step):
        if ((bits[start : start + step] & unsigned(exponent)) == exponent).any():
            raise not_a_number(record)


def not_a_number(record: TensorRecord) -> DamagedCheckpointError:
    """The error of a tensor with NaN or infinity in it."""
    return DamagedCheckpointError(
        record.file, Phrase("“{name}” holds what is not a number", name=record.name[:100])
    )
