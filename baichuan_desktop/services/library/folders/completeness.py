"""Whether the files of a model are all there, as far as their names tell.

To open a model reads its tokenizer, and takes a second; of many models, that is for whoever loads
one. Here an index, or the manifest that this app wrote, is all that is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from backends.checkpoint.manifest import DATA_FILE, GRAPH_FILE, MANIFEST, stated_precision
from backends.errors import CheckpointError
from backends.files.downloads import half_download
from backends.files.small_files import read_json
from backends.phrases import Phrase
from baichuan_desktop.services.library.integrity.folder_files import FolderFile
from baichuan_desktop.services.library.registry import InstalledAdapter, Listed

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")

_ALWAYS = ("config.json", "tokenizer.model")
_WHOLE = ("model.safetensors", "pytorch_model.bin")
_INDEXES = tuple(f"{name}.index.json" for name in _WHOLE)
_NUMBERED = re.compile(r"(model|pytorch_model)-(\d{5})-of-(\d{5})\.(safetensors|bin)")
_MOST_SHARDS = 10_000


def lacking(one: Listed, files: Mapping[str, FolderFile]) -> Phrase | None:
    """A sentence on a file that it needs and does not have; None if it has all of them."""
    there = {name for name, file in files.items() if file.refusal is None}
    if isinstance(one, InstalledAdapter):
        missing = [ADAPTER_CONFIG] if ADAPTER_CONFIG not in there else []
        if there.isdisjoint(ADAPTER_WEIGHTS):
            half = (name for name in ADAPTER_WEIGHTS if half_download(one.path / name))
            missing.append(next(half, ADAPTER_WEIGHTS[0]))
    else:
        missing = _missing(one.path, there)
    return _told(one.path, files, there, missing)


def _missing(folder: Path, there: set[str]) -> list[str]:
    """The files that a model lacks."""
    if MANIFEST in there and stated_precision(folder) is not None:  # an export's
        missing = [name for name in (*_ALWAYS, GRAPH_FILE, DATA_FILE) if name not in there]
    else:
        missing = [name for name in _ALWAYS if name not in there]
        sets = list(_sets(folder, there))
        if not any(wanted <= there for wanted in sets):
            nearest = min(sets, key=lambda wanted: len(wanted - there), default={_WHOLE[0]})
            missing += sorted(nearest - there)
    return missing


def _told(
    folder: Path, files: Mapping[str, FolderFile], there: set[str], missing: list[str]
) -> Phrase | None:
    beside = [name for name in there if f"{name}.aria2" in files]
    if not missing and not beside:
        return None
    name = min(missing or beside)
    half = half_download(folder / name) if missing else None
    if half is not None:
        return Phrase(half.template, **half.facts)
    if not missing:
        return Phrase("“{name}” is not downloaded completely.", name=name)
    if name in files:
        return Phrase("“{name}” cannot be read, or is a link to what is not there.", name=name)
    return Phrase("“{name}” is missing.", name=name)


def _sets(folder: Path, there: set[str]) -> Iterator[set[str]]:
    """The files of each set of weights of which a part is there."""
    yield from ({name} for name in _WHOLE if name in there)
    for index in _INDEXES:
        if index in there:
            try:
                shards = read_json(folder / index).get("weight_map")
            except CheckpointError:  # which is said where the model is loaded
                continue
            if isinstance(shards, dict):
                names = {name for name in shards.values() if isinstance(name, str)}
                yield names or {index}
    for name in sorted(there):
        if (found := _NUMBERED.fullmatch(name)) and 0 < int(found[3]) <= _MOST_SHARDS:
            stem, total, suffix = found[1], int(found[3]), found[4]
            yield {f"{stem}-{n:05}-of-{total:05}.{suffix}" for n in range(1, total + 1)}
