"""Errors of bringing a model into the library, and of taking it out again."""

from __future__ import annotations

from pathlib import Path

from ..phrases import Phrase
from .base import UserFacingError


class ImportRefusedError(UserFacingError):
    """A model that cannot be imported so. Nothing was written, and the source is untouched."""

    help_topic = "import"

    def __init__(self, source: Path, what: str | Phrase, *, hint: str | Phrase) -> None:
        super().__init__(
            "“{folder}” cannot be imported: {what}.", folder=str(source), what=what, hint=hint
        )


class ImportBrokenError(UserFacingError):
    """An import that ended on its way. At least one whole copy is where it was or is now."""

    help_topic = "import"


class SourceUnreadableError(ImportBrokenError):
    """A file of the source cannot be read any more: its medium was pulled, or is damaged."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            "“{file}” cannot be read any more: {reason}.",
            file=str(file),
            reason=Phrase("{text}", text=reason),
            hint="Connect the drive again and go on with the import: what is copied is kept.",
        )


class TargetUnwritableError(ImportBrokenError):
    """The target takes no more: its drive is full, read-only, or gone."""

    def __init__(self, folder: Path, reason: str, *, hint: str = "") -> None:
        super().__init__(
            "“{folder}” cannot be written to: {reason}.",
            folder=str(folder),
            reason=Phrase("{text}", text=reason),
            hint=hint
            or "Make room, or connect the drive again, and go on with the import: what is copied "
            "is kept, and nothing was taken from the source.",
        )


class ImportChangedError(ImportBrokenError):
    """A file of the source became another one while it was copied."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” changed while it was being copied, so the copy was thrown away.",
            file=str(file),
            hint="Wait until nothing writes to the folder, and import it again.",
        )


class DamagedSourceError(ImportBrokenError):
    """A file of the source does not have the hash that it was downloaded or written with."""

    def __init__(self, file: Path, source: str) -> None:
        super().__init__(
            "“{file}” is damaged: it does not have the hash that “{source}” says of it, so the "
            "copy was thrown away.",
            file=str(file),
            source=source,
            hint="Download the model again, or take it from where it is whole.",
        )


class BadCopyError(ImportBrokenError):
    """What was written does not read back as it was."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” does not read back as it was written, so the copy was thrown away and the "
            "source was kept.",
            file=str(file),
            hint="Check the drive, or choose another one.",
        )


class RemovalError(UserFacingError):
    """A model whose files cannot be taken away. It stays listed."""

    help_topic = "removing-a-model"


class NoTrashError(RemovalError):
    """A folder cannot be put into the trash; what the system says of it, if it says anything."""

    def __init__(self, folder: Path, reason: str | Phrase = "") -> None:
        super().__init__(
            "“{folder}” cannot be put into the trash: {reason}.",
            folder=str(folder),
            reason=reason or Phrase("its drive has none"),
            hint="The files were kept. To delete them for good: "
            "baichuan-desktop models remove ID --delete.",
        )
