"""Which files of a folder hold the weights, and every tensor in them."""

from __future__ import annotations

from pathlib import Path

from .errors import (
    DamagedCheckpointError,
    NotACheckpointError,
    Phrase,
    UnsafeCheckpointError,
)
from .small_files import is_file, read_json
from .tensor_files import TensorRecord, Value, read_contents

#: Tried in this order; the second name of a pair is the index of shards.
_LAYOUTS = (
    ("model.safetensors", "model.safetensors.index.json"),
    ("pytorch_model.bin", "pytorch_model.bin.index.json"),
)
_SHARD_SUFFIXES = (".safetensors", ".bin")


def has_tensors(folder: Path) -> bool:
    """There is a file that would hold tensors, or an index of some."""
    return any(is_file(folder / name) for names in _LAYOUTS for name in names)


def find_tensors(folder: Path) -> tuple[dict[str, TensorRecord], dict[str, Value]]:
    """The tensors of the weight files by name, and other values. Raises CheckpointError."""
    for single, index in _LAYOUTS:
        if is_file(folder / index):
            return _read_shards(folder / index)
        if is_file(folder / single):
            contents = read_contents(folder / single)
            return {record.name: record for record in contents.records}, dict(contents.values)
    raise NotACheckpointError(
        folder, "it has no weight file (model.safetensors, pytorch_model.bin)"
    )


def _read_shards(index: Path) -> tuple[dict[str, TensorRecord], dict[str, Value]]:
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise DamagedCheckpointError(index, "it has no weight_map")
    shards: dict[str, Path] = {}
    for value in weight_map.values():
        if not isinstance(value, str):
            raise DamagedCheckpointError(index, "its weight_map names something that is no file")
        if value in shards:
            continue
        # A name, not a path: no folder, no drive, no way up. What the name links to is the
        # person's own arrangement (a Hugging Face cache keeps its files behind links).
        if value != Path(value).name or "\\" in value or ":" in value or value in ("", ".", ".."):
            raise UnsafeCheckpointError(
                index, Phrase("it names “{name}”, outside of its folder", name=value[:100])
            )
        if not value.endswith(_SHARD_SUFFIXES):
            raise DamagedCheckpointError(
                index, Phrase("it names “{name}”, which is no weight file", name=value[:100])
            )
        shards[value] = index.parent / value
        if not is_file(shards[value]):
            raise DamagedCheckpointError(
                index, Phrase("the file “{name}” that it names is missing", name=value[:100])
            )
    found: dict[str, TensorRecord] = {}
    values: dict[str, Value] = {}
    for name, shard in shards.items():
        contents = read_contents(shard)
        values.update(contents.values)
        for record in contents.records:
            if weight_map.get(record.name) != name:
                raise DamagedCheckpointError(
                    shard,
                    Phrase(
                        "it holds “{name}”, which {index} does not place there",
                        name=record.name[:100],
                        index=index.name,
                    ),
                )
            found[record.name] = record
    for name, shard_name in weight_map.items():
        if name not in found:
            raise DamagedCheckpointError(
                shards[shard_name], Phrase("it lacks the tensor “{name}”", name=name[:100])
            )
    return found, values
