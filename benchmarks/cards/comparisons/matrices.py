"""Choices of how matrices are held: in 8 bits one way or another, or in 16."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backends.checkpoint.quantized_layout import Layout
from backends.modeling.lean.int8_linear import Int8Linear
from backends.modeling.lean.int8_rows import quantize_rows
from backends.precision import Precision, weight_only_is_on
from benchmarks.cards.comparisons.setting import Row, Setting


def heads(setting: Setting) -> list[Row]:
    """The head's product of a token, with int8 rows or 16-bit ones."""
    config = setting.config
    weight = setting.random(config.vocab_size, config.hidden_size)
    x = setting.random(1, 1, config.hidden_size)
    rows, magnitudes = quantize_rows(weight, weight.device)
    head = Int8Linear(rows, magnitudes)
    ways = {
        "8 bits": setting.replayed(lambda: head(x)),
        "16 bits": setting.replayed(lambda: F.linear(x, weight)),
    }
    saved = weight.nbytes - rows.nbytes - head.scale.nbytes
    return [Row("head", setting.token, "16 bits", ways, saves_bytes=saved)]


def eight_bits_beside_16(setting: Setting) -> list[Row]:
    """All matrices of a token, as 8-bit weights with activations in 16 bit, or as they are."""
    weights = _matrices(setting)
    lean = [Int8Linear(*quantize_rows(weight, weight.device)) for weight in weights]
    inputs = _inputs(setting, weights, 1)

    def plain() -> None:
        for weight in weights:
            F.linear(inputs[weight.shape[1]], weight)

    ways = {
        "weights only": setting.replayed(partial(_multiply, lean, inputs)),
        "16 bits": setting.replayed(plain),
    }
    saved = sum(weight.nbytes for weight in weights) // 2 * setting.all_layers
    ways = setting.scaled(ways)
    return [Row("8 bits beside 16", setting.token, "16 bits", ways, saves_bytes=int(saved))]


def eight_bits(setting: Setting) -> list[Row]:
    """All matrices in 8 bits: LLM.int8, or weights only with activations in 16 bit.

    Raises ImportError where bitsandbytes is not installed.
    """
    from backends.modeling.quantized import make_linear  # needs bitsandbytes

    quantised = [quantize_rows(weight, weight.device) for weight in _matrices(setting)]
    lean = [Int8Linear(*parts) for parts in quantised]
    other = [
        make_linear(
            {"weight": rows, "SCB": magnitudes},
            Layout.BITSANDBYTES,
            Precision.INT8,
            (rows.shape[0], rows.shape[1]),
            torch.float16,
        )
        for rows, magnitudes in quantised
    ]
    found = []
    for where, count in ((setting.token, 1), (f"{setting.shape}, a chunk", setting.chunk)):
        wide = _inputs(setting, [rows for rows, _ in quantised], count)
        half = {n: x.half() for n, x in wide.items()}  # as its kernels take it
        # Only a token of the one can be recorded: the other looks for outliers on the host.
        timed = setting.replayed if count == 1 else setting.timed
        ways = {
            "weights only": timed(partial(_multiply, lean, wide)),
            "LLM.int8": setting.timed(partial(_multiply, other, half)),
        }
        taken = "weights only" if weight_only_is_on() else "LLM.int8"
        found.append(Row("8 bits", where, taken, setting.scaled(ways)))
    return found


def _matrices(setting: Setting) -> list[Tensor]:
    """Those of the measured layers."""
    shapes = setting.config.layer_matrices().values()
    return [setting.random(*shape) for _ in range(setting.sizes.layers) for shape in shapes]


def _inputs(setting: Setting, matrices: Sequence[Tensor], count: int) -> dict[int, Tensor]:
    """Activations of `count` tokens for matrices [out, in], by their columns."""
    columns = {matrix.shape[1] for matrix in matrices}
    return {width: setting.random(1, count, width) for width in columns}


def _multiply(layers: Sequence[nn.Module], inputs: Mapping[int, Tensor]) -> None:
    for layer in layers:
        layer(inputs[cast("Tensor", layer.weight).shape[1]])
