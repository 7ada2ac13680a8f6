"""On which drive a folder lies, whether a drive is here now, and the room that it has."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from backends.operating_system import long_path


@dataclass(frozen=True, slots=True)
class DriveSpace:
    """The room of a drive."""

    drive: Path  #: mount point or drive letter
    free_bytes: int | None  #: None where the drive is not here, or does not say
    total_bytes: int | None


def drive_of(folder: Path) -> Path | None:
    """The mount point, or the drive letter, that a folder lies on; None where it cannot be seen.

    Of a folder that is a link, that of what the link leads to.
    """
    try:
        real = long_path(folder).resolve(strict=True)
        return next((place for place in (real, *real.parents) if os.path.ismount(place)), None)
    except (OSError, RuntimeError, ValueError):
        return None


def is_here(drive: Path) -> bool:
    """Whether something is mounted at the place of a drive.

    The empty folder that some systems leave there is no drive.
    """
    return os.path.ismount(long_path(drive))


def drive_space(drive: Path) -> DriveSpace:
    """The room of a drive; unknown where it is not here."""
    try:
        usage = shutil.disk_usage(long_path(drive))
    except (OSError, ValueError):
        return DriveSpace(drive, None, None)
    return DriveSpace(drive, usage.free, usage.total)
