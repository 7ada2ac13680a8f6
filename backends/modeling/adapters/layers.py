"""A linear layer with what an adapter adds to it. Its own weight is neither changed nor copied."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import onednn


class LowRankLinear(nn.Module):
    """Multiply x [..., in] by W + scale * up down, for any layer `base` that multiplies by W.

    With `stretch` [out] each row of the sum is multiplied by one number, see `row_norms`. The
    factors lie on the device of the layer, in the dtype of its activations, or in another one. Then
    what they add is computed in fp32: a processor takes ten times as long for a row in bf16. Of
    many rows bf16 takes half, where the processor multiplies in it.
    """

    down: Tensor
    up: Tensor
    stretch: Tensor | None

    def __init__(
        self, base: nn.Module, down: Tensor, up: Tensor, scale: float, stretch: Tensor | None = None
    ) -> None:
        """`down` is [r, in], and `up` [r, out]: a token reads both from the first byte to the last.

        A product of one row by a matrix [out, r] of so few columns takes three times as long on a
        processor.
        """
        super().__init__()
        self.base = base
        self.scale = scale
        self.register_buffer("down", down)
        self.register_buffer("up", up)
        self.register_buffer("stretch", stretch)

    def forward(self, x: Tensor) -> Tensor:
        return self.adapted(self.base(x), x)

    def adapted(self, product: Tensor, x: Tensor) -> Tensor:
        """What `forward` gives, from what `base` makes of x: written over it."""
        rows = product.view(-1, product.shape[-1])
        flat = x.reshape(-1, x.shape[-1])
        down, up = self.down, self.up
        if product.dtype is torch.bfloat16 and len(rows) > 1 and onednn.packs_bf16():
            down, up = down.bfloat16(), up.bfloat16()
        if down.dtype == product.dtype:
            rows.addmm_(F.linear(flat, down), up, alpha=self.scale)
        else:
            low = F.linear(flat.float(), down.float()).mul_(self.scale)
            # Rounded first: adding numbers of two types makes more copies of all of them.
            rows.add_(torch.mm(low, up.float()).to(product.dtype))
        if self.stretch is not None:
            rows.mul_(self.stretch)
        return product
