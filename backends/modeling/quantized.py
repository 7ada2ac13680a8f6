"""Linear layers whose weights bitsandbytes holds in 8 or 4 bits.

One form for three origins: weights quantised here while they stream in, files that bitsandbytes
wrote, and the published quantised files. The parts are named as in `quantized_layout`.

On a processor bitsandbytes has two ways: products of what is packed (4 bits rearranged for AVX512
with bf16; 8 bits as integers, which saturate where oneDNN may use no VNNI), or matrices unpacked to
16 bits for each product. Each is tried once on a small matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from ..checkpoint.quantized_layout import Layout
from ..machine import processor
from ..precision import FOUR_BIT_BLOCK, SCALE_BLOCK, Precision
from .lean.int8_rows import as_fp16, quantize_rows, stored_rows
from .trial import SHAPE, multiplies_rightly, random_matrix
from .uncompiled import without_compiler

with without_compiler():
    import bitsandbytes.functional as bnbf
    from bitsandbytes.functional import QuantState
    from bitsandbytes.nn.modules import Int8Params, Linear4bit, Linear8bitLt, Params4bit

#: Rows that are unpacked at a time: 10 MB in fp32. A multiple of a block's values and of the rows
#: that are packed together, so that any number of columns is cut where a block ends.
_ROWS = 512

#: Rows that bitsandbytes packs together for processors.
_PACKED_ROWS = 32

#: Activation columns beyond this are multiplied in 16 bit. Source: the LLM.int8 paper.
_OUTLIER_THRESHOLD = 6.0

_KINDS = {Precision.NF4: "nf4", Precision.FP4: "fp4"}

Parts = Mapping[str, Tensor]


def quantize(weight: Tensor, precision: Precision) -> dict[str, Tensor]:
    """Quantise a matrix [out, in] on its device; its parts in bitsandbytes' layout."""
    if precision is Precision.INT8:
        # The same as bitsandbytes makes on the way to a device.
        rows, scales = quantize_rows(weight, weight.device, as_fp16)
        return {"weight": rows, "SCB": scales}
    packed, state = bnbf.quantize_4bit(
        weight, blocksize=FOUR_BIT_BLOCK, compress_statistics=True, quant_type=_KINDS[precision]
    )
    parts = {
        name.partition(".bitsandbytes__")[0]: t for name, t in state.as_dict(packed=True).items()
    }
    return {"weight": packed, **parts}


def in_own_layout(
    parts: Parts, layout: Layout, precision: Precision, shape: tuple[int, int]
) -> dict[str, Tensor]:
    """The parts of a stored matrix as bitsandbytes itself saves them, by the ends of their names.

    Raises ValueError for a description of 4 bits that is none.
    """
    if precision is Precision.INT8:
        rows, scales = stored_rows(parts, layout)
        return {"weight": rows, "SCB": scales}
    state = _quant_state(parts, layout, precision, shape, torch.float16)
    return {"weight": parts["weight"].reshape(-1, 1)} | {
        f"weight.{name}": tensor for name, tensor in state.as_dict(packed=True).items()
    }


def packs(precision: Precision) -> bool:
    """Whether bitsandbytes multiplies by packed matrices on this processor, and rightly."""
    if precision is not Precision.INT8 and processor.lacks_avx512_bf16(processor.features()):
        return False
    return _is_right(precision, is_packed=True)


def is_right(precision: Precision) -> bool:
    """Whether bitsandbytes multiplies rightly on this processor, unpacked, as it was tried."""
    return _is_right(precision, is_packed=False)


@cache
def _is_right(precision: Precision, *, is_packed: bool) -> bool:
    layout, dtype = Layout.BITSANDBYTES, torch.bfloat16
    if precision is Precision.INT8:
        dtype = torch.float16  # as its kernels take
    elif is_packed and not bnbf.has_avx512bf16():  # type: ignore[no-untyped-call]
        return False
    parts = quantize(random_matrix(torch.bfloat16), precision)
    matrix = dequantize(parts, layout, precision, SHAPE, torch.float32)

    def make() -> nn.Linear:
        if precision is Precision.INT8:
            linear = _int8_linear(parts, layout, SHAPE, is_packed=is_packed)
        else:
            linear = _int4_linear(parts, layout, precision, SHAPE, dtype, is_packed=is_packed)
        return linear.eval()  # bitsandbytes takes other ways in training

    return multiplies_rightly(make, matrix, dtype)


