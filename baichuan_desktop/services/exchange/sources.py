"""A file, a zip or a folder that a person chose, read within limits; nothing is unpacked.

Names in a zip are names alone: no file of such a name is ever opened or made. In a folder, what is
a link, or no ordinary file, is passed over.
"""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from typing_extensions import override

from backends.errors import DamagedExportError, LargeExportError, system_reason
from backends.files.plain_file import open_plain
from backends.operating_system import long_path
from backends.phrases import Phrase

MIB: Final = 2**20
MOST_MEMBER_BYTES: Final = 256 * MIB  #: of one file
MOST_TOTAL_BYTES: Final = 1024 * MIB  #: of all that are read
_MOST_MEMBERS: Final = 100_000
_MOST_DIRECTORY_BYTES: Final = 8 * MIB  #: of the list of a zip's members
_DEEPEST_FOLDER: Final = 4
_READ_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a source."""

    name: str  #: with the folders that it lies in, divided by “/”
    size: int  #: bytes, as it is said to have


class Source:
    """What the person chose, open. Close it.

    Raises:
        DamagedExportError: It cannot be opened.
        LargeExportError: It has more members than are looked at.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_bytes = 0
        self._archive: zipfile.ZipFile | None = None
        self._file: IO[bytes] | None = None
        self._files: dict[str, Path] = {}
        try:
            self._members = self._open()
        except LargeExportError:
            raise
        except (OSError, ValueError) as error:
            raise DamagedExportError(path, system_reason(error)) from error
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as error:
            raise DamagedExportError(path, Phrase("its zip is damaged")) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._archive is not None:
            self._archive.close()
        if self._file is not None:
            self._file.close()

    @property
    def members(self) -> Sequence[Member]:
        """All files of it, by name; one alone has its own name."""
        return self._members

    def read(self, member: Member) -> bytes:
        """The content of a member.

        Raises:
            DamagedExportError, LargeExportError: It cannot be read, or not within the limits.
        """
        if member.size > MOST_MEMBER_BYTES:
            raise self._too_large(member)
        try:
            with self._stream(member) as stream:
                data = stream.read(MOST_MEMBER_BYTES + 1)
        except (OSError, ValueError) as error:
            raise DamagedExportError(self.path, system_reason(error)) from error
        except (zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise DamagedExportError(self.path, Phrase("its zip is damaged")) from error
        if len(data) > MOST_MEMBER_BYTES:
            raise self._too_large(member)
        self._read_bytes += len(data)
        if self._read_bytes > MOST_TOTAL_BYTES:
            raise LargeExportError(
                self.path,
                Phrase("its files have more than {most} MiB", most=MOST_TOTAL_BYTES // MIB),
            )
        return data

    def _too_large(self, member: Member) -> LargeExportError:
        what = Phrase(
            "“{name}” has more than {most} MiB", name=member.name, most=MOST_MEMBER_BYTES // MIB
        )
        return LargeExportError(self.path, what)

    # --- inside -------------------------------------------------------------------------------

    def _open(self) -> list[Member]:
        if long_path(self.path).is_dir():
            return self._in_folder()
        stream = open_plain(self.path)
        try:
            if stream.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
                size = os.fstat(stream.fileno()).st_size
                stream.close()
                self._files[self.path.name] = self.path
                return [Member(self.path.name, size)]
            self._archive = zipfile.ZipFile(_Bounded(stream, self.path))
            self._file = stream
        except BaseException:
            stream.close()
            raise
        infos = [one for one in self._archive.infolist() if not one.is_dir()]
        if len(infos) > _MOST_MEMBERS:
            raise _many(self.path)
        return _once(Member(one.filename, one.file_size) for one in infos)

    def _in_folder(self) -> list[Member]:
        found: list[Member] = []
        pending = [(self.path, "", 0)]
        looked = 0
        while pending:
            folder, before, depth = pending.pop()
            with os.scandir(long_path(folder)) as entries:
                for entry in entries:
                    looked += 1
                    if looked > _MOST_MEMBERS:
                        raise _many(self.path)
                    name = before + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if depth < _DEEPEST_FOLDER:
                            pending.append((folder / entry.name, name + "/", depth + 1))
                    elif entry.is_file(follow_symlinks=False):
                        found.append(Member(name, entry.stat(follow_symlinks=False).st_size))
                        self._files[name] = folder / entry.name
        return sorted(found, key=lambda one: one.name)

    def _stream(self, member: Member) -> contextlib.AbstractContextManager[IO[bytes]]:
        if self._archive is None:
            return open_plain(self._files[member.name])
        info = self._archive.getinfo(member.name)
        if info.flag_bits & 0x1:
            raise DamagedExportError(self.path, Phrase("it is encrypted"))
        if info.compress_type not in _READ_METHODS:
            raise DamagedExportError(
                self.path, Phrase("“{name}” is packed in a way that is not read", name=member.name)
            )
        try:
            return self._archive.open(info)
        except (RuntimeError, NotImplementedError) as error:
            raise zipfile.BadZipFile(str(error)) from error


class _Bounded(io.RawIOBase):
    """A zip's file of which no read is longer than a list of members may be.

    A zip says itself how long its list is, and it is read in one go.
    """

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream, self._path = stream, path

    @override
    def read(self, size: int = -1, /) -> bytes:
        if size is None or size < 0:
            size = _MOST_DIRECTORY_BYTES + 1
            data = self._stream.read(size)
            if len(data) == size:
                raise _many(self._path)
            return data
        if size > _MOST_DIRECTORY_BYTES:
            raise _many(self._path)
        return self._stream.read(size)

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    @override
    def tell(self) -> int:
        return self._stream.tell()

    @override
    def seekable(self) -> bool:
        return True

    @override
    def readable(self) -> bool:
        return True

    @override
    def close(self) -> None:
        self._stream.close()
        super().close()


def _once(members: Iterator[Member]) -> list[Member]:
    """Each name once: of two that are the same, a zip gives the last one."""
    named = {one.name: one for one in members}
    return [named[name] for name in sorted(named)]


def _many(path: Path) -> LargeExportError:
    return LargeExportError(path, Phrase("it has more than {most} files", most=_MOST_MEMBERS))
