"""Matrices as int8 rows with one scale each: quantising them, and reading those that are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ...checkpoint.quantized_layout import Layout

#: Rows that are quantised at a time: 10 MB in fp32.
_ROWS = 512

#: The largest magnitude of a row is stored as this.
_LARGEST = 127.0

#: A row of less is one of zeros.
_LEAST_MAGNITUDE = 1e-30


def quantize_rows(
    weight: Tensor, device: torch.device, prepared: Callable[[Tensor], Tensor] = Tensor.float
) -> tuple[Tensor, Tensor]:
    """int8 [out, in] of a matrix, and the largest magnitude of each row in fp32, on `device`.

    Some rows are taken at a time, and brought into fp32 by `prepared` on the device, so that no
    second copy of the matrix is made in any dtype. Rounded as bitsandbytes rounds.
    """
    rows = torch.empty(weight.shape, dtype=torch.int8, device=device)
    magnitudes = torch.empty(weight.shape[0], dtype=torch.float32, device=device)
    for begin in range(0, weight.shape[0], _ROWS):
        part = prepared(weight[begin : begin + _ROWS].to(device))
        largest = part.abs().amax(dim=1)
        scaled = part * (_LARGEST / largest.clamp(min=_LEAST_MAGNITUDE)[:, None])
        rows[begin : begin + _ROWS] = scaled.round_()
        magnitudes[begin : begin + _ROWS] = largest
    return rows, magnitudes


def as_fp16(rows: Tensor) -> Tensor:
    """Rows in fp32 with the values that they have in fp16, which bitsandbytes quantises from."""
    return rows.half().float()


def stored_rows(parts: Mapping[str, Tensor], layout: Layout) -> tuple[Tensor, Tensor]:
    """int8 [out, in] of a matrix that is stored in 8 bits, and the magnitudes of its rows."""
    if layout is Layout.PUBLISHED_INT8:
        # Baichuan-13B's own quantizer stores the transpose, and scales that are absmax / 127.
        return parts["weight"].t().contiguous(), parts["scale"].float() * _LARGEST
    return parts["weight"], parts["SCB"]
