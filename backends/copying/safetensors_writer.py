"""Writes .safetensors shards tensor by tensor, with no more than one tensor in memory.

Names, dtypes and shapes are told first, because the header comes before the data; then the bytes
of each tensor in that order. Two writings of the same tensors are the same bytes.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Protocol

from ..files.tensor_files import DTYPE_BYTES

#: As transformers splits by default: files that any drive and any copy can take.
SHARD_BYTES = 4 * 10**9


#: The bytes of a tensor, or of a part of one.
Block = bytes | memoryview


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor that will be written."""

    name: str
    dtype: str  #: a key of DTYPE_BYTES
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Bytes on disk."""
        return prod(self.shape) * DTYPE_BYTES[self.dtype]


@dataclass(frozen=True, slots=True)
class Shard:
    """One file, and what goes into it."""

    file_name: str
    tensors: tuple[TensorSpec, ...]


def plan_shards(
    groups: Iterable[Sequence[TensorSpec]], shard_bytes: int = SHARD_BYTES
) -> list[Shard]:
    """Spread tensors over files of about `shard_bytes`; a group is never split."""
    files: list[list[TensorSpec]] = [[]]
    used = 0
    for group in groups:
        size = sum(spec.nbytes for spec in group)
        if files[-1] and used + size > shard_bytes:
            files.append([])
            used = 0
        files[-1] += group
        used += size
    if len(files) == 1:
        return [Shard("model.safetensors", tuple(files[0]))]
    names = (f"model-{i:05}-of-{len(files):05}.safetensors" for i in range(1, len(files) + 1))
    return [Shard(name, tuple(tensors)) for name, tensors in zip(names, files, strict=True)]


def index_json(shards: Sequence[Shard]) -> str:
    """The text of model.safetensors.index.json."""
    weight_map = {spec.name: shard.file_name for shard in shards for spec in shard.tensors}
    total = sum(spec.nbytes for shard in shards for spec in shard.tensors)
    return (
        json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=2) + "\n"
    )


class Digest(Protocol):
    """What is told all bytes of a file, as those of hashlib are."""

    def update(self, data: Block, /) -> None:
        """Take the next bytes."""
        ...


def write_shard(
    file: Path,
    shard: Shard,
    data: Iterator[Block],
    *,
    header: bool = True,
    digest: Digest | None = None,
) -> Iterator[int]:
    """Write a shard and sync it; yields the number of bytes of each block as it is written.

    `data` gives the bytes of the tensors of the shard, in order; of each one in one block or in
    several, so that not even a tensor need be in memory at once. Without a header the file is
    the data alone. `digest` gets every byte of the file, which then need not be read again. Raises
    OSError.
    """
    with file.open("wb") as stream:

        def put(block: Block) -> None:
            stream.write(block)
            if digest is not None:
                digest.update(block)

        if header:
            put(_header(shard))
        for spec in shard.tensors:
            written = -1
            while written < spec.nbytes:  # once at least: an empty tensor has one empty block
                block = memoryview(next(data, b"")).cast("B")
                written = max(written, 0) + block.nbytes
                if written > spec.nbytes or (written < spec.nbytes and not block.nbytes):
                    raise ValueError(f"{written} bytes for {spec}")
                put(block)
                yield block.nbytes
        stream.flush()
        os.fsync(stream.fileno())


def _header(shard: Shard) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for spec in shard.tensors:
        end = offset + spec.nbytes
        entries[spec.name] = {
            "dtype": spec.dtype, "shape": list(spec.shape), "data_offsets": [offset, end]
        }  # fmt: skip
        offset = end
    header = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header
