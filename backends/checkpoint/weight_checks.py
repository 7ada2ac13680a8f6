"""Whether the bytes of a weight can be those of a weight. Imports no torch.

A download that was not finished leaves a file of the right size with zeros in it; a fine-tune that
diverged leaves NaN. Neither shows in a header.

The checks are for a weight that is loaded or copied; `WeightScan` tells the same of all tensors of
a file while it is read once for other reasons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import DamagedCheckpointError
from ..files.tensor_files import DTYPE_BYTES, TensorRecord
from ..phrases import Phrase

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Buffer: TypeAlias = "bytes | memoryview | npt.NDArray[np.uint8]"

_PROBE = 4096  # bytes; a page
_BLOCK = 4 * 2**20  # bytes
_PIECE = 2**18  # bytes, which stay in a core's own cache between two looks at them
#: A whole number of fewer elements may be zero: a version, an offset.
_LEAST_WHOLE_NUMBERS = 64
#: The unsigned type of a dtype's size, and the bits of its exponent: all set in NaN and infinity.
_EXPONENTS: Mapping[str, tuple[str, int]] = {
    "BF16": ("u2", 0x7F80),
    "F16": ("u2", 0x7C00),
    "F32": ("u4", 0x7F800000),
    "F64": ("u8", 0x7FF0000000000000),
}
#: What positions are computed from, which we do ourselves. Baichuan-7B was published with the
#: frequencies of each layer; other programs save tables and masks, too.
_POSITIONS = re.compile(r"\.(rotary_emb\.\w{1,40}|alibi_mask|future_mask)$")


def is_recomputed(name: str) -> bool:
    """Whether a tensor is none of the weights: what it holds is computed anew when one loads."""
    return _POSITIONS.search(name) is not None


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
    import numpy as np  # not before: most processes only look at headers

    return not any(
        np.frombuffer(read(start, min(_BLOCK, end - start)), np.uint8).any()
        for start in range(begin, end, _BLOCK)
    )


def check_finite(record: TensorRecord, raw: Buffer) -> None:
    """Raise DamagedCheckpointError if one of the numbers in `raw` is NaN or infinite."""
    import numpy as np

    unsigned, exponent = _EXPONENTS[record.dtype]
    bits: npt.NDArray[Any] = np.frombuffer(raw, unsigned)
    mask = bits.dtype.type(exponent)
    step = _BLOCK // bits.itemsize
    for start in range(0, bits.size, step):
        if ((bits[start : start + step] & mask) == mask).any():
            raise not_a_number(record)


def not_a_number(record: TensorRecord) -> DamagedCheckpointError:
    """The error of a tensor with NaN or infinity in it."""
    return DamagedCheckpointError(
        record.file, Phrase("“{name}” holds what is not a number", name=record.name[:100])
    )


# --- a whole file, read once -------------------------------------------------------------


class Oddity(Enum):
    """What no weight is."""

    ZERO = "zero"  #: all of it
    HALF_ZERO = "half-zero"  #: a half of a matrix
    NOT_A_NUMBER = "not-a-number"  #: NaN or infinity


@dataclass(frozen=True, slots=True)
class OddTensor:
    """A tensor that is no weight."""

    name: str
    oddity: Oddity


@dataclass(slots=True)
class _Largest:
    """Of the bits of a part of a tensor: as numbers with a sign, and as those without."""

    signed: int = -(2**63)
    unsigned: int = 0
    count: int = 0


@dataclass(slots=True)
class _State:
    record: TensorRecord
    end: int
    middle: int  #: where its second half begins, by its own bytes; its end if halves say nothing
    halves: tuple[_Largest, _Largest] = field(default_factory=lambda: (_Largest(), _Largest()))
    tail: bytes = b""  #: of an element whose end comes with the next bytes


class WeightScan:
    """Looks at the tensors of one file while its bytes pass by, in order, from its first one on.

    Of tensors that share their bytes the first one is looked at.
    """

    def __init__(self, records: Sequence[TensorRecord]) -> None:
        self._states: list[_State] = []
        end = 0
        for record in sorted(records, key=lambda record: (record.offset, -record.nbytes)):
            if record.offset >= end and record.nbytes and not is_recomputed(record.name):
                end = record.offset + record.nbytes
                middle = record.nbytes
                if len(record.shape) == 2 and record.dtype in _EXPONENTS:
                    item = DTYPE_BYTES[record.dtype]
                    middle = max(record.nbytes // 2 // item, 1) * item
                self._states.append(_State(record, end, middle))
        self._next = 0
        self._at = 0

    def read(self, block: memoryview) -> None:
        """The next bytes of the file."""
        begin, end = self._at, self._at + len(block)
        self._at = end
        while self._next < len(self._states):
            state = self._states[self._next]
            start = state.record.offset
            if start >= end:
                return
            first, last = max(start, begin), min(state.end, end)
            for at in range(first, last, _PIECE):
                piece = block[at - begin : min(at + _PIECE, last) - begin]
                _look(state, at - start, piece)
            if state.end > end:
                return
            self._next += 1

    def odd_tensors(self) -> Iterator[OddTensor]:
        """What was found, once the whole file was read; in the order of the file."""
        for state in self._states[: self._next]:
            if (oddity := _oddity(state)) is not None:
                yield OddTensor(state.record.name, oddity)


def _look(state: _State, at: int, piece: memoryview) -> None:
    """`piece` are the bytes of a tensor from its byte `at` on."""
    item = DTYPE_BYTES[state.record.dtype]
    if state.tail:  # the end of an element whose begin came before
        missing = item - len(state.tail)
        whole = state.tail + bytes(piece[:missing])
        at -= len(state.tail)
        state.tail = b""
        if len(whole) < item:
            state.tail = whole
            return
        _note(state, at, memoryview(whole), item)
        at, piece = at + item, piece[missing:]
    if rest := len(piece) % item:
        state.tail = bytes(piece[-rest:])
        piece = piece[:-rest]
    if at < state.middle < at + len(piece):
        _note(state, at, piece[: state.middle - at], item)
        piece, at = piece[state.middle - at :], state.middle
    _note(state, at, piece, item)


def _note(state: _State, at: int, piece: memoryview, item: int) -> None:
    import numpy as np

    if not piece:
        return
    largest = state.halves[at >= state.middle]
    largest.count += len(piece) // item
    if (found := _EXPONENTS.get(state.record.dtype)) is None:
        bits: npt.NDArray[Any] = np.frombuffer(piece, np.uint8)
        largest.unsigned = max(largest.unsigned, int(bits.max()))
        return
    bits = np.frombuffer(piece, found[0])
    largest.unsigned = max(largest.unsigned, int(bits.max()))
    largest.signed = max(largest.signed, int(bits.view(f"i{item}").max()))


def _oddity(state: _State) -> Oddity | None:
    first, second = state.halves
    found = _EXPONENTS.get(state.record.dtype)
    if found is None:
        is_large = first.count + second.count >= _LEAST_WHOLE_NUMBERS
        return Oddity.ZERO if is_large and not max(first.unsigned, second.unsigned) else None
    exponent = found[1]
    sign = 1 << (8 * DTYPE_BYTES[state.record.dtype] - 1)
    # Exponents of ones alone are larger than all others; without the sign's bit, and with it.
    if any(half.signed >= exponent or half.unsigned >= sign | exponent for half in state.halves):
        return Oddity.NOT_A_NUMBER
    zero = [half.signed <= 0 and half.unsigned in (0, sign) for half in state.halves if half.count]
    if first.count + second.count == 1 or not any(zero):  # a single number may be zero
        return None
    return Oddity.ZERO if all(zero) else Oddity.HALF_ZERO
