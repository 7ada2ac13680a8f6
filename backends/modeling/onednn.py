"""fp32 matrix products on a processor by oneDNN instead of MKL.

torch's own `linear` calls MKL for fp32, whose product of one row runs on a single thread; oneDNN's
takes all of them, and is faster for many rows too (docs/performance.md). It is reached only by the
name that torch's compiler calls it by, and has no gradient, so it is put into loaded models alone
and the modules of the architecture stay ordinary ones, which transformers and PEFT know.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class OneDnnLinear(nn.Module):
    """x [..., in] times the rows of `weight` [out, in], fp32: [..., out]."""

    def __init__(self, weight: Tensor, product: Any) -> None:
        super().__init__()
        self.weight = weight
        self._product = product

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        products: Tensor = self._product(rows, self.weight, None, "none", [], "")
        return products.view(*x.shape[:-1], self.weight.shape[0])


def use_onednn(model: nn.Module) -> None:
    """Replace the fp32 linear layers of a loaded model, whose head is folded; no weight moves.

    Where torch comes without oneDNN, nothing is changed.
    """
    product = getattr(torch.ops.mkldnn, "_linear_pointwise", None)
    if product is None or not torch.backends.mkldnn.is_available():
        return
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and module.weight.dtype == torch.float32:
            model.set_submodule(name, OneDnnLinear(module.weight, product))
