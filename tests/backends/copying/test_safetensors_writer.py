"""Shards as the safetensors library reads them, planned before a byte is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from backends.copying.safetensors_writer import (
    SHARD_BYTES,
    Block,
    Shard,
    TensorSpec,
    index_json,
    plan_shards,
    write_shard,
)
from backends.files.tensor_files import read_contents

TENSORS = {
    "a": torch.arange(6, dtype=torch.float32).view(2, 3),
    "层": torch.tensor([1.5, -2.5], dtype=torch.bfloat16),
    "scalar": torch.tensor(7, dtype=torch.uint8),
    "empty": torch.empty((0, 4), dtype=torch.float16),
    "int": torch.tensor([[-128, 127]], dtype=torch.int8),
}
DTYPES = {
    torch.float32: "F32", torch.bfloat16: "BF16", torch.uint8: "U8", torch.float16: "F16",
    torch.int8: "I8",
}  # fmt: skip


def spec(name: str, nbytes: int) -> TensorSpec:
    return TensorSpec(name, "U8", (nbytes,))


def shard_of_all() -> Shard:
    specs = [TensorSpec(n, DTYPES[t.dtype], tuple(t.shape)) for n, t in TENSORS.items()]
    return Shard("model.safetensors", tuple(specs))


def blocks() -> list[Block]:
    return [
        bytes(t.view(-1).view(torch.uint8).numpy().tobytes()) if t.numel() else b""
        for t in TENSORS.values()
    ]


def write(file: Path) -> list[int]:
    return list(write_shard(file, shard_of_all(), iter(blocks())))


def test_the_safetensors_library_reads_what_is_written(tmp_path: Path) -> None:
    sizes = write(tmp_path / "w.safetensors")

    state = safetensors.torch.load_file(tmp_path / "w.safetensors")
    assert sizes == [24, 4, 1, 0, 2]
    assert state.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert state[name].dtype == tensor.dtype
        assert torch.equal(state[name], tensor)


def test_our_own_reader_reads_what_is_written(tmp_path: Path) -> None:
    write(tmp_path / "w.safetensors")

    records = {record.name: record for record in read_contents(tmp_path / "w.safetensors").records}

    assert {(n, r.dtype, r.shape) for n, r in records.items()} == {
        (n, DTYPES[t.dtype], tuple(t.shape)) for n, t in TENSORS.items()
    }
    assert min(record.offset for record in records.values()) % 8 == 0


def test_transformers_finds_the_format_that_it_asks_for(tmp_path: Path) -> None:
    write(tmp_path / "w.safetensors")

    with safetensors.safe_open(tmp_path / "w.safetensors", framework="pt") as file:
        assert file.metadata() == {"format": "pt"}


def test_two_writings_are_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "1.safetensors")
    write(tmp_path / "2.safetensors")

    assert (tmp_path / "1.safetensors").read_bytes() == (tmp_path / "2.safetensors").read_bytes()


def test_memory_of_any_shape_is_written(tmp_path: Path) -> None:
    array = torch.arange(4, dtype=torch.float32).view(2, 2).numpy()
    shard = Shard("w.safetensors", (TensorSpec("a", "F32", (2, 2)),))

    list(write_shard(tmp_path / "w.safetensors", shard, iter([array.data])))

    assert safetensors.torch.load_file(tmp_path / "w.safetensors")["a"].tolist() == [[0, 1], [2, 3]]


def test_bytes_that_are_not_the_tensors_are_a_bug(tmp_path: Path) -> None:
    shard = Shard("w.safetensors", (spec("a", 5),))

    with pytest.raises(ValueError, match="4 bytes for"):
        list(write_shard(tmp_path / "w.safetensors", shard, iter([b"1234"])))


def test_each_tensor_is_made_when_it_is_written(tmp_path: Path) -> None:
    made: list[str] = []

    def data() -> object:
        for name in ("a", "b"):
            made.append(name)
            yield b"1"

    shard = Shard("w.safetensors", (spec("a", 1), spec("b", 1)))
    writing = write_shard(tmp_path / "w.safetensors", shard, data())  # type: ignore[arg-type]

    next(writing)

    assert made == ["a"]


# --- planning ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([[3], [3]], [["0.0", "1.0"]]),
        ([[6], [4]], [["0.0", "1.0"]]),  # exactly full
        ([[6], [5]], [["0.0"], ["1.0"]]),
        ([[6], [2, 3], [1]], [["0.0"], ["1.0", "1.1", "2.0"]]),  # a group stays together
        ([[25], [1]], [["0.0"], ["1.0"]]),  # larger than a shard
        ([[1], [25], [1]], [["0.0"], ["1.0"], ["2.0"]]),
        ([[0], [10], [0]], [["0.0", "1.0", "2.0"]]),
    ],
)
def test_groups_are_spread_over_shards(sizes: list[list[int]], expected: list[list[str]]) -> None:
    groups = [
        [spec(f"{g}.{i}", size) for i, size in enumerate(group)] for g, group in enumerate(sizes)
    ]

    shards = plan_shards(groups, 10)

    assert [[s.name for s in shard.tensors] for shard in shards] == expected


def test_one_shard_has_the_name_of_a_whole_model() -> None:
    (shard,) = plan_shards([[spec("a", 1)]])

    assert shard.file_name == "model.safetensors"


def test_several_shards_are_numbered_as_transformers_does() -> None:
    shards = plan_shards([[spec("a", 8)], [spec("b", 8)], [spec("c", 8)]], 10)

    assert [shard.file_name for shard in shards] == [
        "model-00001-of-00003.safetensors",
        "model-00002-of-00003.safetensors",
        "model-00003-of-00003.safetensors",
    ]


def test_the_index_names_the_shard_of_each_tensor() -> None:
    shards = plan_shards([[spec("a", 8)], [spec("b", 8), spec("c", 1)]], 10)

    assert json.loads(index_json(shards)) == {
        "metadata": {"total_size": 17},
        "weight_map": {
            "a": "model-00001-of-00002.safetensors",
            "b": "model-00002-of-00002.safetensors",
            "c": "model-00002-of-00002.safetensors",
        },
    }


def test_a_shard_fits_a_drive_that_knows_32_bits() -> None:
    """FAT32, as on many USB sticks, ends a file below 4 GiB; the header comes on top."""
    assert SHARD_BYTES < 2**32 - 100_000_000