class UnpackedInt8Linear(Linear8bitLt):
    """Unpacks its matrix for each product, as bitsandbytes does in training."""

    def train(self, mode: bool = True) -> UnpackedInt8Linear:
        """Stay in that mode."""
        super().train(True)
        return self


def make_linear(
    parts: Parts,
    layout: Layout,
    precision: Precision,
    shape: tuple[int, int],
    dtype: torch.dtype,
) -> nn.Linear:
    """A layer that multiplies by the matrix of `parts`, with activations in `dtype`.

    The parts must be on the device where the layer shall run.
    """
    on_processor = parts["weight"].device.type == "cpu"
    if precision is Precision.INT8:
        is_packed = not on_processor or packs(precision)
        return _int8_linear(parts, layout, shape, is_packed=is_packed)
    if on_processor and shape[1] % FOUR_BIT_BLOCK:
        # bitsandbytes' kernel for processors is wrong where a row does not end with a block. No
        # released model has such a size.
        linear = nn.Linear(shape[1], shape[0], bias=False, device="meta")
        matrix = dequantize(parts, layout, precision, shape, dtype)
        linear.weight = nn.Parameter(matrix, requires_grad=False)
        return linear
    # The packed form for processors computes in bf16 and takes rows by 64.
    is_packed = on_processor and dtype is torch.bfloat16 and shape[0] % 64 == 0 and packs(precision)
    return _int4_linear(parts, layout, precision, shape, dtype, is_packed=is_packed)


def dequantize(
    parts: Parts, layout: Layout, precision: Precision, shape: tuple[int, int], dtype: torch.dtype
) -> Tensor:
    """The matrix [out, in] that the parts stand for, in `dtype`."""
    if precision is Precision.INT8:
        blocks = _rows_of_8_bits(*stored_rows(parts, layout))
    else:
        state = _quant_state(parts, layout, precision, shape, torch.float32)
        blocks = _rows_of_4_bits(parts["weight"], state)
    matrix = torch.empty(shape, dtype=dtype, device=parts["weight"].device)
    for place, block in zip(matrix.split(_ROWS), blocks, strict=True):
        place.copy_(block)
    return matrix


def matrix_rows(layer: nn.Linear) -> Iterator[Tensor]:
    """The matrix that a quantised layer of `make_linear` multiplies by, some rows at a time.

    In fp32, on its device. One that bitsandbytes has packed for the processor has its scales in
    bf16 since then.
    """
    weight: Any = layer.weight
    if isinstance(layer, Linear8bitLt):
        state: Any = layer.state  # the first product moves the scales there
        return _rows_of_8_bits(weight.data, state.SCB if weight.SCB is None else weight.SCB)
    return _rows_of_4_bits(weight.data, weight.quant_state)


def _rows_of_8_bits(rows: Tensor, magnitudes: Tensor) -> Iterator[Tensor]:
    for some, largest in zip(rows.split(_ROWS), magnitudes.split(_ROWS), strict=True):
        yield some.float() * (largest[:, None] / 127.0)


