"""A linear layer of int8 rows with one scale each, and activations in 16 bit."""

from __future__ import annotations

from torch import Tensor, nn

from . import int8_products


class Int8Linear(nn.Module):
    """Multiply x [..., in] by the rows of an int8 matrix: [..., out] in the dtype of x.

    Nothing but weights is quantised. No token makes a 16-bit copy of more than a block.
    """

    #: What `multiply` takes beside the activations, by name; in each, rows come first.
    row_tensors = ("weight", "scale")

    def __init__(self, rows: Tensor, magnitudes: Tensor) -> None:
        """int8 [out, in], and the largest magnitude of each row, which its 127 stands for."""
        super().__init__()
        self.weight = nn.Parameter(rows, requires_grad=False)
        self.scale = nn.Parameter(magnitudes.float() / 127.0, requires_grad=False)
        int8_products.token_product(rows.device)  # tried now: a graph cannot look at its result

    @staticmethod
    def multiply(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
        """X [..., in] times these rows: [..., out]."""
        return int8_products.multiply(x, weight, scale)

    def forward(self, x: Tensor) -> Tensor:
        return self.multiply(x, self.weight, self.scale)
