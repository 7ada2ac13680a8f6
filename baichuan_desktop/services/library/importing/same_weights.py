"""Whether a listed model has the same weights as a folder: sizes, then spots, then hashes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from backends.adapters.folder import CONFIGURATION
from backends.errors import UserFacingError
from backends.events import JobProgress, JobStep
from backends.files.hashing import Sha256, reading
from backends.files.small_files import open_file
from baichuan_desktop.services.library.finding.values import SourceFile
from baichuan_desktop.services.library.integrity.folder_files import files_of
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.store import ModelStore

#: The same tensors are another adapter with another scale, which its configuration has.
_WEIGHTS = (".safetensors", ".bin", ".onnx", ".data", CONFIGURATION)
#: Two fine-tunes of one model have files of the same sizes; a few spots tell most of them apart.
_SPOTS, _SPOT_BYTES = 8, 4096


def weights_of(files: Sequence[SourceFile]) -> list[SourceFile]:
    """The files that hold weights."""
    return [file for file in files if file.name.endswith(_WEIGHTS)]


def of_same_sizes(files: Sequence[SourceFile], listed: Sequence[Listed]) -> list[Listed]:
    """The listed models whose weights have the sizes of these; one that is not here has none."""
    wanted = Counter(file.size for file in weights_of(files))
    return [
        model
        for model in listed
        if wanted and Counter(file.size for file in _weights_in(model.path)) == wanted
    ]


def others_of_kind(store: ModelStore, source: Path, *, is_adapter: bool) -> Sequence[Listed]:
    """The listed models, or the listed adapters, but what lies in the source."""
    if is_adapter:
        own = store.adapter_at(source)
        return [one for one in store.adapters if one != own]
    at_source = store.listed_at(source)
    return [one for one in store.models if one != at_source]


def _weights_in(folder: Path) -> list[SourceFile]:
    """The weights of a listed model, without those of models in it; none where it is away."""
    try:
        files = files_of(folder)
    except (OSError, ValueError):
        return []
    return [
        SourceFile(one.name, folder / one.name, one.size, one.mtime_ns)
        for one in files.values()
        if one.refusal is None and one.name.endswith(_WEIGHTS) and "/" not in one.name
    ]


def compare(
    files: Sequence[SourceFile],
    listed: Sequence[Listed],
    known: Mapping[Path, str],
    cancel: threading.Event,
) -> Iterator[JobProgress | Listed]:
    """The first of these models that has the same weights, as the last event; or none.

    `known` are SHA-256 that need not be computed, by the file. Ends early once the event is set.
    Raises UserFacingError where a file of the source cannot be read.
    """
    mine = weights_of(files)
    hashes = dict(known)
    for model in listed:
        theirs = _weights_in(model.path)
        if not _is_perhaps_same(mine, theirs):
            continue
        missing = [one.file for one in (*theirs, *mine) if one.file not in hashes]
        sizes = {one.file: one.size for one in (*theirs, *mine)}
        done, total = 0, sum(sizes[file] for file in missing)
        for file in missing:
            hashing = Sha256(file)
            with reading(file):
                for count in hashing:
                    done += count
                    yield JobProgress(JobStep.HASH, done, total)
                    if cancel.is_set():
                        return
            hashes[file] = hashing.hexdigest()
        if Counter(hashes[one.file] for one in mine) == Counter(hashes[one.file] for one in theirs):
            yield model
            return


def _is_perhaps_same(mine: Sequence[SourceFile], theirs: Sequence[SourceFile]) -> bool:
    try:
        return Counter(map(_spots, mine)) == Counter(map(_spots, theirs))
    except (OSError, UserFacingError):  # whoever copies it says why
        return False


def _spots(file: SourceFile) -> tuple[int, bytes]:
    """The size of a file, and a few of its bytes from all over it."""
    found = bytearray()
    with open_file(file.file) as stream:
        for spot in range(_SPOTS):
            stream.seek(max(file.size - _SPOT_BYTES, 0) * spot // (_SPOTS - 1))
            found += stream.read(_SPOT_BYTES)
    return file.size, bytes(found)
