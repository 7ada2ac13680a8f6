"""Checkpoints in every quantised layout, and models loaded from them.

bitsandbytes is imported where it is needed, so that tests of 16 bits run without it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.quantized_layout import QuantizedMatrix
from backends.interface import LayerDevices, LoadedModel, LoadOptions
from backends.model_config import ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.modeling.kv_cache import KVCache
from backends.modeling.weights import DTYPES, load_model, map_tensor
from backends.precision import Precision
from backends.torch_backend import low_bits
from backends.torch_backend.loaded_model import TorchModel
from tests.helpers import goldens
from tests.helpers.tokenizer_models import change, filled_up

Result = TypeVar("Result")

FOUR_BIT = ("b2-7b-4bits", "b2-13b-4bits")


def finish(generator: Generator[Any, None, Result]) -> Result:
    """What a job returns when it has run to its end."""
    while True:
        try:
            next(generator)
        except StopIteration as finished:
            result: Result = finished.value
            return result


def published(name: str) -> Path:
    """A golden checkpoint in the published 4-bit layout; not to be written to."""
    return goldens.ROOT / "checkpoints" / name


def quant_golden(name: str) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of quant/`name`.npz."""
    with np.load(goldens.ROOT / "quant" / f"{name}.npz") as data:
        return dict(data)


@cache
def plain_model(name: str) -> BaichuanForCausalLM:
    """A golden model in fp32 on the processor, which has no state."""
    checkpoint = goldens.checkpoint(name, "safetensors" if not name.endswith("h5") else "single")
    devices = options(checkpoint, Precision.FP32).devices
    return finish(load_model(checkpoint, torch.float32, devices))


def options(checkpoint: Checkpoint, precision: Precision, device: str = "cpu") -> LoadOptions:
    """Everything on one device, one thread."""
    devices = LayerDevices((device,) * checkpoint.config.num_layers)
    context_length = checkpoint.config.context_length
    return LoadOptions(precision, context_length, threads=1, devices=devices)


def load(folder: Path, precision: Precision, backend: ModuleType = low_bits) -> LoadedModel:
    """The model of a folder on the processor."""
    checkpoint = Checkpoint.open(folder)
    loaded: LoadedModel = finish(backend.load(checkpoint, options(checkpoint, precision)))
    return loaded


def inner(loaded: LoadedModel) -> BaichuanForCausalLM:
    """The modules of a loaded model."""
    assert isinstance(loaded, TorchModel)
    assert loaded._model is not None
    return loaded._model


def empty_cache(model: BaichuanForCausalLM) -> KVCache:
    """A cache of 32 slots that hold zeros, as on a card."""
    devices = ["cpu"] * model.config.num_layers
    cache = KVCache(model.config, 32, dtype=model.model.norm.weight.dtype, devices=devices)
    for layer in range(model.config.num_layers):
        for slots in cache.layer(layer):
            slots.zero_()
    return cache


def matrix_of(matrix: QuantizedMatrix, dtype: torch.dtype) -> Tensor:
    """A stored matrix, dequantised."""
    from backends.modeling.quantized import dequantize  # needs bitsandbytes

    parts = {name: map_tensor(record) for name, record in matrix.parts.items()}
    return dequantize(parts, matrix.layout, matrix.precision, matrix.shape, dtype)


def dequantized_folder(checkpoint: Checkpoint, out: Path, dtype: torch.dtype) -> Path:
    """A plain checkpoint of the values that a quantised one stands for.

    Running it in fp32 is what the goldens call fp32 arithmetic on the dequantised weights.
    """
    state = {name: map_tensor(record).to(dtype) for name, record in checkpoint.tensors.items()}
    for name, matrix in checkpoint.matrices.items():
        state[f"{name}.weight"] = matrix_of(matrix, dtype)
    return write_folder(out, state, checkpoint.folder)


