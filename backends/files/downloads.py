"""Whether the content of a file was downloaded: dangling links, Git LFS pointers, partial files.

A file name does not mean that the content is there. Git leaves pointers and caches leave links;
programs that download keep a partial file, under the final name or beside it.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from ..errors import NotDownloadedError, UnsafeCheckpointError
from ..operating_system import long_path
from ..phrases import Phrase
from .small_files import unreadable

_POINTER = b"version https://git-lfs"
_POINTER_FACTS = re.compile(
    rb"^oid sha256:([0-9a-f]{64})\r?\n(?:.*\n)*?size (\d{1,18})\r?$", re.MULTILINE
)
_POINTER_SIZE = re.compile(rb"^size (\d{1,18})\r?$", re.MULTILINE)
MOST_POINTER_BYTES = 1024  #: Git LFS takes no larger file for a pointer

_AGAIN_HINT = (
    "Finish the download, or download the file again, and compare its size with the source."
)
_NEVER_TEXT = (".safetensors", ".bin")
_LEAST_ZEROS = 64  # bytes that no file of a model begins with
#: What programs that download put after the name of a file that is not whole yet: aria2 (which
#: gives the file its name and its full size at once, and has this beside it), huggingface_hub,
#: curl and Firefox, rclone, Chrome, Safari, WinSCP, Xunlei, Baidu Netdisk, qBittorrent, µTorrent,
#: Opera, Free Download Manager; modelscope_hub.
_HALVES = (
    ".aria2", ".incomplete", ".part", ".partial", ".crdownload", ".download", ".filepart",
    ".xltd", ".td", ".downloading", ".!qb", ".!ut", ".opdownload", ".fdmdownload", ".tmp",
    ".parallel_tmp",
)  # fmt: skip
#: Where ModelScope keeps what is not whole yet: in the folder, or in that of its whole cache, under
#: the names of owner and model with the dots that are “___” elsewhere.
TEMPORARY = "._____temp"
#: What ModelScope writes about a model beside its files: text, and two pickles that nobody opens.
BOOKKEEPING = (".mv", ".msc", ".mdl")
#: Where huggingface_hub keeps what it knows of each file that it downloaded into a chosen folder.
LOCAL_DOWNLOADS = ".cache/huggingface/download"
_MOST_ENTRIES = 10_000  # of a folder, that are looked at


def is_there(file: Path) -> bool:
    """Whether something has this name, a dangling link included."""
    try:
        long_path(file).lstat()
    except (OSError, ValueError):
        return False
    return True


def require_seen(path: Path) -> None:
    """Raise DamagedCheckpointError where the system does not let us look whether it is there."""
    try:
        long_path(path).lstat()
    except PermissionError as error:
        raise unreadable(path, error) from error
    except (OSError, ValueError):  # it is not there; no file can have such a name
        return


def require_file(file: Path) -> None:
    """Check by size and first bytes that the content of a file is here.

    Raises NotDownloadedError for a dangling link, a Git LFS pointer and a partial download,
    UnsafeCheckpointError for what is not a file, DamagedCheckpointError for what the system
    does not let us look at.
    """
    require_target(file)
    try:
        status = long_path(file).stat()
    except (OSError, ValueError) as error:
        raise unreadable(file, error) from error
    if not stat.S_ISREG(status.st_mode):  # a pipe would never come to its end
        raise UnsafeCheckpointError(file, "it is not a file")
    _refuse_substitute(file, status.st_size)
    control = file.with_name(file.name + ".aria2")
    if is_there(control):
        raise NotDownloadedError(
            file,
            Phrase("is a half download: “{control}” lies beside it", control=control.name),
            hint="Finish the download with aria2, or download the file again. If it is complete, "
            "delete the file that lies beside it.",
        )


def pointer_facts(content: bytes) -> tuple[str, int] | None:
    """The SHA-256 in hex and the size in bytes that a Git LFS pointer tells; None of all else."""
    facts = _POINTER_FACTS.search(content) if content.startswith(_POINTER) else None
    return None if facts is None else (facts[1].decode(), int(facts[2]))


def require_target(path: Path) -> None:
    """Raise NotDownloadedError for a dangling link."""
    try:
        if not long_path(path).is_symlink():
            return
        long_path(path).stat()
    except FileNotFoundError as error:
        raise NotDownloadedError(
            path,
            Phrase("is a link to “{target}”, which is missing", target=_target(path)),
            hint="Copy what the link leads to as well, or download the model again. Of a Hugging "
            "Face cache, copy the whole folder of the model, with “blobs” and “snapshots”.",
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, RuntimeError) or getattr(error, "errno", None) == errno.ELOOP:
            raise NotDownloadedError(
                path, "is a link that leads back to itself", hint="Download the model again."
            ) from error


def _target(link: Path) -> str:
    """The final target of a link, as far as the link can be followed."""
    for _ in range(40):
        target = link.parent / os.readlink(long_path(link))  # noqa: PTH115  a Path would drop a “./”
        if not long_path(target).is_symlink():
            return os.path.normpath(target)
        link = target
    return str(link)


def _refuse_substitute(file: Path, size: int) -> None:
    """Raise NotDownloadedError for what stands in place of a file."""
    content = b""
    with contextlib.suppress(OSError), long_path(file).open("rb") as stream:  # a reader says why
        content = stream.read(MOST_POINTER_BYTES)
    if size <= MOST_POINTER_BYTES and content.startswith(_POINTER):
        what = Phrase("is a Git LFS pointer, the file itself was not downloaded")
        if (stated := _POINTER_SIZE.search(content)) is not None:
            what = Phrase(
                "is a Git LFS pointer, the file itself was not downloaded ({size:,} bytes)",
                size=int(stated[1]),
            )
        raise NotDownloadedError(
            file,
            what,
            hint="Run “git lfs pull” in the folder that was cloned, or download the file again.",
        )
    if content.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise NotDownloadedError(
            file, "is a web page, the file itself was not downloaded", hint=_AGAIN_HINT
        )
    if file.suffix in _NEVER_TEXT and 0 < size <= MOST_POINTER_BYTES and _is_text(content):
        raise NotDownloadedError(
            file,
            Phrase("is a text of {size:,} bytes, the file itself was not downloaded", size=size),
            hint=_AGAIN_HINT,
        )
    if len(content) >= _LEAST_ZEROS and not any(content):
        raise NotDownloadedError(
            file, "begins with zeros, its content was not downloaded", hint=_AGAIN_HINT
        )


def _is_text(content: bytes) -> bool:
    """Whether a content is readable words, such as a server's “Entry not found”."""
    try:
        return b" " in content and all(
            char.isprintable() or char.isspace() for char in content.decode()
        )
    except UnicodeDecodeError:
        return False


