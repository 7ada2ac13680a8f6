"""Every format that a model comes in: a valid folder, and how a file of it is changed."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backends.checkpoint.manifest import DATA_FILE, GRAPH_FILE, MANIFEST
from backends.precision import Precision
from tests.fuzz import (
    bases,
    mutate_archive,
    mutate_graph,
    mutate_json,
    mutate_protobuf,
    mutate_safetensors,
)
from tests.fuzz.bases import Files

Mutator = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """A layout; `mutate` gives the files that differ from those of `base`."""

    base: Callable[[], Files]
    mutate: Callable[[Files, random.Random], Files]


def one_of(pattern: str, mutator: Mutator) -> Callable[[Files, random.Random], Files]:
    """Change one of the files whose names match."""

    def mutate(files: Files, chance: random.Random) -> Files:
        name = chance.choice(sorted(fnmatch.filter(files, pattern)))
        return {name: mutator(files[name], chance)}

    return mutate


def _shards(files: Files, chance: random.Random) -> Files:
    """Change a shard, the index, or which file is which."""
    names = sorted(name for name in files if name.endswith(".bin"))
    if chance.random() < 0.1:
        first, second = chance.sample(names, 2)
        return {first: files[second], second: files[first]}
    name = chance.choice(names)
    return {name: mutate_archive.mutate(files[name], chance)}


def _export(files: Files, chance: random.Random) -> Files:
    """Change the graph or its data, and have the manifest say that this belongs there."""
    if chance.random() < 0.8:
        changed = {GRAPH_FILE: mutate_graph.mutate(files[GRAPH_FILE], chance)}
    else:
        data = bytearray(files[DATA_FILE])
        for _ in range(chance.randrange(1, 20)):
            data[chance.randrange(len(data) // 4) * 4] = chance.randrange(256)
        changed = {DATA_FILE: bytes(data)}
    return changed | {MANIFEST: _manifest_of(files[MANIFEST], changed)}


def _manifest_of(manifest: bytes, changed: Mapping[str, bytes]) -> bytes:
    facts = json.loads(manifest)
    for name, data in changed.items():
        facts["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return json.dumps(facts).encode()


FORMATS: Mapping[str, Format] = {
    "safetensors": Format(
        bases.safetensors_folder, one_of("*.safetensors", mutate_safetensors.mutate)
    ),
    "bin": Format(bases.bin_folder, one_of("*.bin", mutate_archive.mutate)),
    "bin-sharded": Format(bases.sharded_folder, _shards),
    "bin-4bit": Format(bases.published_4bit_folder, one_of("*.bin", mutate_archive.mutate)),
    "bin-int8": Format(bases.published_int8_folder, one_of("*.bin", mutate_archive.mutate)),
    "bitsandbytes-4bit": Format(
        lambda: bases.bitsandbytes_folder(Precision.NF4),
        one_of("*.safetensors", mutate_safetensors.mutate),
    ),
    "bitsandbytes-8bit": Format(
        lambda: bases.bitsandbytes_folder(Precision.INT8),
        one_of("*.safetensors", mutate_safetensors.mutate),
    ),
    "config": Format(bases.safetensors_folder, one_of("config.json", mutate_json.mutate)),
    "generation-config": Format(
        bases.safetensors_folder, one_of("generation_config.json", mutate_json.mutate)
    ),
    "tokenizer-config": Format(
        bases.safetensors_folder, one_of("tokenizer_config.json", mutate_json.mutate)
    ),
    "index": Format(bases.sharded_folder, one_of("*.index.json", mutate_json.mutate)),
    "tokenizer": Format(
        bases.safetensors_folder, one_of("tokenizer.model", mutate_protobuf.mutate_tokenizer)
    ),
    "manifest": Format(bases.export_folder, one_of(MANIFEST, mutate_json.mutate)),
    "onnx": Format(bases.export_folder, _export),
}
