"""Moves the folder of what a person wrote: at a start, before anything in it is opened.

Everything is copied and read back; then one small file says that the folder is the new one; then
what was copied goes from the old one. So at every instant there is a whole folder, and a later
start goes on with what a kill left. Imported models, which may be large, stay where they are.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from backends.errors import UserFacingError, system_reason
from backends.errors.around_chat.own_folders import DataMoveError, no_room
from backends.files.partial_folder import SPARE_BYTES
from backends.files.plain_file import open_plain
from backends.files.small_files import is_folder
from backends.operating_system import lock_folder, long_path, rename, sync_folder
from backends.phrases import Phrase
from baichuan_desktop.services.data_folder.place import Place, read_place, write_place

log = logging.getLogger(__name__)

_MARKER = ".baichuan-desktop-is-moved-here"
_PART = ".moved-part"  # behind the name of a file that is being copied
_CHUNK = 2**20
_MOST_ENTRIES = 1_000_000


@dataclass(frozen=True, slots=True)
class Folders:
    """What a move is about."""

    file: Path  #: that says where the folder is
    old: Path
    stays: Path  #: imported models, inside of it


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a move has come."""

    done_bytes: int
    total_bytes: int


def plan_move(folders: Folders, new: Path) -> int:
    """How many bytes a move to `new` copies; nothing is written. Raises DataMoveError."""
    try:
        old, target = folders.old.resolve(), new.resolve()
        if not new.is_absolute() or target == old:
            raise DataMoveError(new, Phrase("it lies there already"))
        if target.is_relative_to(old) or old.is_relative_to(target):
            raise DataMoveError(new, Phrase("one of the folders lies in the other"))
        if os.path.lexists(target) and not is_folder(target):
            raise DataMoveError(new, Phrase("it is no folder"))
        if not is_folder(target) and not is_folder(target.parent):
            raise DataMoveError(new, Phrase("“{folder}” is not there", folder=str(target.parent)))
        if is_folder(target) and not _is_ours(target) and any(long_path(target).iterdir()):
            raise DataMoveError(
                new, Phrase("the folder is not empty"), hint="Choose an empty folder, or a new one."
            )
        existing = target if is_folder(target) else target.parent
        if not os.access(long_path(existing), os.W_OK | os.X_OK):
            raise DataMoveError(new, Phrase("you may not write there"))
        needed = sum(size for _, size in _entries(folders))
        free = shutil.disk_usage(long_path(existing)).free
        if needed + SPARE_BYTES > free:
            raise no_room(new, needed + SPARE_BYTES, free)
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle; a NUL
        raise _not_moved(new, error) from error
    return needed


def ask_for_move(folders: Folders, new: Path | None) -> None:
    """Have the folder moved at the next start; None: it stays. Raises DataMoveError."""
    if new is not None:
        plan_move(folders, new)
    try:
        write_place(folders.file, replace(read_place(folders.file), move_to=new))
    except OSError as error:
        raise _not_moved(new or folders.old, error) from error


def is_to_move(file: Path) -> bool:
    """Whether `move` has something to do at this start."""
    place = read_place(file)
    return place.move_to is not None or place.left is not None


def move(folders: Folders, cancel: threading.Event) -> Iterator[Moved]:
    """Do what was asked for at an earlier start or in the window; nothing may be open meanwhile.

    Once `cancel` is set the folder stays where it is, and is not asked about again. Raises
    DataMoveError; the folder is whole where it was, or where it was moved to.
    """
    place = read_place(folders.file)
    if place.left is not None:
        stays = place.left / folders.stays.relative_to(folders.old)
        _take_away(place.left, place.folder, stays, folders.file)
        place = read_place(folders.file)
    if place.move_to is None:
        return
    new = place.move_to
    # Whatever comes of it: a start that fails so is not to fail again.
    _write(folders.file, replace(place, move_to=None), new)
    try:
        unlock = lock_folder(folders.old)
    except BlockingIOError as error:
        raise DataMoveError(
            new,
            Phrase("another run of the app has it open"),
            hint="Close the other one, and move the folder again in the settings.",
        ) from error
    except OSError:  # a drive that knows no locks
        unlock = _nothing
    made: list[Path] = []
    try:
        _write(folders.file, place, new)  # a kill while it is copied goes on at the next start
        total = plan_move(folders, new)
        long_path(new).mkdir(exist_ok=True, mode=0o700)
        (new / _MARKER).touch()
        done = 0
        for entry, size in _entries(folders):
            if cancel.is_set():
                break
            made.append(new / entry.relative_to(folders.old))
            _copy(entry, made[-1])
            done += size
            yield Moved(done, total)
        if cancel.is_set():
            _write(folders.file, replace(place, move_to=None), new)
            _take_back(new, made)
            return
        for folder in {one.parent for one in made}:
            sync_folder(folder)
        sync_folder(new)
        _write(folders.file, Place(folder=new, left=folders.old), new)
    except (OSError, UserFacingError) as error:
        with contextlib.suppress(DataMoveError):
            _write(folders.file, replace(place, move_to=None), new)
        _take_back(new, made)
        if isinstance(error, UserFacingError):
            raise
        raise _not_moved(new, error) from error
    finally:
        unlock()
    _take_away(folders.old, new, folders.stays, folders.file)


