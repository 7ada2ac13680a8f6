"""Copies the files of a plan, hashing every byte on its way; goes on where an earlier run ended."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from backends.errors import (
    BadCopyError,
    ImportChangedError,
    SourceUnreadableError,
    TargetUnwritableError,
    system_reason,
)
from backends.events import JobProgress, JobStep
from backends.files.partial_folder import SUFFIX
from backends.files.plain_file import open_plain
from backends.files.sequential import forget
from backends.operating_system import NO_LINK, long_path
from baichuan_desktop.services.library.finding.values import SourceFile
from baichuan_desktop.services.library.importing.journal import FILES, Journal, Written
from baichuan_desktop.services.library.importing.values import Resumed

if TYPE_CHECKING:
    from hashlib import _Hash

#: Read and written at once; a person who pauses or cancels waits for so much.
_BLOCK_BYTES = 4 * 2**20
#: What a kill may cost: after so many bytes of a file they are synced, and noted.
CHUNK_BYTES = 256 * 2**20
_NOTHING = Written(0, "")


class Copying:
    """Brings the files of a journal's plan into `<partial>/model`."""

    def __init__(
        self, partial: Path, journal: Journal, cancel: threading.Event, *, chunk_bytes: int
    ) -> None:
        self._folder = partial / FILES
        self._journal = journal
        self._cancel = cancel
        self._chunk_bytes = chunk_bytes
        self._done = 0  # bytes of the files before the one that is copied
        self._total = journal.plan.total_bytes

    def copy(self) -> Iterator[JobProgress | Resumed]:
        """Copy what is not there yet; ends early once the event is set.

        Raises ImportBrokenError; the journal knows what is there then.
        """
        files = self._journal.plan.files
        with writing(self._folder):
            long_path(self._folder).mkdir(exist_ok=True)
        begun = [self._usable(file) for file in files]
        kept = [(one.size, file.size) for one, file in zip(begun, files, strict=True) if one]
        if kept:
            again = sum(size for size, whole in kept if size < whole)
            yield Resumed(sum(size for size, _ in kept), again)
        yield self._progress(0)
        for file, written in zip(files, begun, strict=True):
            if written is None or written.size < file.size:
                yield from self._copy(file, written or _NOTHING)
            if self._cancel.is_set():
                return
            self._done += file.size
            yield self._progress(0)

    def check(self) -> Iterator[JobProgress]:
        """Read the copy back and compare it with what was written; ends early as `copy` does.

        Raises BadCopyError, TargetUnwritableError.
        """
        done = 0
        for file in self._journal.plan.files:
            copy, digest = self._place(file), hashlib.sha256()
            with writing(copy), open_plain(copy, os.O_RDONLY | NO_LINK) as stream:
                forget(stream)
                while block := stream.read(_BLOCK_BYTES):
                    digest.update(block)
                    done += len(block)
                    if self._cancel.is_set():
                        return
                    yield JobProgress(JobStep.CHECK, done, self._total)
            if digest.hexdigest() != self._journal.written[file.name].sha256:
                raise BadCopyError(copy)
        with writing(self._folder):
            self._journal.note_checked()

    def _place(self, file: SourceFile) -> Path:
        return self._folder.joinpath(*file.name.split("/"))

    def _progress(self, at: int) -> JobProgress:
        return JobProgress(JobStep.WRITE, self._done + at, self._total)

    def _usable(self, file: SourceFile) -> Written | None:
        """What of an earlier run's file can be gone on from, as far as its size tells."""
        written = self._journal.written.get(file.name)
        try:
            size = long_path(self._place(file)).lstat().st_size
        except OSError:
            return None
        return written if written and written.size <= min(size, file.size) else None

    def _copy(self, file: SourceFile, begun: Written) -> Iterator[JobProgress]:
        place, digest = self._place(file), hashlib.sha256()
        with writing(place):  # the folder itself is not made anew where its drive has gone
            for name in reversed(place.relative_to(self._folder).parents[:-1]):
                inner = long_path(self._folder / name)
                inner.mkdir(exist_ok=True)
                if inner.is_symlink():
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(inner))
        if begun.size:
            yield from self._read_again(place, begun.size, digest)
            if digest.hexdigest() != begun.sha256:  # a cancel, or a drive that lost it
                digest, begun = hashlib.sha256(), _NOTHING
        if self._cancel.is_set():
            return
        with reading(file.file):
            source = open_plain(file.file, os.O_RDONLY | NO_LINK)
        with source:
            _require_unchanged(file, source)
            yield from self._pass_on(file, source, place, digest, begun.size)
            _require_unchanged(file, source)

    def _read_again(self, place: Path, count: int, digest: _Hash) -> Iterator[JobProgress]:
        """Hash the first bytes of a file that an earlier run wrote."""
        at = 0
        with writing(place), open_plain(place, os.O_RDONLY | NO_LINK) as stream:
            while at < count and (block := stream.read(min(_BLOCK_BYTES, count - at))):
                digest.update(block)
                at += len(block)
                if self._cancel.is_set():
                    return
                yield self._progress(at)

    def _pass_on(
        self, file: SourceFile, source: BinaryIO, place: Path, digest: _Hash, at: int
    ) -> Iterator[JobProgress]:
        """Write what follows byte `at` of the source, and note it chunk by chunk."""
        with reading(file.file):
            source.seek(at)
        flags = os.O_WRONLY | os.O_CREAT | NO_LINK
        with writing(place), open_plain(place, flags) as target:
            kept = at
            try:
                os.ftruncate(target.fileno(), at)
                target.seek(at)
                while at < file.size and not self._cancel.is_set():
                    with reading(file.file):
                        block = source.read(min(_BLOCK_BYTES, file.size - at))
                    if not block:
                        raise ImportChangedError(file.file)
                    target.write(block)
                    digest.update(block)
                    at += len(block)
                    if at - kept >= self._chunk_bytes and at < file.size:
                        kept = self._note(file, target, at, digest)
                    yield self._progress(at)
                self._note(file, target, at, digest)
            except OSError:
                with contextlib.suppress(OSError):  # a full drive gets back what does not count
                    os.ftruncate(target.fileno(), kept)
                raise

    def _note(self, file: SourceFile, target: BinaryIO, at: int, digest: _Hash) -> int:
        target.flush()
        os.fsync(target.fileno())
        self._journal.note(file.name, Written(at, digest.hexdigest()))
        return at


@contextlib.contextmanager
def reading(file: Path) -> Iterator[None]:
    """Raise an OSError of reading `file` of a source as an ImportBrokenError."""
    try:
        yield
    except OSError as error:
        raise SourceUnreadableError(file, system_reason(error)) from error


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """Raise an OSError of writing to `place`, or of reading it back, as an ImportBrokenError."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise TargetUnwritableError(
                place,
                system_reason(error),
                hint="The drive, or a limit that is set here, allows no file of this size. A "
                "drive formatted as FAT32 holds files of less than 4 GiB: choose another one.",
            ) from error
        grown = next((one for one in place.parents if one.name.endswith(SUFFIX)), place)
        raise TargetUnwritableError(grown.parent, system_reason(error)) from error


def _require_unchanged(file: SourceFile, source: BinaryIO) -> None:
    status = os.fstat(source.fileno())
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
        raise ImportChangedError(file.file)
