"""The licences that lie in a model's own folder, read as a stranger's files are."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.errors import system_reason
from backends.files.own_files import open_own, read_own
from backends.licences.licence_files import licence_names
from backends.phrases import Phrase

_MOST_TEXT_BYTES = 1_000_000  # the Apache License has 11 KB
_MOST_BYTES = 64_000_000  #: of a file that only gets its hash; the published PDFs have 0.2 MB
_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class LicenceFile:
    """A licence, or a notice, of a folder."""

    path: Path
    sha256: str  #: of its bytes
    text: str | None  #: what it says; None of one that is no text, such as a PDF


@dataclass(frozen=True, slots=True)
class FolderLicences:
    """The licences of a folder, and those that cannot be read."""

    files: Sequence[LicenceFile]
    unread: Sequence[Phrase]  #: a sentence each


def folder_licences(folder: Path) -> FolderLicences:
    """The licences and notices in `folder`, in the order of their names. Raises nothing."""
    files: list[LicenceFile] = []
    unread: list[Phrase] = []
    for name in licence_names(folder):
        try:
            files.append(_read(folder / name))
        except OSError as error:
            unread.append(
                Phrase(
                    "“{file}” in the model's folder cannot be read: {reason}.",
                    file=name,
                    reason=Phrase("{text}", text=system_reason(error)),
                )
            )
    return FolderLicences(files, unread)


def _read(file: Path) -> LicenceFile:
    """A licence file. Raises OSError."""
    if file.suffix.lower() == ".pdf":
        return LicenceFile(file, _hash(file), None)
    data = read_own(file, _MOST_TEXT_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    return LicenceFile(file, digest, _decoded(data))


def _hash(file: Path) -> str:
    """The SHA-256 of a file that is not shown. Raises OSError."""
    digest = hashlib.sha256()
    left = _MOST_BYTES
    with open_own(file) as stream:
        while block := stream.read(min(_BLOCK, left + 1)):
            digest.update(block)
            left -= len(block)
            if left < 0:
                raise OSError("it is implausibly large")
    return digest.hexdigest()


def _decoded(data: bytes) -> str | None:
    """A text in one of the encodings that Chinese texts lie in; None for what is none."""
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf_16 else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None
