"""The archive of a backup: files that are stored as they are, and a list of them with hashes.

Nothing in it is compressed, so that it is as large as it says, and its names are a fixed few.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from backends.errors import NewerBackupError, NotABackupError, system_reason
from backends.files.plain_file import open_plain
from backends.files.zip_entries import (
    STORED,
    Entry,
    IncompleteZipError,
    ZipError,
    data_offset,
    read_directory,
)
from backends.operating_system import long_path
from backends.phrases import Phrase
from baichuan_desktop.services.own_data import manifest
from baichuan_desktop.services.own_data.values import Contents, Member, Part, Progress

_CHUNK_BYTES: Final = 2**20


class CancelledError(Exception):
    """The person does not want it any more."""


class Work:
    """How far it has come, and whether it is still wanted.

    Args:
        on_progress: Told of each step.
        cancel: Set once it is not wanted any more.
    """

    def __init__(self, on_progress: Progress, cancel: threading.Event | None) -> None:
        self._on_progress = on_progress
        self._cancel = cancel
        self.total = 0  #: bytes in all
        self._done = 0

    def advance(self, count: int) -> None:
        """So many bytes more are done. Raises CancelledError."""
        self.require_wanted()
        self._done += count
        self._on_progress(min(self._done, self.total), self.total)

    def require_wanted(self) -> None:
        """Raise CancelledError if the person does not want it any more."""
        if self.is_cancelled():
            raise CancelledError

    def is_cancelled(self) -> bool:
        """Whether the person does not want it any more."""
        return self._cancel is not None and self._cancel.is_set()


# --- writing ---------------------------------------------------------------------------------


def write(file: Path, parts: Mapping[Part, Path], facts: Contents, work: Work) -> Contents:
    """Write an archive, which must not be there yet, of files; what it says of itself.

    Raises OSError, CancelledError.
    """
    now = max(time.gmtime(facts.made)[:6], (1980, 1, 1, 0, 0, 0))
    members: dict[Part, Member] = {}
    descriptor = os.open(long_path(file), os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    with os.fdopen(descriptor, "w+b") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for part, source in parts.items():
                entry = _entry(part.value, now)
                with (
                    open_plain(source) as data,
                    archive.open(entry, "w", force_zip64=True) as target,
                ):
                    members[part] = _copied(data, target, work)
            contents = Contents(
                facts.version, facts.app, facts.made, members, facts.conversations, facts.messages
            )
            archive.writestr(_entry(manifest.NAME, now), manifest.written(contents))
        stream.flush()
        os.fsync(stream.fileno())
    return contents


_BINARY: Final = getattr(os, "O_BINARY", 0)


def _entry(name: str, when: tuple[int, ...]) -> zipfile.ZipInfo:
    year, month, day, hour, minute, second = when
    entry = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
    entry.external_attr = 0o600 << 16
    return entry


def _copied(source: BinaryIO, target: object, work: Work) -> Member:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK_BYTES):
        target.write(chunk)  # type: ignore[attr-defined]  # a stream of zipfile's
        digest.update(chunk)
        size += len(chunk)
        work.advance(len(chunk))
    return Member(size, digest.hexdigest())


# --- reading ---------------------------------------------------------------------------------


class Archive:
    """An archive that is open, with the list of what it holds."""

    def __init__(self, file: Path, stream: BinaryIO) -> None:
        """Raises NotABackupError, NewerBackupError, OSError."""
        self._file = file
        self._stream = stream
        try:
            self._entries = read_directory(stream)
            self.contents = manifest.read(self._list())
            for entry in self._entries.values():
                manifest.require_known(entry.name)
                _require_plain(entry)
            for part, member in self.contents.parts.items():
                self._require(part, member)
            unlisted = [name for name in self._entries if name != manifest.NAME]
            if len(unlisted) != len(self.contents.parts):
                raise _wrong(Phrase("it holds more than its list says"))
        except IncompleteZipError as error:
            what = Phrase("it is no archive, or only a part of one")
            raise NotABackupError(file, what) from error
        except ZipError as error:
            raise NotABackupError(file, error.what) from error
        except manifest.WrongManifestError as error:
            raise NotABackupError(file, error.what) from error
        except manifest.NewerManifestVersionError as error:
            raise NewerBackupError(file) from error

    def _list(self) -> bytes:
        entry = self._entries.get(manifest.NAME)
        if entry is None:
            raise _wrong(Phrase("it has no list of what it holds"))
        _require_plain(entry)
        if entry.size > manifest.MOST_BYTES:
            raise _wrong(Phrase("its list is implausibly large"))
        self._stream.seek(data_offset(self._stream, entry))
        return self._stream.read(entry.size)

    def _require(self, part: Part, member: Member) -> None:
        entry = self._entries.get(part.value)
        if entry is None:
            raise _wrong(Phrase("“{name}” is missing in it", name=part.value))
        if entry.size != member.size:
            raise _wrong(Phrase("“{name}” is not as large as its list says", name=part.value))

    def copy(self, part: Part, target: Path | None, work: Work) -> None:
        """Read a part, into a file if one is named, and verify it.

        Raises NotABackupError, OSError, CancelledError.
        """
        entry, member = self._entries[part.value], self.contents.parts[part]
        try:
            self._stream.seek(data_offset(self._stream, entry))
        except ZipError as error:
            raise NotABackupError(self._file, error.what) from error
        digest, left = hashlib.sha256(), member.size
        with long_path(target or Path(os.devnull)).open("wb") as copied:
            while left > 0 and (chunk := self._stream.read(min(left, _CHUNK_BYTES))):
                copied.write(chunk)
                digest.update(chunk)
                left -= len(chunk)
                work.advance(len(chunk))
        if left or digest.hexdigest() != member.sha256:
            what = Phrase("“{name}” is not what was written", name=part.value)
            raise NotABackupError(self._file, what)


def _require_plain(entry: Entry) -> None:
    if entry.is_encrypted or entry.method != STORED:
        what = Phrase("“{name}” is encrypted or compressed, as in no backup", name=entry.name)
        raise manifest.WrongManifestError(what)


def _wrong(what: Phrase) -> manifest.WrongManifestError:
    return manifest.WrongManifestError(what)


@contextmanager
def opened(file: Path) -> Iterator[Archive]:
    """An archive to read. Raises NotABackupError, NewerBackupError."""
    try:
        stream = open_plain(file)
    except (OSError, ValueError) as error:
        what = Phrase("it cannot be read ({reason})", reason=system_reason(error))
        raise NotABackupError(file, what) from error
    with stream:
        try:
            archive = Archive(file, stream)
        except OSError as error:
            what = Phrase("it cannot be read ({reason})", reason=system_reason(error))
            raise NotABackupError(file, what) from error
        yield archive
