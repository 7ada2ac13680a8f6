"""Files that belong to the model in whose folder they lie, links followed to their end.

A stranger's folder may hold a link to a file of this machine that is nobody else's business.
Hugging Face's cache keeps every file of `models--O--N/snapshots/<commit>/` elsewhere, named by its
hash: in `models--O--N/blobs/`, or shared between models in `blobs/<2 digits>/` of the cache. These
places are told by where the folder really lies, and no link of a stranger can move them. A hard
link is not told from the file itself; whoever makes one has that file already.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import BinaryIO

from ..operating_system import NO_LINK, long_path
from .plain_file import open_plain

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9a-f]{2}")


class ForeignFileError(OSError):
    """A name in a model's folder that leads to a file of somebody else."""


def open_own(file: Path) -> BinaryIO:
    """A file of the model in whose folder it lies, open for reading.

    Raises ForeignFileError for a link that leads out of the model, and any other OSError.
    """
    file = long_path(file)  # what a link leads to is then told in the same form
    real = _end_of_links(file)
    if not belongs(real, file.parent.resolve()):
        raise ForeignFileError(errno.EXDEV, "it is a link to a file outside of the folder")
    return open_plain(real, os.O_RDONLY | NO_LINK)  # it may have become a link since


def read_own(file: Path, most_bytes: int) -> bytes:
    """The content of such a file. Raises OSError, also for one that is larger."""
    with open_own(file) as stream:
        data = stream.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, "it is implausibly large")
    return data


def _end_of_links(file: Path) -> Path:
    try:
        return file.resolve(strict=True)
    except RuntimeError as error:  # links in a circle, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


def belongs(real: Path, folder: Path) -> bool:
    """Whether a file, at the end of its links, is one of the model in `folder`, without links."""
    if real.is_relative_to(folder):
        return True
    for parent in folder.parents:
        if parent.name == "snapshots":
            repository, place = parent.parent, real.parent
            is_shared = place.parent == repository.parent / "blobs" and _DIGITS.fullmatch(
                place.name
            )
            is_a_blob = place == repository / "blobs" or is_shared
            return bool(is_a_blob and _HASH.fullmatch(real.name))
    return False
