"""Reads the source files of a copy: parts of tensors, SHA-256 hashes, and stamps of changes.

Every failure to read is a JobError that names the file, unlike a failure to write the copy.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from ..errors import JobError, SourceChangedError, system_reason
from ..events import JobProgress, JobStep
from ..operating_system import long_path
from ..phrases import Phrase
from .small_files import open_file
from .tensor_files import TensorRecord

_HASH_BYTES = 16 * 2**20


def read_bytes(record: TensorRecord, begin: int, count: int) -> bytes:
    """`count` bytes of a tensor as stored, from its byte `begin` on. Raises JobError."""
    with reading(record.file), open_file(record.file) as stream:
        stream.seek(record.offset + begin)
        data = stream.read(count)
    if len(data) != count:
        raise SourceChangedError(record.file)
    return data


def hash_weights(files: Iterable[Path]) -> Generator[JobProgress, None, dict[str, str]]:
    """SHA-256 in hex by file name, as in a manifest; yields progress. Raises JobError."""
    hashes = yield from hash_files(files)
    return {file.name: digest for file, digest in hashes.items()}


def hash_files(files: Iterable[Path]) -> Generator[JobProgress, None, dict[Path, str]]:
    """SHA-256 in hex by file; yields progress. Raises JobError."""
    sizes = {file: stamp(file)[0] for file in files}
    total, done = sum(sizes.values()), 0
    hashes: dict[Path, str] = {}
    for file in sizes:
        hashing = Sha256(file)
        with reading(file):
            for count in hashing:
                done += count
                yield JobProgress(JobStep.HASH, done, total)
        hashes[file] = hashing.hexdigest()
    return hashes


def stamp(file: Path) -> tuple[int, int]:
    """Size in bytes and modification time in ns, to notice a change. Raises JobError."""
    with reading(file):
        status = long_path(file).stat()
    return status.st_size, status.st_mtime_ns


@contextlib.contextmanager
def reading(file: Path) -> Iterator[None]:
    """Raise an OSError of reading `file` as a JobError."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceChangedError(file) from error
    except OSError as error:
        raise JobError(
            "“{file}” cannot be read: {reason}.",
            hint="Check the drive, and your rights to the file.",
            file=file.name,
            reason=Phrase("{text}", text=system_reason(error)),
        ) from error


class Sha256:
    """The SHA-256 of a file, block by block: a job can be cancelled in the middle of 10 GB."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[int]:
        """Read the file; yields the number of bytes of each block."""
        with open_file(self._file) as stream:
            while block := stream.read(_HASH_BYTES):
                self._digest.update(block)
                yield len(block)

    def hexdigest(self) -> str:
        """The hash in hex, once all blocks were read."""
        return self._digest.hexdigest()