def write_folder(out: Path, state: dict[str, Tensor], like: Path, *, shards: int = 0) -> Path:
    """A checkpoint folder of `state`, with the small files of `like`; `shards` 0: one file."""
    shutil.copytree(like, out, ignore=shutil.ignore_patterns("*.bin", "*.safetensors", "*.index*"))
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    config.pop("quantization_config", None)
    (out / "config.json").write_text(json.dumps(config), encoding="utf-8")
    state = {name: tensor.contiguous() for name, tensor in state.items()}
    if not shards:
        safetensors.torch.save_file(state, out / "model.safetensors", metadata={"format": "pt"})
        return out
    weight_map: dict[str, str] = {}
    names = list(state)
    for number in range(shards):
        mine = names[number::shards]
        shard = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        safetensors.torch.save_file({n: state[n] for n in mine}, out / shard)
        weight_map |= dict.fromkeys(mine, shard)
    index = {"metadata": {}, "weight_map": weight_map}
    (out / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return out


def state_of(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Every tensor of a plain checkpoint."""
    return {name: map_tensor(record) for name, record in checkpoint.tensors.items()}


# --- Baichuan-13B's own quantizer --------------------------------------------------------


def v1_int8(weight: Tensor) -> tuple[Tensor, Tensor]:
    """int8 [in, out] and fp16 scales [out], as the published quantizer stores them.

    Source: the goldens' README: a row, symmetric, scale = largest magnitude / 127.
    """
    scale = (weight.float().abs().amax(dim=1) / 127).half()
    rows = torch.round(weight.float() / scale.float()[:, None]).to(torch.int8)
    return rows.t().contiguous(), scale


def write_v1_int8(out: Path, source: Checkpoint) -> Path:
    """`source` in the published int8 layout of Baichuan-13B, quantised from its 16-bit weights."""
    state: dict[str, Tensor] = {}
    matrices = {f"{name}.weight" for name in matrix_names(source.config)}
    for name, tensor in state_of(source).items():
        if name in matrices:
            rows, scale = v1_int8(tensor)
            state |= {name: rows, f"{name.removesuffix('weight')}scale": scale}
        else:
            state[name] = tensor.clone()
    return write_folder(out, state, source.folder)


def matrix_names(config: ModelConfig) -> list[str]:
    """Every matrix that is quantised, such as `model.layers.0.mlp.up_proj`."""
    return [
        f"model.layers.{layer}.{suffix}"
        for layer in range(config.num_layers)
        for suffix in config.layer_matrices()
    ]


def random_folder(out: Path, like: Path, sizes: dict[str, int], *, shards: int) -> Path:
    """A bf16 checkpoint with seeded random weights, of other sizes than `like`.

    One shard is made and written after the other, so that no test needs the whole in memory.
    """
    out.mkdir()
    for file in like.iterdir():
        if file.suffix not in (".bin", ".safetensors") and "index" not in file.name:
            shutil.copy(file, out)
    data = json.loads((out / "config.json").read_text(encoding="utf-8")) | sizes
    (out / "config.json").write_text(json.dumps(data), encoding="utf-8")
    change(out / "tokenizer.model", lambda model: filled_up(model, data["vocab_size"]))
    shapes = list(ModelConfig.from_json(data).tensor_shapes().items())
    torch.manual_seed(0)
    weight_map: dict[str, str] = {}
    for number in range(shards):
        shard = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        mine = shapes[number * len(shapes) // shards : (number + 1) * len(shapes) // shards]
        state = {name: torch.empty(shape, dtype=DTYPES["BF16"]) for name, shape in mine}
        for tensor in state.values():
            if tensor.dim() == 1:
                tensor.fill_(1.0)
            else:
                tensor.normal_(std=0.02)
        safetensors.torch.save_file(state, out / shard)
        weight_map |= {name: shard for name, _ in mine}
    index = {"metadata": {}, "weight_map": weight_map}
    (out / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return out


def int8_kind() -> type[nn.Linear]:
    """The class of an 8-bit layer on this processor."""
    from bitsandbytes.nn import Linear8bitLt

    from backends.modeling.quantized import UnpackedInt8Linear, packs

    return Linear8bitLt if packs(Precision.INT8) else UnpackedInt8Linear


def unpack_int4(packed: Tensor) -> Tensor:
    """int8 [out, in] of Baichuan-13B's own 4 bits, int32 [out, in / 8]: the low nibble first.

    Times the scale of its row (largest magnitude / 7), that is the matrix. No model was published
    in this form and no backend runs it.
    """
    shifts = torch.arange(0, 32, 4, dtype=torch.int32, device=packed.device)
    nibbles = (packed[:, :, None] >> shifts) & 15
    values: Tensor = ((nibbles ^ 8) - 8).to(torch.int8)  # the sign of four bits
    return values.flatten(1)
