"""Matrix products on a processor by oneDNN, in the ways that torch's `linear` does not take.

- fp32: `linear` calls MKL, whose product of one row runs on a single thread. oneDNN's takes all of
  them, and is faster for many rows too.
- bf16: `linear` calls oneDNN with the matrix as it is stored, and oneDNN rearranges it in every
  call. Rearranged once, it is read at the speed of memory.

Figures: docs/performance.md. Both are reached only by the names that torch's compiler calls them
by, and have no gradient; so they are put into loaded models alone, and the modules of the
architecture stay ordinary ones, which transformers and PEFT know.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from ..quantized_layout import QuantizedMatrix

#: Rows that a packed matrix is made for; it takes any number. What suits a chunk of the prefill
#: suits one row too.
_PREFILL_ROWS: Final = 64


def available() -> bool:
    """Whether this torch has oneDNN and calls it by the names that are known here."""
    names = ("_linear_pointwise", "_reorder_linear_weight")
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in names
    )


class OneDnnLinear(nn.Module):
    """Multiply x [..., in] with the rows of a weight [out, in], fp32 or packed bf16: [..., out]."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self._out_features = weight.shape[0]

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        rows = x.reshape(-1, x.shape[-1])
        products: Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self.weight, None, "none", [], ""
        )
        return products.view(*x.shape[:-1], self._out_features)


class PackedLayers:
    """See `weights.LayerBuilder`: matrices in bf16, rearranged while they stream in."""

    def build(self, weight: Tensor, device: torch.device) -> nn.Module:
        """A layer of a matrix [out, in] of any dtype; its mapping is not kept."""
        return _packed(weight.to(device, torch.bfloat16), _PREFILL_ROWS)

    def build_stored(self, matrix: QuantizedMatrix, parts: dict[str, Tensor]) -> nn.Module:
        """Refuse: bitsandbytes runs what is stored quantised."""
        raise ValueError(f"a matrix in {matrix.precision.value} is not packed in bf16")


def use_for_the_rest(model: nn.Module) -> None:
    """Have oneDNN compute the linear layers of a loaded model that are still torch's.

    That is all of an fp32 model, whose weights stay where they are, and the head of a bf16 model,
    which sees one row at a time. The head must be folded.
    """
    if not available():
        return
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear):
            weight = module.weight.detach()
            if weight.dtype == torch.float32:
                model.set_submodule(name, OneDnnLinear(weight))
            elif weight.dtype == torch.bfloat16:
                model.set_submodule(name, _packed(weight, 1))


def _packed(weight: Tensor, rows: int) -> OneDnnLinear:
    with torch.inference_mode(False):
        return OneDnnLinear(torch.ops.mkldnn._reorder_linear_weight(weight, rows))
