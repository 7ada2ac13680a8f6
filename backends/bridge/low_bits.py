"""Layers of 8 and 4 bits in a model of transformers: bitsandbytes', which it saves and PEFT adapts.

`modeling.quantized` says what of bitsandbytes is right on a processor; here its layers stay what
they are, so that they can be moved to a card and saved, and are only made to take the right way.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from bitsandbytes.nn.modules import Int8Params, Linear4bit, Linear8bitLt, Params4bit
from torch import Tensor, nn
from transformers import BitsAndBytesConfig

from ..checkpoint.quantized_layout import Layout
from ..modeling.quantized import UnpackedInt8Linear, dequantize, packs, quantize
from ..precision import FOUR_BIT_BLOCK, Precision

_PRECISIONS = {"nf4": Precision.NF4, "fp4": Precision.FP4}
_THRESHOLD = 6.0  # as published: activation columns beyond it are multiplied in 16 bit


class WholeLinear4bit(Linear4bit):
    """Unpacks its matrix by torch alone on a processor.

    bitsandbytes' kernel there is wrong where a row does not end with a block. No released model has
    such a size.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu":
            moved: Tensor = super().forward(x)
            return moved
        state = cast("Params4bit", self.weight).quant_state
        parts = {
            name.partition(".bitsandbytes__")[0]: tensor
            for name, tensor in state.as_dict(packed=True).items()
        }
        matrix = dequantize(
            {"weight": self.weight.detach(), **parts},
            Layout.BITSANDBYTES,
            _PRECISIONS[state.quant_type],
            (self.out_features, self.in_features),
            x.dtype,
        )
        return F.linear(x, matrix)


def take_right_ways(model: nn.Module) -> None:
    """Have bitsandbytes' layers that lie on a processor multiply as is right there."""
    for module in model.modules():
        if isinstance(module, Linear4bit):
            dtype = module.compute_dtype
            is_whole = module.in_features % FOUR_BIT_BLOCK == 0 == module.out_features % 64
            module.support_avx512bf16_for_cpu = (
                is_whole and dtype is torch.bfloat16 and packs(_kind(module))
            )
            if module.in_features % FOUR_BIT_BLOCK:
                module.__class__ = WholeLinear4bit
        elif _is_int8_on_processor(module) and not packs(Precision.INT8):
            module.__class__ = UnpackedInt8Linear
            module.train(True)


def _is_int8_on_processor(module: nn.Module) -> bool:
    return isinstance(module, Linear8bitLt) and module.weight.device.type == "cpu"


def _kind(module: Linear4bit) -> Precision:
    return _PRECISIONS[cast("Params4bit", module.weight).quant_type]


def quantize_layers(model: nn.Module, names: list[str], bits: int) -> BitsAndBytesConfig:
    """Replace the linear layers `names` by bitsandbytes' ones; what config.json says of them.

    8 bits are LLM.int8, and 4 bits NF4 with scales that are quantised again, as published. The
    matrices are quantised where they lie, one after the other.
    """
    precision = Precision.INT8 if bits == 8 else Precision.NF4
    for name in names:
        linear = model.get_submodule(name)
        assert isinstance(linear, nn.Linear)
        weight = linear.weight.detach()
        parts = quantize(weight, precision)
        make = _int8 if bits == 8 else _int4
        made = make(parts, weight)
        made.train(linear.training)  # in training, bitsandbytes unpacks its matrices
        model.set_submodule(name, made)
    if bits == 8:
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=["lm_head"])  # type: ignore[no-untyped-call]
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=weight.dtype,
        llm_int8_skip_modules=["lm_head"],
    )


def _int8(parts: dict[str, Tensor], weight: Tensor) -> nn.Module:
    with torch.device("meta"):
        linear = Linear8bitLt(
            weight.shape[1],
            weight.shape[0],
            bias=False,
            has_fp16_weights=False,
            threshold=_THRESHOLD,
        )
    rows = parts["weight"]
    linear.weight = Int8Params(
        rows, requires_grad=False, has_fp16_weights=False, CB=rows, SCB=parts["SCB"]
    )
    return linear


def _int4(parts: dict[str, Tensor], weight: Tensor) -> nn.Module:
    with torch.device("meta"):
        linear = Linear4bit(  # type: ignore[no-untyped-call]
            weight.shape[1],
            weight.shape[0],
            bias=False,
            compute_dtype=weight.dtype,
            quant_type="nf4",
        )
    stats = {name: tensor for name, tensor in parts.items() if name != "weight"}
    stats["quant_state.bitsandbytes__nf4"] = stats.pop("quant_state")
    linear.weight = Params4bit.from_prequantized(
        data=parts["weight"], quantized_stats=stats, device=str(weight.device), module=linear
    )
    return linear
