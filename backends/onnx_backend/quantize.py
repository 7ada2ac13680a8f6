"""Weights in blocks of 8 or 4 bits, bit for bit as ONNX Runtime's MatMulNBits reads them.

A row of a matrix [rows, columns] is cut into blocks; each block has a scale, and in the
asymmetric form a zero point. A weight is `(q - zero_point) * scale` with q of `bits` bits,
unsigned; without zero points that is `2 ** (bits - 1)`. Two weights of 4 bits share a byte, the
first in its low half.

Every step is one rounded fp32 operation, so that the same weights give the same bytes everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class QuantizedRows:
    """Rows of a matrix, quantised."""

    blocks: Bytes  #: [rows, blocks, block_size * bits / 8]
    scales: Floats  #: [rows, blocks]
    zero_points: Bytes | None  #: [rows, ceil(blocks * bits / 8)]; None in the symmetric form


def quantize_rows(weight: Floats, *, bits: int, block_size: int, symmetric: bool) -> QuantizedRows:
    """Quantise rows [rows, columns]; columns are filled up with zeros to whole blocks."""
    rows, columns = weight.shape
    blocks = -(-columns // block_size)
    if columns % block_size:
        weight = np.pad(weight, ((0, 0), (0, blocks * block_size - columns)))
    grouped = weight.reshape(rows, blocks, block_size)
    scales, zero_points = (_symmetric if symmetric else _asymmetric)(grouped, bits)
    inverse = _inverse(scales)
    steps = grouped * inverse[..., None]
    np.rint(steps, out=steps)
    steps += zero_points[..., None]
    np.clip(steps, 0, 2**bits - 1, out=steps)
    levels = steps.astype(np.uint8)
    return QuantizedRows(
        blocks=_packed(levels, bits),
        scales=scales,
        zero_points=None if symmetric else _packed(_even(zero_points.astype(np.uint8), bits), bits),
    )


def _symmetric(grouped: Floats, bits: int) -> tuple[Floats, Floats]:
    """Scales and zero points: the weight furthest from zero becomes the lowest level.

    There is one level more below zero than above it; so the sign of the scale is chosen for the
    largest weight to use it.
    """
    low, high = grouped.min(axis=-1), grouped.max(axis=-1)
    furthest = np.where(high > -low, high, low)
    middle = np.float32(2 ** (bits - 1))
    return furthest / -middle, np.full(furthest.shape, middle)


def _asymmetric(grouped: Floats, bits: int) -> tuple[Floats, Floats]:
    """Scales and zero points: the range of the block, which zero always belongs to."""
    low = np.minimum(grouped.min(axis=-1), np.float32(0))
    high = np.maximum(grouped.max(axis=-1), np.float32(0))
    scales = (high - low) / np.float32(2**bits - 1)
    return scales, np.rint(-low * _inverse(scales))


def _inverse(scales: Floats) -> Floats:
    """1 / scale; 0 for the scale of a block of zeros, or of what is as good as zero."""
    large = np.abs(scales) >= np.finfo(np.float32).tiny
    return np.divide(np.float32(1), scales, out=np.zeros_like(scales), where=large)


def _packed(levels: Bytes, bits: int) -> Bytes:
    """Levels [..., n] to bytes [..., n * bits / 8]."""
    if bits == 8:
        return levels
    pairs: Bytes = levels[..., 0::2] | (levels[..., 1::2] << np.uint8(4))
    return pairs


def _even(zero_points: Bytes, bits: int) -> Bytes:
    """An even number of 4-bit zero points a row: the last byte is filled up."""
    if bits == 4 and zero_points.shape[-1] % 2:
        return np.pad(zero_points, ((0, 0), (0, 1)))
    return zero_points
