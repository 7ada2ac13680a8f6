"""Zip archives that strangers made: entries by name, in memory, up to a sum of bytes."""

from __future__ import annotations

import io
import zipfile
import zlib
from posixpath import dirname, join, normpath, split
from typing import Final
from urllib.parse import unquote

from backends.errors import DamagedDocumentError, DocumentTooLargeError, EncryptedDocumentError
from backends.phrases import Phrase
from baichuan_desktop.services.documents.formats.source import Source

#: What zipfile raises over an archive whose records are wrong.
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)
_ENCRYPTED = 0x0001
_SMALL = 1_000_000  # bytes: what unpacks to less may be packed as tightly as it likes
_MEGABYTE = 1_000_000


class Archive:
    """The entries of a document that is a zip archive. Nothing is written anywhere."""

    def __init__(self, source: Source) -> None:
        """Raises DocumentError."""
        self.source = source
        self._left = source.limits.unpacked_bytes
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(source.data))
        except _BROKEN as error:
            raise self._damaged() from error
        count = len(self._zip.infolist())
        if count > source.limits.entries:
            what = Phrase(
                "it has {count} files in it, and at most {most} are read",
                count=count,
                most=source.limits.entries,
            )
            raise DocumentTooLargeError(source.name, what)

    def names(self) -> list[str]:
        """The names of all entries."""
        return self._zip.namelist()

    def has(self, name: str) -> bool:
        """Whether there is such an entry."""
        return name in self._zip.NameToInfo

    def read(self, name: str) -> bytes:
        """The bytes of an entry. Raises DocumentError, also where there is none."""
        info = self._zip.NameToInfo.get(name)
        if info is None:
            raise DamagedDocumentError(
                self.source.name, Phrase("“{entry}” is missing in it", entry=name)
            )
        if info.flag_bits & _ENCRYPTED:
            raise EncryptedDocumentError(self.source.name)
        ratio = self.source.limits.ratio
        if info.file_size > max(_SMALL, ratio * info.compress_size):
            what = Phrase(
                "“{entry}” in it unpacks to more than {count} times its size",
                entry=name,
                count=ratio,
            )
            raise DocumentTooLargeError(self.source.name, what)
        try:
            with self._zip.open(info) as stream:
                data = stream.read(self._left + 1)
        except _BROKEN as error:
            raise self._damaged() from error
        self._left -= len(data)
        if self._left < 0:
            what = Phrase(
                "it unpacks to more than {count} MB",
                count=self.source.limits.unpacked_bytes // _MEGABYTE,
            )
            raise DocumentTooLargeError(self.source.name, what)
        return data

    def _damaged(self) -> DamagedDocumentError:
        return DamagedDocumentError(self.source.name, "it is no zip archive that can be read")


def entry_at(base: str, target: str) -> str:
    """The entry that a link in the entry `base` leads to."""
    target = unquote(target.partition("#")[0])
    if target.startswith("/"):
        return normpath(target).lstrip("/")
    return normpath(join(dirname(base), target))


def links_of(base: str) -> str:
    """The entry with the links of an entry of an Office file."""
    folder, name = split(base)
    return join(folder, "_rels", f"{name}.rels")
