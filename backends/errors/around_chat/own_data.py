"""Errors of the one file that holds everything of a person's own."""

from __future__ import annotations

from pathlib import Path

from ...phrases import Phrase
from ..base import UserFacingError


class OwnDataError(UserFacingError):
    """A backup of everything that cannot be written or read."""

    help_topic = "backups"


class BackupExistsError(OwnDataError):
    """A file of this name is there already."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” exists already.",
            hint="Choose another name, or move the file away. In the terminal, --replace puts the "
            "new backup in its place.",
            file=str(file),
        )


class BackupUnwritableError(OwnDataError):
    """The drive is full, or the folder takes no files."""

    def __init__(self, file: Path, reason: str | Phrase) -> None:
        super().__init__(
            "The backup cannot be written to “{file}”: {reason}.",
            hint="Make room, or choose a folder that you may write to. Nothing of it is left "
            "there, and what was there stays as it was.",
            file=str(file),
            reason=Phrase("{text}", text=reason) if isinstance(reason, str) else reason,
        )


class NotABackupError(OwnDataError):
    """A file that is no backup of everything, or not as it was written."""

    def __init__(self, file: Path, what: str | Phrase) -> None:
        super().__init__(
            "“{file}” is no backup that can be used: {what}.",
            hint="Choose another one, or copy it again from where it is whole. Nothing was "
            "changed.",
            file=str(file),
            what=what,
        )


class NewerBackupError(OwnDataError):
    """A later version of the app made the backup."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” was made by a newer version of the app, so it cannot be read here.",
            hint="Install that version or a later one. Nothing was changed.",
            file=str(file),
        )


class UnpackingError(OwnDataError):
    """There is no room to look into a backup."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            "The backup cannot be unpacked in “{folder}”: {reason}.",
            hint="Make room on this drive and try again. Nothing was changed.",
            folder=str(folder),
            reason=Phrase("{text}", text=reason),
        )


class RestoreBesideError(OwnDataError):
    """Another run of the app has the conversations open."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” was not restored: a window of the app has your conversations open.",
            hint="Close that window and try again, or restore the backup in its settings. Nothing "
            "was changed.",
            file=str(file),
        )


class PartNotRestoredError(OwnDataError):
    """One part of a backup could not be added to what is here."""

    def __init__(self, part: Phrase, reason: str | Phrase) -> None:
        super().__init__(
            "{part} could not be restored: {reason}.",
            hint="What is here is as it was, and the other parts were restored. Restoring the same "
            "backup again adds what is missing.",
            part=part,
            reason=Phrase("{text}", text=reason) if isinstance(reason, str) else reason,
        )
