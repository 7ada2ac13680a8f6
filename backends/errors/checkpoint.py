"""Errors of a checkpoint folder that cannot be used."""

from __future__ import annotations

from pathlib import Path

from ..phrases import Phrase
from .admitting.admission import NotAdmittedError
from .base import UserFacingError


class CheckpointError(UserFacingError):
    """A checkpoint folder that cannot be used."""

    help_topic = "checkpoint-cannot-be-used"


class NotACheckpointError(CheckpointError):
    """The folder lacks a file that every checkpoint has, or is no folder at all."""

    help_topic = "not-a-checkpoint-folder"

    def __init__(self, folder: Path, what: str | Phrase) -> None:
        super().__init__(
            "“{folder}” is not a Baichuan checkpoint folder: {what}.",
            folder=str(folder),
            what=what,
            hint="Choose the folder that holds config.json, tokenizer.model and the weight files "
            "of one model, all copied completely.",
        )


class ModelAwayError(CheckpointError):
    """The folder of a listed model is not here now; `what` is the sentence that says so."""

    help_topic = "a-model-that-is-not-here"

    def __init__(self, what: Phrase, *, is_drive: bool) -> None:
        hint = "Move it back to where it was, or take the model from the list and add it again."
        if is_drive:
            hint = "Connect the drive; the model stays in the list, and can be loaded then."
        super().__init__(what.template, hint=hint, **what.facts)


class ForeignModelError(CheckpointError):
    """A model, or a part of one, in a form that other programs run."""

    help_topic = "another-form-of-a-model"

    def __init__(self, path: Path, what: str | Phrase, *, hint: str) -> None:
        super().__init__("“{name}” {what}.", name=path.name or str(path), what=what, hint=hint)


class NotDownloadedError(CheckpointError):
    """A file has its name here, and its content elsewhere or not yet."""

    help_topic = "not-downloaded"

    def __init__(self, file: Path, what: str | Phrase, *, hint: str) -> None:
        super().__init__("“{file}” {what}.", file=file.name, what=what, hint=hint)


class UnsupportedArchitectureError(CheckpointError):
    """config.json describes a model that is not one of the four Baichuan families."""

    help_topic = "another-architecture"

    def __init__(self, folder: Path, what: str | Phrase) -> None:
        super().__init__(
            "“{folder}” cannot be run: {what}.",
            folder=folder.name,
            what=what,
            hint="This app runs Baichuan-7B, Baichuan-13B, Baichuan2-7B and Baichuan2-13B. If it "
            "is one of them, take config.json as it was published.",
        )


class DamagedCheckpointError(CheckpointError):
    """A file is truncated, contradicts config.json, or holds what it must not hold."""

    help_topic = "damaged-checkpoint"

    def __init__(self, file: Path, what: str | Phrase) -> None:
        super().__init__(
            "“{file}” is damaged or incomplete: {what}.",
            file=file.name,
            what=what,
            hint="Copy the model again from its source and compare the sizes of the files.",
        )


class UnsafeCheckpointError(CheckpointError):
    """A file asks for code to be run or for a file outside of its folder to be opened."""

    help_topic = "unsafe-checkpoint"

    def __init__(self, file: Path, what: str | Phrase) -> None:
        super().__init__(
            "“{file}” was refused: {what}.",
            file=file.name,
            what=what,
            hint="Nothing of it was executed or opened. Get the model from its publisher; "
            "the published files do not contain this.",
        )


class StrayLinkError(CheckpointError):
    """A file is a link out of the folders that belong together; nothing of it was opened."""

    help_topic = "a-link-leads-out"

    def __init__(self, link: Path, target: Path, root: Path) -> None:
        super().__init__(
            "“{link}” is a link to “{target}”, which lies outside of “{root}”.",
            link=link.name,
            target=str(target),
            root=str(root),
            hint="If the link is your own, put the file itself in its place, or look through a "
            "folder in which both lie.",
        )


class PortableExportError(CheckpointError):
    """An export of standard operators only, which the app writes and does not run."""

    help_topic = "a-portable-export"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "“{name}” is a portable export, which is for other programs.",
            name=folder.name,
            hint="Export the model without --portable.",
        )


class ExportRefusedError(CheckpointError):
    """An export that was to run in place of its model cannot be used."""

    help_topic = "an-export-was-refused"

    def __init__(
        self, folder: Path, reason: CheckpointError | NotAdmittedError, *, is_gone: bool = False
    ) -> None:
        hint: str | Phrase = (
            "Delete that folder and export the model again, or choose another precision."
        )
        if isinstance(reason, NotAdmittedError):
            hint = reason.hint
        if is_gone:
            hint = "Put it back, or take it from the list: baichuan-desktop models remove ID."
        super().__init__(
            "The export in “{folder}” was refused: {reason}",
            folder=str(folder),
            reason=Phrase(reason.template, **reason.facts),  # which ends the sentence
            hint=hint,
        )


class OutdatedExportError(ExportRefusedError):
    """An export that was made of weights which are not in its model's folder any more."""

    def __init__(self, folder: Path) -> None:
        CheckpointError.__init__(
            self,
            "The model's weights were changed since the export in “{folder}” was made.",
            folder=str(folder),
            hint="Delete that folder, and export the model again.",
        )


class NewerFormatError(CheckpointError):
    """A folder was written by a later version of the app."""

    help_topic = "made-by-a-newer-version"

    def __init__(self, file: Path, *, version: int, known: int) -> None:
        super().__init__(
            "“{file}” was written by a newer version of the app (format {version}, this version "
            "reads {known}).",
            file=file.name,
            version=version,
            known=known,
            hint="Install the newer version of the app, or export the model again with this one.",
        )


class TokenizerError(CheckpointError):
    """tokenizer.model is missing, broken, or of another vocabulary."""

    help_topic = "broken-tokenizer"

    def __init__(self, file: Path, what: str | Phrase) -> None:
        super().__init__(
            "The tokenizer “{file}” cannot be used: {what}.",
            file=file.name,
            what=what,
            hint="Copy tokenizer.model again from the model's source.",
        )
