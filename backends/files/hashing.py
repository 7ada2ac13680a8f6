"""Files that are read as they are: a part at a time, hashed, and watched for changes.

A copy is made from such files; errors of reading them are told apart from those of writing it.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from ..errors import JobError, SourceChangedError
from ..events import JobProgress, JobStep
from ..phrases import Phrase
from .small_files import open_file
from .tensor_files import TensorRecord

_HASH_BYTES = 16 * 2**20


def read_bytes(record: TensorRecord, begin: int, count: int) -> bytes:
    """A part of a tensor as it lies on disk. Raises JobError."""
    with reading(record.file), open_file(record.file) as stream:
        stream.seek(record.offset + begin)
        data = stream.read(count)
    if len(data) != count:
        raise SourceChangedError(record.file)
    return data


def hash_weights(files: Iterable[Path]) -> Generator[JobProgress, None, dict[str, str]]:
    """The hashes of files by their names, as a manifest has them. Raises JobError."""
    sizes = {file: stamp(file)[0] for file in files}
    total, done = sum(sizes.values()), 0
    hashes: dict[str, str] = {}
    for file in sizes:
        hashing = Sha256(file)
        with reading(file):
            for count in hashing:
                done += count
                yield JobProgress(JobStep.HASH, done, total)
        hashes[file.name] = hashing.hexdigest()
    return hashes


def stamp(file: Path) -> tuple[int, int]:
    """Size in bytes and time in ns, which change with the file. Raises JobError."""
    with reading(file):
        status = file.stat()
    return status.st_size, status.st_mtime_ns


@contextlib.contextmanager
def reading(file: Path) -> Iterator[None]:
    """Have what the system says of a file raise JobError."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceChangedError(file) from error
    except OSError as error:
        raise JobError(
            "“{file}” cannot be read: {reason}.",
            hint="Check the drive, and your rights to the file.",
            file=file.name,
            reason=Phrase("{text}", text=error.strerror or str(error)),
        ) from error


class Sha256:
    """The hash of a file, block by block: a person may stop a job in the middle of 10 GB."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[int]:
        """The bytes of each block, once it is read."""
        with open_file(self._file) as stream:
            while block := stream.read(_HASH_BYTES):
                self._digest.update(block)
                yield len(block)

    def hexdigest(self) -> str:
        """The hash, when all blocks were read."""
        return self._digest.hexdigest()
