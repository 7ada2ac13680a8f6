"""Random matrices, and products of integers on a processor as on a card."""

from __future__ import annotations

import torch
from torch import Tensor


def random_matrix(shape: tuple[int, int], dtype: torch.dtype = torch.bfloat16) -> Tensor:
    """The same weights for a shape each time, of the size that those of a model have."""
    generator = torch.Generator().manual_seed(shape[0] * 1000 + shape[1])
    return (torch.randn(shape, generator=generator) * 0.02).to(dtype)


def whole_products(digits: Tensor, rows: Tensor) -> Tensor:
    """What `_int_mm` computes, on a processor without instructions that saturate."""
    assert digits.dtype == rows.dtype == torch.int8
    assert len(digits) > 16
    assert digits.shape[1] % 8 == 0 == rows.shape[1] % 8  # as on a card
    return (digits.double() @ rows.double()).to(torch.int32)
