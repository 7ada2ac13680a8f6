"""The small files that a copy takes over from its source: only what belongs to the source.

A stranger's folder may hold a link to a file of this machine that is nobody else's business, and
what is taken into a copy is published with it. So a side file is taken where its content lies in
the model's own folder, links followed to their end. Hugging Face's cache keeps every file of
`models--O--N/snapshots/<commit>/` elsewhere, named by its hash: in `models--O--N/blobs/`, or shared
between models in `blobs/<2 digits>/` of the cache. These places are told by where the folder really
lies, and no link of a stranger can move them. Everything else is refused and not left out: a copy
without one of its files might answer in another way. A hard link is not told from the file itself;
whoever makes one has that file already.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import JobError
from ..files.hashing import reading
from ..files.plain_file import open_plain
from ..operating_system import NO_LINK, long_path

SIDE_FILES = (
    "generation_config.json", "tokenizer.model", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json",
)  # fmt: skip

_MAX_BYTES = 64_000_000
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9a-f]{2}")


def read_side_files(folder: Path) -> Mapping[str, bytes]:
    """The contents of those of `SIDE_FILES` that a model has, by name. Raises JobError."""
    found: dict[str, bytes] = {}
    for file in (folder / name for name in SIDE_FILES):
        with reading(file):
            is_there = long_path(file).exists()
        if is_there:
            found[file.name] = read_own_file(file)
    return found


def read_own_file(file: Path) -> bytes:
    """The content of a file that belongs to the model in whose folder it lies. Raises JobError."""
    file = long_path(file)  # what a link leads to is then told in the same form
    with reading(file):
        real = _end_of_links(file)
        if not _belongs(real, file.parent.resolve()):
            raise JobError(
                "“{file}” is a link to a file outside of the model's folder.",
                hint="A copy takes in nothing from there. Put the file itself in the place of the "
                "link, and try again.",
                file=file.name,
            )
        # It may have become a link since.
        with open_plain(real, os.O_RDONLY | NO_LINK) as stream:
            data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise OSError(errno.EFBIG, "it is implausibly large")
    return data


def _end_of_links(file: Path) -> Path:
    try:
        return file.resolve(strict=True)
    except RuntimeError as error:  # links in a circle, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


def _belongs(real: Path, folder: Path) -> bool:
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
