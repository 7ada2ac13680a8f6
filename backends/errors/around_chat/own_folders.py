"""Errors of the folder with what a person wrote: it is not here, or cannot be moved."""

from __future__ import annotations

from pathlib import Path

from ...phrases import Phrase
from ..base import UserFacingError, in_gib


class DataFolderError(UserFacingError):
    """Nothing is read or written, and nothing is begun in another place."""

    help_topic = "data-folder"


class DataFolderAwayError(DataFolderError):
    """The folder was moved to a drive that is not connected now."""

    def __init__(self, folder: Path, file: Path) -> None:
        super().__init__(
            "The folder with your conversations, “{folder}”, is not here.",
            hint=Phrase(
                "Connect its drive and start again. If the folder is gone for good, delete "
                "“{file}”: the app then begins anew in its usual folder.",
                file=str(file),
            ),
            folder=str(folder),
        )


class DataFolderUnknownError(DataFolderError):
    """The file that says where the folder is cannot be used."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            "“{file}”, which says where your conversations lie, cannot be used: {reason}.",
            hint="Mend the file, or delete it: the app then uses its usual folder.",
            file=str(file),
            reason=Phrase("{text}", text=reason),
        )


class DataMoveError(DataFolderError):
    """The folder stays where it is, and all in it."""

    def __init__(self, folder: Path, what: Phrase, hint: str = "Choose another folder.") -> None:
        super().__init__(
            "Your data cannot be moved to “{folder}”: {what}.",
            hint=hint,
            folder=str(folder),
            what=what,
        )


def no_room(folder: Path, needed_bytes: int, free_bytes: int) -> DataMoveError:
    """The error of a drive that has too little room."""
    return DataMoveError(
        folder,
        Phrase(
            "{needed:.1f} GiB are needed, and {free:.1f} GiB are free",
            needed=max(in_gib(needed_bytes), 0.1),
            free=in_gib(free_bytes),
        ),
        hint="Make room there, or choose a folder on another drive.",
    )
