"""A file of data, read once from its beginning to its end, and hashed on the way.

Of a zip that this app exported, the parts are given one by one; nothing is unpacked.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from ...errors import TrainingDataError
from ...files.plain_file import open_plain
from ...files.small_files import not_read
from ...phrases import Phrase

_PIECE_BYTES: Final = 2**20
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")  # how one begins; one without members
_PARTS: Final = "conversations/"  #: the folder of the conversations in a zip
_MOST_MEMBERS: Final = 100_000
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,  # it is encrypted
    ValueError,
)

#: Gives the next bytes, at most so many; none at the end.
Read = Callable[[int], bytes]


class OpenData:
    """A file that is read. Its hash is of what was read, all of it once `parts` has ended."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self.path = path
        self.done_bytes = 0
        self.size = os.fstat(stream.fileno()).st_size  #: bytes
        self._stream = stream
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The hash in hex."""
        return self._digest.hexdigest()

    def parts(self) -> Iterator[tuple[Path, Read]]:
        """What is read one after the other: the file, or each part of a zip by its name.

        Raises TrainingDataError.
        """
        with self._reading():
            is_zip = self._stream.read(4).startswith(_ZIP)
            self._stream.seek(0)
        if is_zip:
            yield from self._members()
        else:
            yield self.path, self._read

    def _read(self, size: int) -> bytes:
        with self._reading():
            data = self._stream.read(size) or b""
        self._digest.update(data)
        self.done_bytes += len(data)
        return data

    def _members(self) -> Iterator[tuple[Path, Read]]:
        while self._read(_PIECE_BYTES):
            pass
        self.done_bytes = 0
        with self._reading(), contextlib.ExitStack() as stack:
            try:
                archive = stack.enter_context(zipfile.ZipFile(self._stream))
                members = [one for one in archive.infolist() if _is_part(one)]
            except _DAMAGED as error:
                raise TrainingDataError(self.path, Phrase("its zip is damaged")) from error
            if not 0 < len(members) <= _MOST_MEMBERS:
                raise TrainingDataError(
                    self.path, Phrase("it is a zip, and none of conversations that this app wrote")
                )
            for one in members:
                yield self.path / one.filename, self._reader(archive, one)
                self.done_bytes += one.compress_size

    def _reader(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Read:
        opened: list[zipfile.ZipExtFile] = []

        def read(size: int) -> bytes:
            try:
                if not opened:
                    opened.append(archive.open(member))  # type: ignore[arg-type]  # binary
                return opened[0].read(size)
            except _DAMAGED as error:
                raise TrainingDataError(
                    self.path, Phrase("“{name}” in its zip is damaged", name=member.filename)
                ) from error

        return read

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TrainingDataError(self.path, not_read(error)) from error


def _is_part(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    return (
        name.startswith(_PARTS)
        and name.endswith(".json")
        and ".." not in name
        and member.compress_type in _METHODS
    )


@contextlib.contextmanager
def opened(path: Path) -> Iterator[OpenData]:
    """A file of data, open; what is no plain file is not waited for. Raises TrainingDataError."""
    try:
        stream = open_plain(path.expanduser())
    except (OSError, ValueError, RuntimeError) as error:
        what = not_read(error) if isinstance(error, OSError) else Phrase("no file is called so")
        raise TrainingDataError(path, what) from error
    with stream:
        yield OpenData(stream, path)
