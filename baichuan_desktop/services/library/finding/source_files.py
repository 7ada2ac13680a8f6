"""The files of a model where it was found, links followed no further than its root."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.errors import CheckpointError, DamagedCheckpointError, StrayLinkError
from backends.files.downloads import BOOKKEEPING, require_target
from backends.files.small_files import unreadable
from backends.operating_system import long_path
from backends.phrases import Phrase
from baichuan_desktop.services.library.finding import layouts
from baichuan_desktop.services.library.finding.values import Found, SourceFile

_MOST_ENTRIES: Final = 20_000
_MOST_LEVELS: Final = 8
#: In a folder of a model's: it is another model's, or an adapter's.
_OF_ANOTHER: Final = ("config.json", "adapter_config.json")


def files_of(found: Found) -> Sequence[SourceFile]:
    """The files of a model, sorted by name: those of its folder, and of folders in it.

    Hidden folders and folders that are models or adapters themselves are none of it, nor what is no
    file; of an adapter, no folder in it is.
    Raises CheckpointError: a StrayLinkError for a link out of `found.root`, a NotDownloadedError
    for one that leads nowhere.
    """
    is_flat = found.adapter is not None
    files = _files(found.folder, found.root, strict=True, is_flat=is_flat)
    return sorted((one.file for one in files), key=lambda file: file.name)


def bytes_of(folder: Path, root: Path, *, is_flat: bool = False) -> int:
    """Bytes of the files that are there, each counted once, under however many names.

    `is_flat` counts none of the folders in it.
    """
    files = _files(folder, root, strict=False, is_flat=is_flat)
    return sum({one.identity: one.file.size for one in files}.values())


def require_within(file: Path, root: Path) -> Path:
    """Where the bytes of a file lie, links followed. Raises CheckpointError if that is elsewhere.

    It need not be there, unless it is a link.
    """
    require_target(file)
    real, top = _real(file), _real(root)
    if not real.is_relative_to(top):
        raise StrayLinkError(file, real, root)
    return real


def leads_within(path: Path, root: Path) -> bool:
    """Whether a path, links followed, lies below `root` or is it, be it there or not."""
    try:
        return _real(path).is_relative_to(_real(root))
    except CheckpointError:
        return False


def _real(path: Path) -> Path:
    try:
        return long_path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        reason = error if isinstance(error, OSError | ValueError) else OSError(str(error))
        raise unreadable(path, reason) from error


@dataclass(frozen=True, slots=True)
class _File:
    file: SourceFile
    identity: tuple[int, int]  #: device and inode


def _files(folder: Path, root: Path, *, strict: bool, is_flat: bool) -> Iterator[_File]:
    """The files; if not `strict`, those that can be had. Raises CheckpointError if `strict`."""
    for name, path, is_link in _names(folder, strict=strict, is_flat=is_flat):
        try:
            real = require_within(path, root) if is_link else path
            status = long_path(real).stat()
        except CheckpointError:
            if strict:
                raise
            continue
        except (OSError, ValueError) as error:
            if strict:
                raise unreadable(path, error) from error
            continue
        if not stat.S_ISREG(status.st_mode):
            continue
        file = SourceFile(name, real, status.st_size, status.st_mtime_ns)
        yield _File(file, (status.st_dev, status.st_ino))


def _names(folder: Path, *, strict: bool, is_flat: bool) -> Iterator[tuple[str, Path, bool]]:
    """Name in `folder`, path, and whether it is a link, of all that is no folder."""
    pending = [("", 0)]
    seen = 0
    while pending:
        prefix, level = pending.pop()
        inner: list[str] = []
        names: list[tuple[str, bool]] = []
        try:
            with os.scandir(long_path(folder / prefix)) as entries:
                for entry in entries:
                    seen += 1
                    if entry.is_dir(follow_symlinks=False):
                        inner.append(entry.name)
                    else:
                        names.append((entry.name, entry.is_symlink()))
                    if seen > _MOST_ENTRIES:
                        break
        except (OSError, ValueError) as error:
            if strict:
                raise unreadable(folder / prefix, error) from error
            continue
        if seen > _MOST_ENTRIES:
            if strict:
                what = Phrase("it holds more than {count} files", count=_MOST_ENTRIES)
                raise DamagedCheckpointError(folder, what)
            return
        if prefix and any(name in _OF_ANOTHER for name, _ in names):
            continue
        for name, is_link in sorted(names):
            if name not in BOOKKEEPING:
                yield prefix + name, folder / prefix / name, is_link
        if level < (0 if is_flat else _MOST_LEVELS):
            pending += [
                (f"{prefix}{name}/", level + 1)
                for name in sorted(inner, reverse=True)
                if not name.startswith(".") and not layouts.holds_no_models(name)
            ]
