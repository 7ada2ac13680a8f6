"""What a training is made from, by its content: the files of the model. Data tell their own."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from ...checkpoint.folder import Checkpoint
from ...events import JobProgress
from ...files.hashing import hash_files, stamp
from .values import SourceFile


def hash_base(checkpoint: Checkpoint) -> Generator[JobProgress, None, tuple[SourceFile, ...]]:
    """The files of a model that decide what it computes; yields progress. Raises JobError."""
    files: list[Path] = [
        checkpoint.folder / "config.json",
        checkpoint.tokenizer_file,
        *checkpoint.weight_files,
    ]
    hashes = yield from hash_files(files)
    return tuple(SourceFile(file.name, stamp(file)[0], hashes[file]) for file in files)
