"""A folder that grows under a name of its own, and gets another when all of it is on the drive.

`<out>.partial` stays where a run was killed, so that the next one can go on in it. One run at a
time has it; the system takes the claim away with the process.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ..errors import CopyTakenError, DiskFullError
from ..operating_system import lock_folder, long_path

log = logging.getLogger(__name__)

SUFFIX = ".partial"

#: Room for the small files and for what a file system adds.
SPARE_BYTES = 64 * 2**20


def partial_of(out: Path) -> Path:
    """Where `out` grows."""
    return long_path(out.with_name(out.name + SUFFIX))


def is_growing(folder: Path) -> bool:
    """Whether a folder has the name of one that grows, or lies in one: it may not be whole."""
    return SUFFIX in (folder.suffix, folder.parent.suffix)


def is_taken(path: Path) -> bool:
    """Whether something has this name, a dangling link included. Raises OSError, ValueError."""
    try:
        long_path(path).lstat()
    except FileNotFoundError:
        return False
    return True


def folders_to_make(folder: Path) -> list[Path]:
    """The folders around `folder`, itself included, that are not there; outermost last."""
    return [one for one in (folder, *folder.parents) if not long_path(one).exists()]


def require_room(folder: Path, needed_bytes: int) -> None:
    """Raise DiskFullError if so much, and the spare, does not fit where `folder` lies."""
    needed, free = needed_bytes + SPARE_BYTES, shutil.disk_usage(long_path(folder)).free
    if needed > free:
        raise DiskFullError(folder, needed_bytes=needed, free_bytes=free)


def write_synced(file: Path, data: bytes) -> None:
    """Write a small file so that it survives a power cut. Raises OSError."""
    with file.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


class Claim:
    """Keeps other runs off the folder that `out` grows in, until it is released or we end."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._unlock: Callable[[], object] | None = None

    def take(self) -> None:
        """Claim the folder, if it is there. Raises CopyTakenError."""
        self.release()
        partial = partial_of(self._out)
        try:
            self._unlock = lock_folder(partial)
        except FileNotFoundError:
            return
        except BlockingIOError as error:
            raise CopyTakenError(self._out) from error
        except OSError as error:  # a drive of another machine that knows no locks
            log.info("“%s” cannot be locked: %s", partial, error)

    def release(self) -> None:
        """Let other runs have the folder."""
        if self._unlock is not None:
            self._unlock()
            self._unlock = None
