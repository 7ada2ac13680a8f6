"""Valid model folders in every layout, each as small as a model can be, as bytes by file name."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import bitsandbytes.functional as bnbf
import safetensors.torch
import torch
from bitsandbytes.functional import QuantState
from torch import Tensor

from backends.checkpoint.folder import Checkpoint
from backends.copying.folder_writer import write_copy
from backends.engine import heavy_modules
from backends.model_config import ModelConfig
from backends.onnx_backend.export import export_plan
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from tests.helpers import goldens
from tests.helpers.quantized import finish, state_of, v1_int8

Files = Mapping[str, bytes]

_SIZES = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_hidden_layers": 1,
}
_SMALL_FILES = ("config.json", "generation_config.json", "tokenizer.model", "tokenizer_config.json")


@cache
def safetensors_folder(golden: str = "b2-7b") -> Files:
    """One .safetensors file in 16 bits, with the small files of a golden."""
    like = goldens.folder(golden, "safetensors")
    files = {name: (like / name).read_bytes() for name in _SMALL_FILES}
    config = json.loads(files["config.json"]) | _SIZES
    files["config.json"] = json.dumps(config, indent=2).encode()
    torch.manual_seed(0)
    state = {
        name: torch.ones(shape) if len(shape) == 1 else torch.randn(shape) * 0.05
        for name, shape in ModelConfig.from_json(config).tensor_shapes().items()
    }
    state = {name: tensor.to(torch.bfloat16) for name, tensor in state.items()}
    return files | {"model.safetensors": safetensors.torch.save(state, {"format": "pt"})}


@cache
def bin_folder() -> Files:
    """One pytorch_model.bin."""
    return _small(safetensors_folder()) | {"pytorch_model.bin": _archive(_state("b2-7b"))}


@cache
def sharded_folder() -> Files:
    """Three .bin shards and their index."""
    state = _state("b2-7b")
    files = _small(safetensors_folder())
    weight_map: dict[str, str] = {}
    for number in range(3):
        shard = f"pytorch_model-{number + 1:05}-of-00003.bin"
        part = {name: state[name] for name in list(state)[number::3]}
        files[shard] = _archive(part)
        weight_map |= dict.fromkeys(part, shard)
    index = {"metadata": {"total_size": 4_096}, "weight_map": weight_map}
    return files | {"pytorch_model.bin.index.json": json.dumps(index, indent=2).encode()}


@cache
def published_4bit_folder() -> Files:
    """The layout of the published *-Chat-4bits: lists beside tensors."""
    with _Written(safetensors_folder()) as folder:
        checkpoint = Checkpoint.open(folder)
        matrices = {f"{name}.weight" for name in _matrix_names(checkpoint)}
        state: dict[str, object] = {}
        for name, tensor in state_of(checkpoint).items():
            half = tensor.to(torch.float16)
            if name not in matrices:
                state[name] = torch.nn.Parameter(half, requires_grad=False)
                continue
            packed, quant = _nf4(half)
            state[f"{name}.data"] = packed
            nested = quant.state2
            state[f"{name}.quant_state"] = [
                quant.absmax, torch.Size(half.shape), torch.float16, quant.blocksize,
                [quant.offset, [nested.absmax, nested.code, nested.blocksize, torch.float32]],
                "nf4", quant.code,
            ]  # fmt: skip
    files = _small(safetensors_folder())
    return files | {"pytorch_model.bin": _archive(state)}


def _nf4(weight: Tensor) -> tuple[Tensor, QuantState]:
    found: tuple[Tensor, QuantState] = bnbf.quantize_4bit(
        weight, blocksize=64, compress_statistics=True, quant_type="nf4"
    )
    return found


@cache
def published_int8_folder() -> Files:
    """The layout of Baichuan-13B's own quantizer: transposed int8 and a scale a row."""
    with _Written(safetensors_folder("b1-13b")) as folder:
        checkpoint = Checkpoint.open(folder)
        matrices = {f"{name}.weight" for name in _matrix_names(checkpoint)}
        state: dict[str, Tensor] = {}
        for name, tensor in state_of(checkpoint).items():
            if name in matrices:
                rows, scale = v1_int8(tensor)
                state |= {name: rows, f"{name.removesuffix('weight')}scale": scale}
            else:
                state[name] = tensor.clone()
    return _small(safetensors_folder("b1-13b")) | {"pytorch_model.bin": _archive(state)}


@cache
def bitsandbytes_folder(precision: Precision) -> Files:
    """The layout of bitsandbytes, as this app and transformers write it."""
    with _Written(safetensors_folder()) as folder:
        checkpoint = Checkpoint.open(folder)
        out = folder / "out"
        finish(write_copy(checkpoint, heavy_modules.copy_plan(checkpoint, precision), out))
        return _read(out)


@cache
def export_folder(precision: Precision = Precision.ONNX_FP32) -> Files:
    """An export for ONNX Runtime."""
    with _Written(safetensors_folder()) as folder:
        out = folder / "out"
        finish(
            write_copy(
                source := Checkpoint.open(folder), export_plan(source, Scheme(precision)), out
            )
        )
        return _read(out)


def _small(files: Files) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name in _SMALL_FILES}


def _state(golden: str) -> dict[str, Tensor]:
    return safetensors.torch.load(safetensors_folder(golden)["model.safetensors"])


def _archive(state: Mapping[str, object]) -> bytes:
    stream = io.BytesIO()
    torch.save(dict(state), stream)
    return stream.getvalue()


def _matrix_names(checkpoint: Checkpoint) -> list[str]:
    return [f"model.layers.0.{suffix}" for suffix in checkpoint.config.layer_matrices()]


class _Written:
    """A folder with these files, for a while."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def __enter__(self) -> Path:
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-base-"))
        write(self._folder, self._files)
        return self._folder

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder)


def write(folder: Path, files: Files) -> None:
    """Write files; what is there already is replaced, not changed."""
    for name, data in files.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(data)


def _read(folder: Path) -> Files:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