# --- what is missing ---------------------------------------------------------------------


def half_download(file: Path) -> NotDownloadedError | None:
    """The error that names the partial download of a missing file; None if there is none."""
    for name in names_in(file.parent):
        if _is_half_of(name, file.name):
            return NotDownloadedError(
                file, Phrase("is a half download: “{half}”", half=name), hint=_AGAIN_HINT
            )
    for half in _halves_of_hubs(file.parent):
        return NotDownloadedError(
            file,
            Phrase(
                "is missing, and the download of the model has not ended: “{half}”",
                half=half,
            ),
            hint=_AGAIN_HINT,
        )
    return None


def is_half(name: str) -> bool:
    """Whether a name is one that programs give to a file while they download it."""
    return name.lower().endswith(_HALVES)


def _is_half_of(name: str, whole: str) -> bool:
    name, whole = name.lower(), whole.lower()
    if name.startswith(whole) and name != whole:
        return name.endswith(_HALVES)
    stem, suffix = (re.escape(part) for part in os.path.splitext(whole))  # noqa: PTH122  a name
    patterns = (
        rf"\.{stem}{suffix}\.\w{{6}}",  # rsync
        rf"{stem}\.[\w-]{{8}}{suffix}\.part",  # Firefox
    )
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def _halves_of_hubs(folder: Path) -> Iterator[str]:
    """Paths of the partial files that huggingface_hub and ModelScope keep, from `folder` on."""
    for name in names_in(folder / LOCAL_DOWNLOADS):
        if name.endswith(".incomplete"):
            yield f"{LOCAL_DOWNLOADS}/{name}"
    for name in names_in(folder / TEMPORARY):
        yield f"{TEMPORARY}/{name}"
    owner = folder.parent
    for model in dict.fromkeys((folder.name, folder.name.replace("___", "."))):
        for name in names_in(owner.parent / TEMPORARY / owner.name / model):
            yield f"../../{TEMPORARY}/{owner.name}/{model}/{name}"
    if folder.parent.name == "snapshots":  # of the cache that all programs share
        for name in names_in(folder.parent.parent / "blobs"):
            if name.endswith(".incomplete"):
                yield f"../../blobs/{name}"


def names_in(folder: Path) -> list[str]:
    """The names in a folder, sorted; none if it cannot be listed."""
    try:
        with os.scandir(long_path(folder)) as entries:
            return sorted(entry.name for entry in itertools.islice(entries, _MOST_ENTRIES))
    except OSError:
        return []
