"""Errors of the long jobs: writing a copy, and comparing precisions."""

from __future__ import annotations

from pathlib import Path

from .base import GIB, UserFacingError


class JobError(UserFacingError):
    """A conversion that cannot be begun or ended. The source is untouched, nothing is listed."""

    help_topic = "conversion"


class CopyTakenError(JobError):
    """Another run writes the same copy at this moment."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "“{folder}” is being written by another run.",
            hint="Wait until it has ended, or choose another folder.",
            folder=str(folder),
        )


class DiskFullError(JobError):
    """The drive has no room for the copy."""

    help_topic = "disk-full"

    def __init__(self, folder: Path, *, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(
            "The copy needs {needed:.1f} GiB in “{folder}”, but only {free:.1f} GiB is free there.",
            hint="Make room on this drive, or choose a folder on another one.",
            needed=needed_bytes / GIB,
            folder=str(folder),
            free=free_bytes / GIB,
        )


class SourceChangedError(JobError):
    """A file of the model changed while it was being read."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” changed while it was being converted, so the copy was thrown away.",
            hint="Wait until nothing writes to the model's folder, and try again.",
            file=file.name,
        )


class QualityError(UserFacingError):
    """A text that precisions cannot be compared on, or a comparison that cannot be kept."""

    help_topic = "quality"
