"""A backup unpacked into a folder that is gone afterwards, every byte of it verified."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from backends.errors import (
    ConversationsNewerError,
    NewerBackupError,
    NotABackupError,
    NotConversationsError,
    UnpackingError,
    system_reason,
)
from backends.operating_system import lock_folder, long_path
from backends.phrases import Phrase
from baichuan_desktop.services.chat.store.copies.source import Source
from baichuan_desktop.services.own_data.archive import Archive, Work, opened
from baichuan_desktop.services.own_data.values import Contents, Part

_PREFIX: Final = "backup-"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A backup of which every byte was verified, and its files."""

    contents: Contents
    files: Mapping[Part, Path]


@contextlib.contextmanager
def unpacked(file: Path, scratch: Path, work: Work) -> Iterator[Unpacked]:
    """Unpack a backup into a folder below `scratch`, and verify all of it.

    Raises:
        OwnDataError: It is no backup, or damaged, of a newer version, or there is no room for it.
        CancelledError: It is not wanted any more.
    """
    with opened(file) as archive, _folder(scratch) as folder:
        work.total += archive.contents.size
        files = _copied(archive, folder, work)
        contents = archive.contents
        if Part.CONVERSATIONS in files:
            contents = _counted(file, files[Part.CONVERSATIONS], contents)
        work.require_wanted()
        yield Unpacked(contents, files)


def _copied(archive: Archive, folder: Path, work: Work) -> Mapping[Part, Path]:
    files = {}
    for part in archive.contents.parts:
        target = folder / part.value
        try:
            archive.copy(part, target, work)
        except OSError as error:
            raise UnpackingError(folder.parent, system_reason(error)) from error
        files[part] = target
    return files


def _counted(file: Path, conversations: Path, contents: Contents) -> Contents:
    """What a backup holds, by what is in it."""
    name = Part.CONVERSATIONS.value
    try:
        with Source(conversations) as source:
            if not source.is_sound():
                raise NotABackupError(file, Phrase("“{name}” in it is damaged", name=name))
            found, messages = source.counts()
    except ConversationsNewerError as error:
        raise NewerBackupError(file) from error
    except NotConversationsError as error:
        what = Phrase("“{name}” in it is no file of conversations", name=name)
        raise NotABackupError(file, what) from error
    return replace(contents, conversations=found, messages=messages)


@contextlib.contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    """A folder that nobody else looks into, and that is gone afterwards."""
    scratch = long_path(scratch)
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        _remove_left(scratch)
        folder = Path(tempfile.mkdtemp(dir=scratch, prefix=_PREFIX))
    except OSError as error:
        raise UnpackingError(scratch, system_reason(error)) from error
    unlock = _locked(folder)
    try:
        yield folder
    finally:
        unlock()
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left(scratch: Path) -> None:
    """Remove what a run of the app left that was ended in the middle."""
    for left in scratch.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # another run is at it
            lock_folder(left)()
            shutil.rmtree(left, ignore_errors=True)


def _locked(folder: Path) -> Callable[[], object]:
    try:
        return lock_folder(folder)
    except OSError:  # a drive that knows no locks
        return lambda: None