def _rows_of_4_bits(packed: Tensor, state: QuantState) -> Iterator[Tensor]:
    rows, columns = state.shape
    is_rearranged = getattr(state, "packing_format_for_cpu", False)
    scales = state.absmax.t().float().reshape(-1) if is_rearranged else _scales(state)
    packed = packed.reshape(-1)
    every = torch.arange(256, device=packed.device)
    low, high = state.code[every & 15], state.code[every >> 4]
    # A complex number is two values that are looked up at once, in a quarter of the time.
    pairs = torch.complex(low, high) if is_rearranged else torch.complex(high, low)
    for begin in range(0, rows, _ROWS):
        count = min(_ROWS, rows - begin)
        first, end = begin * columns, (begin + count) * columns
        some = packed[first // 2 : -(-end // 2)].int()
        matrix = torch.view_as_real(pairs.index_select(0, some))
        if is_rearranged:  # two columns of 16 rows, and with them two of the 16 rows below
            tiles = matrix.view(-1, columns // 2, _PACKED_ROWS // 2, 2, 2)
            matrix = tiles.permute(0, 4, 2, 1, 3)
        matrix = matrix.reshape(-1)[: end - first]
        per_value = scales[first // FOUR_BIT_BLOCK : -(-end // FOUR_BIT_BLOCK)]
        matrix *= per_value.repeat_interleave(FOUR_BIT_BLOCK)[: end - first]
        yield matrix.view(count, columns)


def _scales(state: QuantState) -> Tensor:
    """The scale of each block, in fp32, from scales that may be quantised themselves."""
    scales: Tensor = state.absmax
    if state.nested:
        nested = state.state2
        blocks = nested.code[scales.long()].view(-1)
        per_scale = nested.absmax.repeat_interleave(SCALE_BLOCK)[: blocks.numel()]
        scales = blocks * per_scale + state.offset
    return scales


def _int8_linear(
    parts: Parts, layout: Layout, shape: tuple[int, int], *, is_packed: bool
) -> nn.Linear:
    rows, scales = stored_rows(parts, layout)
    kind = Linear8bitLt if is_packed else UnpackedInt8Linear
    with torch.device("meta"):
        linear = kind(
            shape[1], shape[0], bias=False, has_fp16_weights=False, threshold=_OUTLIER_THRESHOLD
        )
    linear.weight = Int8Params(
        rows, requires_grad=False, has_fp16_weights=False, CB=rows, SCB=scales
    )
    return linear


def _int4_linear(
    parts: Parts,
    layout: Layout,
    precision: Precision,
    shape: tuple[int, int],
    dtype: torch.dtype,
    *,
    is_packed: bool,
) -> nn.Linear:
    kind = _KINDS[precision]
    with torch.device("meta"):
        linear = Linear4bit(  # type: ignore[no-untyped-call]
            shape[1], shape[0], bias=False, compute_dtype=dtype, quant_type=kind
        )
    linear.support_avx512bf16_for_cpu = is_packed
    state = _quant_state(parts, layout, precision, shape, dtype)
    linear.weight = Params4bit(
        parts["weight"].reshape(-1, 1),
        requires_grad=False,
        quant_state=state,
        blocksize=FOUR_BIT_BLOCK,
        compress_statistics=True,
        quant_type=kind,
        bnb_quantized=True,
        module=linear,
    )
    linear.quant_state = state
    return linear


def _quant_state(
    parts: Parts, layout: Layout, precision: Precision, shape: tuple[int, int], dtype: torch.dtype
) -> QuantState:
    device = parts["weight"].device
    if layout is Layout.BITSANDBYTES:
        kind = _KINDS[precision]
        named = {f"quant_state.bitsandbytes__{kind}": parts["quant_state"].cpu()}
        named |= {k: v for k, v in parts.items() if k not in ("weight", "quant_state")}
        try:
            state = QuantState.from_dict(named, device=device)
        except torch.cuda.OutOfMemoryError:
            raise
        except Exception as error:  # JSON that is none of bitsandbytes' raises nearly anything
            raise ValueError("its description is not readable") from error
        if (
            state.shape != torch.Size(shape)
            or state.blocksize != FOUR_BIT_BLOCK
            or state.quant_type != kind
        ):
            raise ValueError(f"a quantisation of {state.shape} in blocks of {state.blocksize}")
        if state.nested and state.state2.blocksize != SCALE_BLOCK:
            raise ValueError(f"scales in blocks of {state.state2.blocksize}")
        state.blocksize = FOUR_BIT_BLOCK  # JSON may say 64.0, by which nothing can be reshaped
        if state.nested:
            state.state2.blocksize = SCALE_BLOCK
    else:
        nested = QuantState(  # type: ignore[no-untyped-call]
            absmax=parts["nested_absmax"],
            blocksize=SCALE_BLOCK,
            code=parts["nested_quant_map"],
            dtype=torch.float32,
        )
        state = QuantState(  # type: ignore[no-untyped-call]
            absmax=parts["absmax"],
            shape=torch.Size(shape),
            code=parts["quant_map"],
            blocksize=FOUR_BIT_BLOCK,
            quant_type=_KINDS[precision],
            dtype=dtype,
            offset=parts["offset"].reshape(()),
            state2=nested,
        )
    state.dtype = dtype
    return state
