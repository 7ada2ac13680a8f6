"""The files of a model's folder, and which of them may be opened.

Files of a cache are links to its blobs, see `own_files`. Nothing else that a link leads to outside
of the folder is opened.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from backends.errors import system_reason
from backends.files.downloads import BOOKKEEPING, TEMPORARY
from backends.files.own_files import belongs
from backends.files.plain_file import open_plain
from backends.operating_system import NO_LINK, long_path
from backends.phrases import Phrase
from baichuan_desktop.services.library.integrity.values import stamp_of
from baichuan_desktop.services.library.registry import InstalledAdapter, Listed

_MOST_FILES: Final = 20_000  # a published model has fifteen
_MOST_FOLDERS: Final = 1_000
_MOST_LEVELS: Final = 8

#: What tools that download keep in a folder, and change as they like.
_NOT_ENTERED: Final = frozenset({".git", ".cache", ".lock", TEMPORARY})
#: What they and file managers leave beside the files.
_NOT_THE_MODELS: Final = frozenset({*BOOKKEEPING, ".ds_store", "thumbs.db", "desktop.ini"})

#: Device and number of a file, which all its names share.
Identity = tuple[int, int]
#: Bytes of files, each once, however many names lead to it.
Sizes = Mapping[Identity, int]


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A name in a model's folder."""

    name: str  #: path in the folder, with “/”
    file: Path  #: where its bytes lie, links followed
    size: int = 0
    mtime_ns: int = 0
    is_link: bool = False
    refusal: Phrase | None = None  #: why it is not opened: it ends a sentence on the file
    identity: Identity = (0, 0)  #: of what it leads to; nothing of one that is refused

    def open(self) -> BinaryIO:
        """The file, for reading; another link in its place is not followed. Raises OSError."""
        return open_plain(self.file, os.O_RDONLY | NO_LINK)


def files_of(folder: Path, *, is_flat: bool = False) -> Mapping[str, FolderFile]:
    """The files of a model by their paths in its folder; `is_flat` enters no folder in it.

    Raises OSError where the folder is not there or cannot be looked through.
    """
    try:
        real = folder.resolve(strict=True)
    except RuntimeError as error:  # links in a circle
        raise OSError(str(error)) from error
    return {one.name: one for one in _files_in(real, is_flat=is_flat)}


def files_of_listed(one: Listed) -> Mapping[str, FolderFile]:
    """The files of what is listed. Raises OSError.

    Folders in an adapter's are none of it: training leaves others there, with all that it keeps.
    """
    return files_of(one.path, is_flat=isinstance(one, InstalledAdapter))


def folder_stamp(folder: Path) -> str:
    """Names, sizes and times of all files of a model as one word. Raises OSError."""
    return stamp(files_of(folder))


def stamp_of_listed(one: Listed) -> str:
    """The same of the files of what is listed. Raises OSError."""
    return stamp(files_of_listed(one))


def stamp(files: Mapping[str, FolderFile]) -> str:
    """The same of files that were looked for already."""
    found = (one for one in files.values() if one.refusal is None)
    return stamp_of((one.name, one.size, one.mtime_ns) for one in found)


def sizes_of(files: Mapping[str, FolderFile]) -> Sizes:
    """What files take that were looked for already."""
    return {one.identity: one.size for one in files.values() if one.refusal is None}


def _files_in(folder: Path, *, is_flat: bool) -> Iterator[FolderFile]:
    pending, count = [(folder, "", 0)], 0
    for place, prefix, level in pending:  # which grows meanwhile
        if len(pending) > _MOST_FOLDERS or level > _MOST_LEVELS:
            raise _too_many(folder)
        try:
            entries = os.scandir(long_path(place))
        except OSError as error:
            if not prefix:
                raise
            yield FolderFile(prefix.rstrip("/"), place, refusal=cannot_be_read(error))
            continue
        with entries:
            for entry in entries:
                count += 1
                if count > _MOST_FILES:
                    raise _too_many(folder)
                name = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not is_flat and entry.name not in _NOT_ENTERED:
                        pending.append((place / entry.name, f"{name}/", level + 1))
                elif entry.name.lower() not in _NOT_THE_MODELS:
                    yield _looked_at(name, place / entry.name, folder)


def _too_many(folder: Path) -> OSError:
    """What is not looked at cannot be verified: so nothing of it is."""
    return OSError(errno.E2BIG, "it holds more files or folders than any model", str(folder))


def _looked_at(name: str, file: Path, folder: Path) -> FolderFile:
    is_link = False
    try:
        status = long_path(file).lstat()
        is_link = stat.S_ISLNK(status.st_mode)
        if is_link:
            file = file.resolve(strict=True)
            if not belongs(file, folder):
                what = Phrase("is a link to a place outside of the model's folder")
                return FolderFile(name, file, is_link=True, refusal=what)
            status = long_path(file).stat()
    except FileNotFoundError:
        what = Phrase("is a link to what is not there")
        return FolderFile(name, file, is_link=is_link, refusal=what)
    except (OSError, RuntimeError, ValueError) as error:
        reason = error if isinstance(error, OSError | ValueError) else OSError(str(error))
        return FolderFile(name, file, is_link=is_link, refusal=cannot_be_read(reason))
    if not stat.S_ISREG(status.st_mode):
        what = Phrase("is no ordinary file")
        return FolderFile(name, file, is_link=is_link, refusal=what)
    identity = (status.st_dev, status.st_ino)
    return FolderFile(name, file, status.st_size, status.st_mtime_ns, is_link, identity=identity)


def cannot_be_read(error: OSError | ValueError) -> Phrase:
    """What the system says of a file: it ends a sentence on it."""
    return Phrase("cannot be read ({reason})", reason=system_reason(error))
