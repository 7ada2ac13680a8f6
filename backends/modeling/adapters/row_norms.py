"""Norms of the rows of W, and of W + scale * up down: what DoRA divides by.

|W + s U D|^2 is |W|^2 + 2 s <U, W D^T> + s^2 <U, U (D D^T)>, a number for each row. W D^T is what
the layer makes of the rows of D, so nothing of W is unpacked for it; |W|^2 is the same for all
adapters.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ...files.tensor_files import TensorRecord
from ..lean.int8_linear import Int8Linear
from ..weights import map_tensor

#: Rows whose squares are summed at a time: 10 MB in fp32.
_ROWS = 512


def squared_norms(layer: nn.Module, dtype: torch.dtype, stored: TensorRecord | None) -> Tensor:
    """The squared norm of each row of a layer's matrix, in fp32: [out], on its device.

    `stored` is the matrix in its file, if that is what the layer holds in `dtype`, the dtype of the
    activations; a matrix that is rearranged for oneDNN needs it. Raises DamagedCheckpointError if
    that cannot be read any more.
    """
    blocks = _row_blocks(layer, dtype, stored)
    return torch.cat([torch.linalg.vector_norm(block, dim=1).square_() for block in blocks])


def _row_blocks(
    layer: nn.Module, dtype: torch.dtype, stored: TensorRecord | None
) -> Iterator[Tensor]:
    """The matrix by which a layer multiplies, some rows in fp32 at a time."""
    weight = next(layer.parameters())
    if isinstance(layer, Int8Linear):
        for rows, scale in zip(weight.split(_ROWS), layer.scale.split(_ROWS), strict=True):
            yield rows.float() * scale[:, None]
    elif weight.layout is not torch.strided:
        assert stored is not None, "what is rearranged for oneDNN was read from a file"
        for rows in map_tensor(stored).split(_ROWS):
            yield rows.to(dtype).float()
    elif weight.is_floating_point():
        for rows in weight.split(_ROWS):
            yield rows.float()
    else:
        from ..quantized import matrix_rows  # which imports bitsandbytes: the layer is one of its

        assert isinstance(layer, nn.Linear)
        yield from matrix_rows(layer)


def stretch(
    layer: nn.Module,
    norms: Tensor,
    factors: tuple[Tensor, Tensor, float],
    magnitude: Tensor,
    dtype: torch.dtype,
) -> Tensor:
    """What each row of W + scale * up down is multiplied by to have its magnitude: [out], fp32.

    `norms` are those of `squared_norms`; `factors` are down [r, in], up [r, out] and the scale.
    """
    down, up, scale = factors[0].float(), factors[1].float(), factors[2]
    crossed = layer(down.to(dtype)).float()  # (W D^T)^T: [r, out]
    # The cross term by the down that went through the layer, the square by the same values.
    squares = norms + 2 * scale * (up * crossed).sum(dim=0)
    squares += scale**2 * (up * ((down @ down.t()) @ up)).sum(dim=0)
    norms = squares.clamp_(min=0).sqrt_().clamp_(min=torch.finfo(torch.float32).tiny)
    return magnitude / norms
