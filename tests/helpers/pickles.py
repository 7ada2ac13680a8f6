"""Pickles of state dicts that are written by hand, and how a file of them is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from backends.errors import CheckpointError, DamagedCheckpointError
from backends.files.tensor_files import TensorRecord, read_contents
from tests.helpers.sentences import assert_one_sentence

TORCH_DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip


def tensor_of(record: TensorRecord) -> torch.Tensor:
    """The bytes that a record points to, as torch understands them."""
    raw = record.file.read_bytes()[record.offset : record.offset + record.nbytes]
    if not raw:
        return torch.empty(record.shape, dtype=TORCH_DTYPES[record.dtype])
    tensor = torch.frombuffer(bytearray(raw), dtype=TORCH_DTYPES[record.dtype])
    return tensor.view(record.shape)


def refusal(file: Path, kind: type[CheckpointError] = DamagedCheckpointError) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(kind) as caught:
        read_contents(file)
    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    return caught.value.message


GLOBAL_TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"


def short(text: str) -> bytes:
    """SHORT_BINUNICODE."""
    return b"\x8c" + bytes([len(text.encode())]) + text.encode()


def state_dict(value: bytes) -> bytes:
    """A pickle of {"a": value}."""
    return b"\x80\x02}" + short("a") + value + b"s."


def tensor(storage: bytes, offset: bytes, shape: bytes, stride: bytes) -> bytes:
    return GLOBAL_TENSOR + b"(" + storage + offset + shape + stride + b"\x89" + b"}" + b"tR"
