"""The head that an adapter brings along: its rows stand for those of the model's head.

On a processor its rows stay as they are stored, and where a family normalises them, products are
divided by the norms: a second copy in another form would take as much as the head again.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...files.tensor_files import TensorRecord
from .. import onednn
from ..baichuan import FOLDED_ROWS, normalised
from ..lean.int8_linear import Int8Linear
from ..lean.int8_rows import quantize_rows
from ..onednn import OneDnnLinear
from .placing import adapter_tensor

_LEAST_NORM = 1e-12  # as `normalised` has it


class SavedHead(nn.Module):
    """Logits of x [..., H] by the rows of a weight [V, H], which may be narrower than x.

    With `norms` [V] each logit is divided by that of its row, in fp32.
    """

    norms: Tensor | None

    def __init__(self, product: nn.Module, norms: Tensor | None) -> None:
        super().__init__()
        self.product = product
        self.register_buffer("norms", norms)

    def forward(self, x: Tensor) -> Tensor:
        products: Tensor = self.product(x)
        return products if self.norms is None else products.float().div_(self.norms)


class NarrowLinear(nn.Module):
    """Multiply x [..., in] in fp32 by rows in 16 bits, which are widened some at a time."""

    weight: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        out = flat.new_empty(len(flat), len(self.weight))
        for rows, columns in zip(
            self.weight.split(FOLDED_ROWS), out.split(FOLDED_ROWS, dim=1), strict=True
        ):
            torch.mm(flat, rows.to(x.dtype).t(), out=columns)
        return out.view(*x.shape[:-1], -1)


def saved_head(
    record: TensorRecord, base: nn.Module, dtype: torch.dtype, *, is_normalised: bool
) -> nn.Module:
    """A head of these rows, multiplied as `base`, the model's own, multiplies its rows.

    `dtype` is that of the activations; `is_normalised` where the family normalises the rows. Raises
    DamagedAdapterError.
    """
    device = next(base.parameters()).device
    stored = adapter_tensor(record)
    if isinstance(base, Int8Linear):
        prepared = normalised if is_normalised else Tensor.float
        return Int8Linear(*quantize_rows(stored, device, prepared))
    if device.type != "cpu":
        weight = torch.empty(stored.shape, dtype=dtype, device=device)
        for rows, place in zip(stored.split(FOLDED_ROWS), weight.split(FOLDED_ROWS), strict=True):
            moved = rows.to(device)
            place.copy_(normalised(moved) if is_normalised else moved)
        return SavedHead(_linear(weight), None)
    norms = None
    if is_normalised:
        parts = [rows.float().norm(dim=1) for rows in stored.split(FOLDED_ROWS)]
        norms = torch.cat(parts).clamp_(min=_LEAST_NORM)
    return SavedHead(_product(stored, base, dtype), norms)


def _product(stored: Tensor, base: nn.Module, dtype: torch.dtype) -> nn.Module:
    if dtype.itemsize > stored.dtype.itemsize:
        return NarrowLinear(stored.clone())
    if not isinstance(base, OneDnnLinear):
        return _linear(stored.to(dtype, copy=True))
    if base.weight.layout is torch.strided:
        return OneDnnLinear(stored.to(dtype, copy=True))
    return onednn.packed_for_a_row(stored.to(dtype))


def _linear(weight: Tensor) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False, device="meta")
    linear.weight = nn.Parameter(weight, requires_grad=False)
    return linear
