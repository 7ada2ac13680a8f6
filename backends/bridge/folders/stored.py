"""The tensors of a checkpoint as transformers takes them: read one at a time, when it asks.

They come from our own readers, so a .bin is never unpickled, and no file is opened that the check
of the folder has not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...checkpoint.folder import Checkpoint
from ...checkpoint.quantized_layout import Layout, QuantizedMatrix
from ...files.tensor_files import TensorRecord
from ...modeling.weights import DTYPES, filled_tensor, map_tensor
from ...precision import Precision


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor on disk with the interface of safetensors' slices, by which transformers reads."""

    dtype: str  #: as safetensors names it
    shape: tuple[int, ...]
    read: Callable[[], Tensor]

    def get_dtype(self) -> str:
        """Its dtype."""
        return self.dtype

    def get_shape(self) -> list[int]:
        """Its shape."""
        return list(self.shape)

    def __getitem__(self, place: Any) -> Tensor:
        """A copy in memory: a mapping would end with the file, and training writes to weights."""
        return self.read()[place].clone()


def stored_tensors(checkpoint: Checkpoint, dtype: torch.dtype) -> dict[str, StoredTensor]:
    """Every tensor by name; the parts of quantised matrices are named as bitsandbytes names them.

    Beside quantised matrices, the plain tensors are read in `dtype`: transformers converts those of
    plain models only. Reads descriptions of quantised matrices, and no weight. Raises
    DamagedCheckpointError.
    """
    if not checkpoint.matrices:
        return {name: _plain(record) for name, record in checkpoint.tensors.items()}
    found = {name: _converted(record, dtype) for name, record in checkpoint.tensors.items()}
    for name, matrix in checkpoint.matrices.items():
        if matrix.layout is Layout.BITSANDBYTES:
            found |= {record.name: _plain(record) for record in matrix.parts.values()}
        else:
            found |= _rewritten(name, matrix)
    return found


def quantization_of(checkpoint: Checkpoint, stated: object) -> dict[str, object] | None:
    """What transformers has to know of how the files are quantised; None for plain ones.

    The tensors decide. `stated`, which is `quantization_config` of config.json, adds in which dtype
    4 bits are multiplied.
    """
    matrix = next(iter(checkpoint.matrices.values()), None)
    if matrix is None:
        return None
    told = stated if isinstance(stated, dict) else {}
    is_int8 = matrix.precision is Precision.INT8
    config: dict[str, object] = {
        "quant_method": "bitsandbytes",
        "load_in_8bit": is_int8,
        "load_in_4bit": not is_int8,
        "llm_int8_threshold": told.get("llm_int8_threshold", 6.0),
        "llm_int8_skip_modules": ["lm_head"],
    }
    if is_int8:
        return config
    return config | {
        "bnb_4bit_quant_type": "fp4" if matrix.precision is Precision.FP4 else "nf4",
        "bnb_4bit_use_double_quant": "nested_absmax" in matrix.parts,
        "bnb_4bit_compute_dtype": told.get("bnb_4bit_compute_dtype", "float16"),
        "bnb_4bit_quant_storage": "uint8",
    }


def _plain(record: TensorRecord) -> StoredTensor:
    return StoredTensor(record.dtype, record.shape, lambda: filled_tensor(record))


def _converted(record: TensorRecord, dtype: torch.dtype) -> StoredTensor:
    name = next(name for name, known in DTYPES.items() if known is dtype)
    return StoredTensor(name, record.shape, lambda: filled_tensor(record).to(dtype))


def _rewritten(name: str, matrix: QuantizedMatrix) -> Mapping[str, StoredTensor]:
    """A matrix in a published layout, in bitsandbytes' own."""
    if matrix.layout is Layout.PUBLISHED_INT8:
        rows, columns = matrix.shape
        return {
            f"{name}.weight": StoredTensor("I8", (rows, columns), lambda: _own(matrix)["weight"]),
            f"{name}.SCB": StoredTensor("F32", (rows,), lambda: _own(matrix)["SCB"]),
        }
    try:
        parts = _own(matrix)
    except (ValueError, KeyError, TypeError) as error:
        raise matrix.unreadable(name) from error
    return {f"{name}.{part}": _held(tensor) for part, tensor in parts.items()}


def _own(matrix: QuantizedMatrix) -> dict[str, Tensor]:
    from ...modeling import quantized  # imports bitsandbytes: only where it is needed

    mapped = {part: map_tensor(record) for part, record in matrix.parts.items()}
    return quantized.in_own_layout(mapped, matrix.layout, matrix.precision, matrix.shape)


def _held(tensor: Tensor) -> StoredTensor:
    """A tensor that is there, the large ones as mappings."""
    dtype = "U8" if tensor.dtype is torch.uint8 else "F32"
    return StoredTensor(dtype, tuple(tensor.shape), lambda: tensor)
