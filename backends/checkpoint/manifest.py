"""What a model folder that this app wrote says of itself, read strictly.

The manifest names every other file with its size and hash, and is written last. An export for ONNX
Runtime is known by it: a graph that comes without one was not written by this app, and a graph
may say anything.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import (
    CheckpointError,
    DamagedCheckpointError,
    NewerFormatError,
    NotACheckpointError,
    UnsafeCheckpointError,
)
from ..files.small_files import is_file, is_leaf_name, read_json
from ..operating_system import long_path
from ..phrases import Phrase
from ..precision import ONNX_BLOCK_SIZES, Precision

MANIFEST: Final = "baichuan_manifest.json"
MANIFEST_VERSION: Final = 1
GRAPH_FILE: Final = "model.onnx"
DATA_FILE: Final = "model.onnx.data"
#: Of the graph and of how the runtime drives it.
GRAPH_VERSION: Final = 1

#: That each precision of an export may have.
_BLOCK_SIZES: Mapping[str, tuple[int | None, ...]] = {
    precision.value: ONNX_BLOCK_SIZES if precision.is_quantized else (None,)
    for precision in Precision
    if precision.is_onnx
}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The size and the hash that a file had when it was written."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Export:
    """An export for ONNX Runtime."""

    folder: Path
    precision: Precision
    block_size: int | None  #: weights that share a scale; None if they are not quantised
    symmetric: bool
    portable: bool  #: made for other runtimes
    files: Mapping[str, FileFacts]
    sources: Mapping[str, str]  #: SHA-256 of the weight files it was made from, by name

    @property
    def graph(self) -> Path:
        """The path of the graph."""
        return self.folder / GRAPH_FILE

    @property
    def data(self) -> Path:
        """The path of the weights."""
        return self.folder / DATA_FILE

    @property
    def bytes_on_disk(self) -> int:
        """The size of the weights, in bytes."""
        return self.files[DATA_FILE].size


def read_export(folder: Path) -> Export:
    """The export in `folder`, its files there and of the right size; no hash is computed.

    Raises CheckpointError or a subclass.
    """
    file = folder / MANIFEST
    if not is_file(file):
        raise NotACheckpointError(
            folder, Phrase("its {graph} was not written by this app", graph=GRAPH_FILE)
        )
    data = read_json(file)
    _check_version(file, data, "schema_version", MANIFEST_VERSION)
    facts = data.get("onnx")
    _check_version(file, facts, "graph_version", GRAPH_VERSION)
    export = _parsed(file, data, facts)
    for name, expected in export.files.items():
        _check_file(folder / name, expected)
    return export


def stated_precision(folder: Path) -> Precision | None:
    """The precision of an export that may be damaged; None if it cannot be said."""
    try:
        facts = read_json(folder / MANIFEST).get("onnx")
        return Precision(str(facts.get("precision"))) if isinstance(facts, dict) else None
    except (CheckpointError, ValueError):
        return None


def merged_adapter(folder: Path) -> Mapping[str, str] | None:
    """The SHA-256 of each file of the adapter that this app merged into the weights, by its name.

    None where there is none, and where it cannot be said.
    """
    try:
        made = read_json(folder / MANIFEST).get("provenance")
    except CheckpointError:
        return None
    match made:
        case {"adapter": {"sha256": dict(files)}}:
            return {str(name): str(digest) for name, digest in files.items()}
    return None


def _check_version(file: Path, data: object, name: str, known: int) -> None:
    version = data.get(name) if isinstance(data, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise DamagedCheckpointError(file, Phrase("it lacks {name}", name=name))
    if version > known:
        raise NewerFormatError(file, version=version, known=known)


def _parsed(file: Path, data: Mapping[str, object], facts: object) -> Export:
    match facts:
        case {
            "precision": str(precision),
            "block_size": int() | None as block_size,
            "symmetric": bool(symmetric),
            "portable": bool(portable),
        } if block_size in _BLOCK_SIZES.get(precision, ()) and not isinstance(block_size, bool):
            pass
        case _:
            raise DamagedCheckpointError(file, "it does not describe an export")
    entries = data.get("files")
    files: dict[str, FileFacts] = {}
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        match entry:
            case {"size": int(size), "sha256": str(digest)} if size >= 0 and re.fullmatch(
                "[0-9a-f]{64}", digest
            ):
                files[name] = FileFacts(size, digest)
            case _:
                raise DamagedCheckpointError(
                    file, Phrase("it does not describe “{name}”", name=str(name)[:100])
                )
        if not is_leaf_name(name):
            raise UnsafeCheckpointError(
                file, Phrase("it names “{name}”, outside of its folder", name=name[:100])
            )
    for name in (GRAPH_FILE, DATA_FILE, "config.json", "tokenizer.model"):
        if name not in files:
            raise DamagedCheckpointError(file, Phrase("it does not describe “{name}”", name=name))
    return Export(
        folder=file.parent,
        precision=Precision(precision),
        block_size=block_size,
        symmetric=symmetric,
        portable=portable,
        files=files,
        sources=_sources(data.get("provenance")),
    )


def _sources(provenance: object) -> dict[str, str]:
    match provenance:
        case {"source": {"sha256": dict(hashes)}}:
            return {str(name): str(digest) for name, digest in hashes.items()}
    return {}


def _check_file(file: Path, expected: FileFacts) -> None:
    """Check that a file of the export is there, is no link, and has its size.

    A link is refused, a hard one too: ONNX Runtime would read through it whatever the graph may
    not name, and nothing in an export is meant to be shared.
    """
    try:
        status = long_path(file).lstat()
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL, or half a character
        raise DamagedCheckpointError(
            file.parent / MANIFEST,
            Phrase("the file “{name}” that it names is missing", name=file.name),
        ) from error
    if stat.S_ISLNK(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink > 1):
        raise UnsafeCheckpointError(file, "it is a link to another place")
    if not stat.S_ISREG(status.st_mode):  # a pipe would never come to its end
        raise UnsafeCheckpointError(file, "it is not a file")
    if status.st_size != expected.size:
        raise DamagedCheckpointError(
            file,
            Phrase(
                "it has {size:,} bytes, but the manifest says {expected:,}",
                size=status.st_size,
                expected=expected.size,
            ),
        )
