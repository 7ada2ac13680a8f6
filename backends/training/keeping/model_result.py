"""The files of a whole model that was trained: released names, in the type it was published in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from ...checkpoint.folder import Checkpoint
from ...copying.safetensors_writer import TensorSpec, index_json, plan_shards
from ...copying.side_files import SIDE_FILES, read_own_file
from ...files.small_files import parse_json
from ...files.tensor_files import TensorRecord
from ...modeling.weights import DTYPES, map_tensor
from ...operating_system import long_path
from ...phrases import Phrase
from .sealed import json_bytes
from .tensors import raw

_FP16: Final = "F16"
_BF16: Final = Phrase("It is written in bf16: fp16 cannot hold all of what was learnt.")


class ModelFiles:
    """What the folder of a model holds of it; licences aside.

    Raises JobError where a small file of the source cannot be read, ValueError for weights that
    are not those of the model.
    """

    def __init__(self, checkpoint: Checkpoint, weights: Mapping[str, Tensor]) -> None:
        records = checkpoint.tensors
        for name, tensor in weights.items():
            if name not in records or tuple(tensor.shape) != records[name].shape:
                raise ValueError(f"the model has no “{name}” of this shape")
        self._records = records
        self._weights = weights
        is_narrow = _exceeds_fp16(records, weights)
        self._dtypes = {
            name: "BF16" if is_narrow and record.dtype == _FP16 else record.dtype
            for name, record in records.items()
        }
        specs = [
            [TensorSpec(name, self._dtypes[name], record.shape)] for name, record in records.items()
        ]
        self.shards = plan_shards(specs)
        self.notes = (_BF16,) if is_narrow else ()
        self.files = {
            **_side_files(checkpoint.folder),
            "config.json": _configuration(checkpoint.folder, is_narrow=is_narrow),
        }
        if len(self.shards) > 1:
            self.files["model.safetensors.index.json"] = index_json(self.shards).encode()

    def raw(self, name: str) -> memoryview:
        """The bytes of a tensor; of one that was not trained, as the source has it."""
        tensor = self._weights.get(name)
        stored = map_tensor(self._records[name]) if tensor is None else tensor.detach()
        return raw(stored.to(DTYPES[self._dtypes[name]]))

    def require_whole(self, folder: Path) -> None:
        """Raise CheckpointError unless the folder opens as a model."""
        Checkpoint.open(folder)


def _exceeds_fp16(records: Mapping[str, TensorRecord], weights: Mapping[str, Tensor]) -> bool:
    """Whether a weight that was published in fp16 has grown beyond it."""
    most = torch.finfo(torch.float16).max
    return any(
        record.dtype == _FP16 and name in weights and bool(weights[name].abs().max() > most)
        for name, record in records.items()
    )


def _side_files(source: Path) -> dict[str, bytes]:
    """Tokenizer and defaults of sampling, as the source has them. Raises JobError."""
    there = [source / name for name in SIDE_FILES if long_path(source / name).exists()]
    return {file.name: read_own_file(file) for file in there}


def _configuration(source: Path, *, is_narrow: bool) -> bytes:
    """The config.json of the source, which names another type if the weights have one."""
    file = source / "config.json"
    content = read_own_file(file)
    found = parse_json(file, content)
    if not is_narrow or not isinstance(found, dict):
        return content
    stated = [name for name in ("torch_dtype", "dtype") if name in found] or ["torch_dtype"]
    return json_bytes({**found, **dict.fromkeys(stated, "bfloat16")})