def _nothing() -> None:
    """There is no lock to let go."""


def _is_ours(folder: Path) -> bool:
    """Whether an earlier move was killed while it filled a folder."""
    return (folder / _MARKER).is_file()


def _entries(folders: Folders) -> Iterator[tuple[Path, int]]:
    """Every file and link that is moved, and its size. Raises OSError, DataMoveError."""
    waiting, count = [folders.old], 0
    while waiting:
        with os.scandir(long_path(waiting[0])) as found:
            for one in sorted(found, key=lambda entry: entry.name):
                path, count = waiting[0] / one.name, count + 1
                if count > _MOST_ENTRIES:
                    raise DataMoveError(folders.old, Phrase("it holds too many files"))
                if one.is_dir(follow_symlinks=False):
                    if path != folders.stays:
                        waiting.append(path)
                elif one.is_symlink() or one.is_file(follow_symlinks=False):
                    yield path, one.stat(follow_symlinks=False).st_size
                else:
                    raise DataMoveError(
                        folders.old, Phrase("“{file}” is no ordinary file", file=str(path))
                    )
        del waiting[0]


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a link, and read it back. Raises OSError, DataMoveError."""
    long_path(target.parent).mkdir(parents=True, exist_ok=True, mode=0o700)
    if source.is_symlink():
        target.unlink(missing_ok=True)
        target.symlink_to(source.readlink())
        return
    part = target.with_name(target.name + _PART)
    part.unlink(missing_ok=True)
    written = hashlib.sha256()
    with open_plain(source) as reading, long_path(part).open("xb") as writing:
        while chunk := reading.read(_CHUNK):
            written.update(chunk)
            writing.write(chunk)
        writing.flush()
        os.fsync(writing.fileno())
        status = os.fstat(reading.fileno())
    if _hash(part) != written.digest():
        part.unlink()
        raise DataMoveError(
            target.parent, Phrase("“{file}” was read back as another one", file=source.name)
        )
    part.chmod(stat.S_IMODE(status.st_mode))
    os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))
    rename(part, target)


def _hash(file: Path) -> bytes:
    read = hashlib.sha256()
    with open_plain(file) as stream:
        while chunk := stream.read(_CHUNK):
            read.update(chunk)
    return read.digest()


def _take_back(new: Path, made: list[Path]) -> None:
    """Take away what was copied so far; the folder is as it was found."""
    for file in made:
        for one in (file, file.with_name(file.name + _PART)):
            with contextlib.suppress(OSError):
                one.unlink()
    with contextlib.suppress(OSError):
        (new / _MARKER).unlink()
    _remove_empty(new, new)


def _take_away(old: Path, new: Path | None, stays: Path, file: Path) -> None:
    """Delete from the old folder what is in the new one; what cannot be, another start tries."""
    if new is None or not is_folder(new):
        return
    try:
        (new / _MARKER).unlink(missing_ok=True)
        if is_folder(old):
            for entry, _ in list(_entries(Folders(file, old, stays))):
                if os.path.lexists(new / entry.relative_to(old)):
                    entry.unlink()
            _remove_empty(old, stays)
        write_place(file, Place(folder=new))
    except (OSError, DataMoveError) as error:
        log.warning("What was moved from %s is still there too: %s", old, error)


def _remove_empty(folder: Path, stays: Path) -> None:
    """Remove folders that hold nothing, from the innermost on."""
    for at, _, _ in os.walk(folder, topdown=False):
        if not Path(at).is_relative_to(stays) or stays == folder:
            with contextlib.suppress(OSError):  # something is in it
                Path(at).rmdir()


def _write(file: Path, place: Place, new: Path) -> None:
    try:
        write_place(file, place)
    except OSError as error:
        raise _not_moved(new, error) from error


def _not_moved(new: Path, error: Exception) -> DataMoveError:
    reason = system_reason(error) if isinstance(error, OSError | ValueError) else str(error)
    return DataMoveError(new, Phrase("{text}", text=reason))
