"""The plan of a quantised copy of a checkpoint, in bitsandbytes' layout for transformers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..checkpoint.folder import Checkpoint
from ..checkpoint.weight_checks import check_finite
from ..errors import JobError
from ..files.tensor_files import TensorRecord
from ..modeling.quantized import quantize
from ..modeling.weights import map_tensor
from ..precision import FOUR_BIT_BLOCK, SCALE_BLOCK, Precision
from .copy_plan import CopyPlan, Group, cannot_hold, plain_group, require_tensors
from .safetensors_writer import Block, TensorSpec

_KINDS = {Precision.NF4: "nf4", Precision.FP4: "fp4"}
_TORCH_NAMES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def quantize_plan(checkpoint: Checkpoint, precision: Precision) -> CopyPlan:
    """The plan of a copy of `checkpoint` at a quantised precision. Raises JobError."""
    require_tensors(checkpoint)
    if checkpoint.stored is not None:
        raise JobError(
            "“{name}” is quantised already ({precision}).",
            hint="Quantise the model's 16-bit checkpoint.",
            name=checkpoint.folder.name,
            precision=checkpoint.stored.label,
        )
    config = checkpoint.config
    matrices = {
        f"model.layers.{layer}.{suffix}.weight"
        for layer in range(config.num_layers)
        for suffix in config.layer_matrices()
    }
    groups = [
        _quantized_group(record, precision) if name in matrices else plain_group(record)
        for name, record in checkpoint.tensors.items()
    ]
    options = {
        "precision": precision.value,
        "block_size": FOUR_BIT_BLOCK,
        "double_quantization": True,
    }
    return CopyPlan(groups, {"quantization_config": _config(checkpoint, precision)}, options)


def _config(checkpoint: Checkpoint, precision: Precision) -> dict[str, object]:
    dtype = _TORCH_NAMES[checkpoint.tensors["model.norm.weight"].dtype]
    return {
        "quant_method": "bitsandbytes",
        "load_in_8bit": precision is Precision.INT8,
        "load_in_4bit": precision is not Precision.INT8,
        "llm_int8_threshold": 6.0,
        "llm_int8_skip_modules": ["lm_head"],
        "bnb_4bit_quant_type": _KINDS.get(precision, "nf4"),
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": dtype,
        "bnb_4bit_quant_storage": "uint8",
    }


def _quantized_group(record: TensorRecord, precision: Precision) -> Group:
    rows, columns = record.shape
    stem = record.name.removesuffix("weight")
    if precision is Precision.INT8:
        specs: tuple[TensorSpec, ...] = (
            TensorSpec(record.name, "I8", (rows, columns)),
            TensorSpec(f"{stem}SCB", "F32", (rows,)),
        )
    else:
        blocks = -(-rows * columns // FOUR_BIT_BLOCK)
        kind = _KINDS[precision]
        specs = (
            TensorSpec(record.name, "U8", (-(-rows * columns // 2), 1)),
            TensorSpec(f"{record.name}.absmax", "U8", (blocks,)),
            TensorSpec(f"{record.name}.quant_map", "F32", (16,)),
            TensorSpec(f"{record.name}.nested_absmax", "F32", (-(-blocks // SCALE_BLOCK),)),
            TensorSpec(f"{record.name}.nested_quant_map", "F32", (256,)),
            TensorSpec(f"{record.name}.quant_state.bitsandbytes__{kind}", "U8", (_STATE_BYTES,)),
        )
    return Group(record, specs, lambda: _quantized_blocks(record, precision))


#: The JSON of a quantisation is padded with spaces, which readers pass over, to one length: so
#: that all shapes are known before anything is written.
_STATE_BYTES = 256


def _quantized_blocks(record: TensorRecord, precision: Precision) -> Sequence[Block]:
    weight = map_tensor(record)
    check_finite(record, weight.view(-1).view(torch.uint8).numpy())
    parts = quantize(weight, precision)
    if precision is Precision.INT8:
        if not torch.isfinite(parts["SCB"]).all():  # its kernel takes fp16
            raise cannot_hold(record.name, precision.label)
        return _bytes(parts["weight"]), _bytes(parts["SCB"])
    state = bytes(parts["quant_state"].numpy().tobytes())
    names = ("weight", "absmax", "quant_map", "nested_absmax", "nested_quant_map")
    return (*(_bytes(parts[name]) for name in names), state.ljust(_STATE_BYTES))


def _bytes(tensor: Tensor) -> memoryview:
    flat = tensor.contiguous().view(torch.uint8).reshape(-1).numpy()
    return flat.data
