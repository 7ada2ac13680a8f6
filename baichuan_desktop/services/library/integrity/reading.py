"""One reading of a file, which gives its hashes and whether its tensors can be weights."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from backends.adapters.folder import open_adapter
from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.weight_checks import Oddity, OddTensor, WeightScan
from backends.errors import CheckpointError, UserFacingError
from backends.files.sequential import blocks
from backends.files.tensor_files import TensorRecord, read_contents
from baichuan_desktop.services.library.integrity.folder_files import FolderFile
from baichuan_desktop.services.library.registry import InstalledAdapter, Listed

#: Bytes after which is told how far the reading is.
_TOLD: Final = 8 * 2**20

#: Other .bin files hold what training programs keep, which is no weights and no model's.
_WEIGHTS: Final = re.compile(
    r"(?!adapter_)(?:[^/]+\.safetensors|(?:model|pytorch_model)(?:-\d+-of-\d+)?\.bin)"
)


_ADAPTER: Final = re.compile(r"adapter_model\.(?:safetensors|bin)")


def weight_records(folder: Path, name: str, *, is_adapter: bool = False) -> Sequence[TensorRecord]:
    """The tensors of a file of a model, or of an adapter; none of one that holds no weights.

    Raises CheckpointError where it should hold them, and cannot.
    """
    weights = _ADAPTER if is_adapter else _WEIGHTS
    return read_contents(folder / name).records if weights.fullmatch(name) else ()


def odd_tensors(one: Listed, reading: FileReading) -> Sequence[OddTensor]:
    """The tensors of a file that was read, which are no weights.

    A matrix of an adapter is zero until it is trained.
    """
    found = reading.odd_tensors()
    if isinstance(one, InstalledAdapter):
        return [tensor for tensor in found if tensor.oddity is Oddity.NOT_A_NUMBER]
    return found


def files_in_use(one: Listed) -> frozenset[str]:
    """The names of the files that it is loaded from; none of what cannot be opened."""
    if isinstance(one, InstalledAdapter):
        try:
            return frozenset({"adapter_config.json", open_adapter(one.path).file.name})
        except UserFacingError:
            return frozenset()
    try:
        checkpoint = Checkpoint.open(one.path)
    except CheckpointError:
        return frozenset()
    files = [*checkpoint.weight_files, checkpoint.tokenizer_file]
    if checkpoint.export is not None:
        files += [checkpoint.export.graph, checkpoint.export.data]
    return frozenset({"config.json", "generation_config.json", *(file.name for file in files)})


class FileReading:
    """Reads a file from its first byte to its last one, once, block by block."""

    def __init__(
        self, one: FolderFile, records: Sequence[TensorRecord] = (), *, with_git_sha1: bool = False
    ) -> None:
        self._one = one
        self._sha256 = hashlib.sha256()
        self._git = hashlib.sha1(b"blob %d\0" % one.size, usedforsecurity=False)
        self._with_git = with_git_sha1
        self._scan = WeightScan(records)
        self.is_changing = False  #: it was written meanwhile; once it was read

    def __iter__(self) -> Iterator[int]:
        """Read the file; yields numbers of bytes that were read since. Raises OSError."""
        done = told = 0
        with self._one.open() as stream:
            for block in blocks(stream, self._scan.read):
                self._sha256.update(block)
                if self._with_git:
                    self._git.update(block)
                done += len(block)
                if done - told >= _TOLD:
                    yield done - told
                    told = done
            status = os.fstat(stream.fileno())
        if done > told:
            yield done - told
        self.is_changing = (done, status.st_mtime_ns) != (self._one.size, self._one.mtime_ns)

    @property
    def sha256(self) -> str:
        """In hex, once all was read."""
        return self._sha256.hexdigest()

    @property
    def git_sha1(self) -> str | None:
        """Of the Git object that the file would be; None where nobody asked for it."""
        return self._git.hexdigest() if self._with_git else None

    def odd_tensors(self) -> Sequence[OddTensor]:
        """The tensors that are no weights, once all was read."""
        return tuple(self._scan.odd_tensors())
