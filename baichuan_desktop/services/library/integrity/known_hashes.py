"""What lies beside a model's files and says what they are: of a download, or of a copy of ours.

Nothing here is proof of what was published. A cache says what its library was told by the server
that it downloaded from; whoever can write the model's folder can write these files as well.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from backends.checkpoint.manifest import MANIFEST
from backends.errors import UserFacingError
from backends.files.downloads import LOCAL_DOWNLOADS, MOST_POINTER_BYTES, pointer_facts
from backends.files.plain_file import read_plain
from backends.files.small_files import is_folder, read_json
from backends.operating_system import long_path
from baichuan_desktop.services.library.integrity.folder_files import FolderFile, files_of
from baichuan_desktop.services.library.integrity.values import KnownHash, Origin

_SHA256: Final = re.compile("[0-9a-f]{64}")
_SHA1: Final = re.compile("[0-9a-f]{40}")

_MOSTLOCAL_DOWNLOADS_BYTES: Final = 4096  # three lines
_MOST_TREES: Final = 100
_TREE_VERSION: Final = 1


def known_hashes(
    folder: Path, files: Mapping[str, FolderFile] | None = None
) -> Mapping[str, tuple[KnownHash, ...]]:
    """What is said of each file of a model, of each that something is said of.

    `files` are those of the folder where they were looked for already. No file of the model is
    read, but for small ones that may be a Git LFS pointer. Raises OSError where the folder cannot
    be looked through.
    """
    files = files_of(folder) if files is None else files
    folder = folder.resolve()
    found: dict[str, list[KnownHash]] = {}
    for source in (_of_copy, _of_blobs, _of_trees, _of_metadata, _of_pointers):
        for name, known in source(folder, files):
            if known not in found.setdefault(name, []):
                found[name].append(known)
    return {name: tuple(known) for name, known in found.items() if name in files}


_Said = Iterator[tuple[str, KnownHash]]


def git_or_sha256(
    word: str, origin: Origin, source: str, size: int | None = None
) -> KnownHash | None:
    """What a word of 64 or of 40 digits says; None of any other."""
    if _SHA256.fullmatch(word):
        return KnownHash(origin, sha256=word, size=size, source=source)
    if _SHA1.fullmatch(word):
        return KnownHash(origin, git_sha1=word, size=size, source=source)
    return None


def _json(file: Path, root: Path) -> dict[str, object]:
    """The object in a file below `root`; an empty one where there is none to be read."""
    with contextlib.suppress(UserFacingError):
        if _lies_in(file, root):
            return read_json(file)
    return {}


def _lies_in(file: Path, root: Path) -> bool:
    """Whether there is such a file, and no link on the way to it leads out of `root`."""
    try:
        return file.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError, ValueError):
        return False


def _of_copy(folder: Path, files: Mapping[str, FolderFile]) -> _Said:
    """The manifest that this app puts into each folder that it writes."""
    if (own := files.get(MANIFEST)) is None or own.refusal is not None:
        return
    stated = _json(own.file, own.file.parent).get("files")
    for name, facts in stated.items() if isinstance(stated, dict) else ():
        match facts:
            case {"size": int(size), "sha256": str(digest)} if _SHA256.fullmatch(digest):
                yield name, KnownHash(Origin.CONVERSION, digest, size=size, source=MANIFEST)


def _of_blobs(folder: Path, files: Mapping[str, FolderFile]) -> _Said:
    """The names of blobs that the files of a cache are links to.

    A blob may be a link to one that several models share. That is named by another hash, which
    says nothing of the bytes that we could check: the first link alone is looked at.
    """
    blobs = folder.parent.parent / "blobs"
    for name, one in files.items():
        if not one.is_link:
            continue
        link = folder / name
        with contextlib.suppress(OSError, ValueError):
            target = Path(os.path.normpath(link.parent / os.readlink(long_path(link))))  # noqa: PTH115  a Path would drop a “./”
            known = git_or_sha256(target.name, Origin.DOWNLOAD, f"blobs/{target.name}")
            if target.parent == blobs and known is not None:
                yield name, known


def _of_trees(folder: Path, files: Mapping[str, FolderFile]) -> _Said:
    """The listings of whole repositories that huggingface_hub keeps, one for each commit."""
    if folder.parent.name == "snapshots":
        name = f"trees/{folder.name}.json"
        repository = folder.parent.parent
        yield from _of_tree(repository / name, repository, name)
        return
    commits = {name: commit for name, (commit, _) in _metadata(folder, files).items()}
    for commit in sorted({*commits.values()})[:_MOST_TREES]:
        name = f".cache/huggingface/trees/{commit}.json"
        for file, known in _of_tree(folder / name, folder, name):
            if commits.get(file, commit) == commit:
                yield file, known


def _of_tree(file: Path, root: Path, source: str) -> _Said:
    listing = _json(file, root)
    stated = listing.get("files")
    if listing.get("format_version") != _TREE_VERSION or not isinstance(stated, dict):
        return
    for name, facts in stated.items():
        match facts:
            case {"lfs_sha256": str(digest), "lfs_size": int(size)} | {
                "lfs_sha256": str(digest),
                "size": int(size),
            }:
                known = git_or_sha256(digest, Origin.DOWNLOAD, source, size)
            case {"lfs_sha256": str()}:  # the other hash is the pointer's, not the file's
                known = None
            case {"blob_id": str(digest), "size": int(size)}:
                known = git_or_sha256(digest, Origin.DOWNLOAD, source, size)
            case _:
                known = None
        if known is not None:
            yield name, known


def _of_metadata(folder: Path, files: Mapping[str, FolderFile]) -> _Said:
    """What huggingface_hub keeps of each file that it downloaded into a folder of one's own."""
    for name, (_, word) in _metadata(folder, files).items():
        known = git_or_sha256(word, Origin.DOWNLOAD, f"{LOCAL_DOWNLOADS}/{name}.metadata")
        if known is not None:
            yield name, known


def _metadata(folder: Path, files: Mapping[str, FolderFile]) -> Mapping[str, tuple[str, str]]:
    """The commit and the hash that were told of each file, of which something was told."""
    if not is_folder(folder / LOCAL_DOWNLOADS):
        return {}
    found = {}
    for name in files:
        file = folder / LOCAL_DOWNLOADS / f"{name}.metadata"
        try:
            if not _lies_in(file, folder):
                continue
            lines = read_plain(file, _MOSTLOCAL_DOWNLOADS_BYTES).decode("ascii").splitlines()
        except (OSError, ValueError):
            continue
        if len(lines) >= 2 and _SHA1.fullmatch(lines[0].strip()):
            found[name] = (lines[0].strip(), lines[1].strip())
    return found


def _of_pointers(folder: Path, files: Mapping[str, FolderFile]) -> _Said:
    """Git LFS pointers: in place of a file, or kept beside it under a longer name."""
    names = sorted(files, key=len, reverse=True)
    for name, one in files.items():
        if one.refusal is not None or one.size > MOST_POINTER_BYTES:
            continue
        if (pointer := pointer_in(one)) is None:
            continue
        owner = next((other for other in names if name.startswith(f"{other}.")), name)
        yield owner, KnownHash(Origin.DOWNLOAD, pointer[0], size=pointer[1], source=name)


def pointer_in(one: FolderFile) -> tuple[str, int] | None:
    """The hash and the size that a Git LFS pointer tells; None for any other content."""
    try:
        with one.open() as stream:
            return pointer_facts(stream.read(MOST_POINTER_BYTES))
    except OSError:
        return None
