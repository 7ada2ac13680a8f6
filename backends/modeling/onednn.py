"""Matrix products on a processor by oneDNN, in the ways that torch's `linear` does not take.

- fp32: `linear` calls MKL, whose product of one row runs on a single thread. oneDNN's takes all of
  them, and is faster for many rows too.
- bf16: `linear` calls oneDNN with the matrix as it is stored, and oneDNN rearranges it in every
  call. Rearranged once, it is read at the speed of memory. Not every processor has what that
  needs.

Figures: docs/performance.md. Both are reached only by the names that torch's compiler calls them
by, and have no gradient; so they are put into loaded models alone, and the modules of the
architecture stay ordinary ones, which transformers and PEFT know. A name is no promise: each way
is tried once on a small matrix before a model is given to it, and what fails is computed by
torch's ordinary `linear`, which is tried too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache, partial
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checkpoint.quantized_layout import QuantizedMatrix
from ..errors import BackendUnavailableError
from ..machine import processor
from .trial import multiplies_rightly, random_matrix

#: Rows that a packed matrix is made for; it takes any number. What suits a chunk of the prefill
#: suits one row too.
_PREFILL_ROWS: Final = 64


def multiplies_fp32() -> bool:
    """Whether oneDNN multiplies in fp32 here, and rightly."""
    return not processor.lacks_onednn(processor.features()) and _multiplies_fp32()


def packs_bf16() -> bool:
    """Whether oneDNN multiplies by packed matrices in bf16 here, and rightly."""
    return not processor.lacks_packed_bf16(processor.features()) and _packs_bf16()


@cache
def linear_is_right(dtype: torch.dtype) -> bool:
    """Whether torch's ordinary `linear` is right in `dtype` on this processor, as it was tried."""
    matrix = random_matrix(dtype)
    return multiplies_rightly(lambda: partial(F.linear, weight=matrix), matrix, dtype)


@cache
def _multiplies_fp32() -> bool:
    matrix = random_matrix(torch.float32)
    return torch.backends.mkldnn.is_available() and multiplies_rightly(
        lambda: OneDnnLinear(matrix), matrix, torch.float32
    )


@cache
def _packs_bf16() -> bool:
    matrix = random_matrix(torch.bfloat16)
    return torch.backends.mkldnn.is_available() and all(
        multiplies_rightly(partial(_packed, matrix, rows), matrix, torch.bfloat16)
        for rows in (_PREFILL_ROWS, 1)
    )


class OneDnnLinear(nn.Module):
    """Multiply x [..., in] with the rows of a weight [out, in], fp32 or packed bf16: [..., out]."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self._out_features = weight.shape[0]

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        with _translated_errors():
            products: Tensor = torch.ops.mkldnn._linear_pointwise(
                rows, self.weight, None, "none", [], ""
            )
        return products.view(*x.shape[:-1], self._out_features)


class PackedLayers:
    """Makes linear layers in bf16, rearranged while they stream in, as a `weights.LayerBuilder`."""

    def build(self, weight: Tensor, device: torch.device) -> nn.Module:
        """A layer of a matrix [out, in] of any dtype; its mapping is not kept."""
        return _packed(weight.to(device, torch.bfloat16), _PREFILL_ROWS)

    def build_stored(self, matrix: QuantizedMatrix, parts: dict[str, Tensor]) -> nn.Module:
        """Refuse: bitsandbytes runs what is stored quantised."""
        raise ValueError(f"a matrix in {matrix.precision.value} is not packed in bf16")


def use_for_the_rest(model: nn.Module) -> None:
    """Have oneDNN compute the linear layers of a loaded model that are still torch's, if it can.

    That is all of an fp32 model, whose weights stay where they are, and the head of a bf16 model,
    which sees one row at a time. The head must be folded.
    """
    ways = {
        torch.float32: (multiplies_fp32, OneDnnLinear),
        torch.bfloat16: (packs_bf16, packed_for_a_row),
    }
    linears = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)]
    for dtype, (is_possible, make) in ways.items():
        found = [(name, linear) for name, linear in linears if linear.weight.dtype == dtype]
        if found and is_possible():
            for name, linear in found:
                model.set_submodule(name, make(linear.weight.detach()))


def packed_for_a_row(weight: Tensor) -> OneDnnLinear:
    """A layer of a matrix [out, in] in bf16, rearranged for one row of activations."""
    return _packed(weight, 1)


def _packed(weight: Tensor, rows: int) -> OneDnnLinear:
    with torch.inference_mode(False), _translated_errors():
        return OneDnnLinear(torch.ops.mkldnn._reorder_linear_weight(weight, rows))


@contextlib.contextmanager
def _translated_errors() -> Iterator[None]:
    """Raise an error of oneDNN as BackendUnavailableError; torch raises for lack of memory."""
    try:
        yield
    except RuntimeError as error:
        reason, _, _ = str(error).partition("\n")
        if "primitive" not in reason and "mkldnn" not in reason:
            raise
        raise BackendUnavailableError(
            "oneDNN does not multiply on this processor: {reason}.",
            hint="Choose another precision.",
            reason=reason.rstrip("."),
        ) from error
