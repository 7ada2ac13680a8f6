"""Errors of conversations that are brought in from files, or written to files."""

from __future__ import annotations

from pathlib import Path

from ...phrases import Phrase
from ..base import UserFacingError


class ConversationImportError(UserFacingError):
    """A file from which no conversations are taken; nothing was added."""

    help_topic = "importing-conversations"


class NotAnExportError(ConversationImportError):
    """It holds no conversations in a form that is known."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” holds no conversations in a form that this version reads.",
            hint="It reads exports of this app, ChatGPT and Open WebUI, and the folders of "
            "conversations that LM Studio and Jan keep, also as a zip file.",
            file=str(file),
        )


class DamagedExportError(ConversationImportError):
    """It cannot be read to its end."""

    def __init__(self, file: Path, what: str | Phrase) -> None:
        super().__init__(
            "“{file}” cannot be read: {what}.",
            hint="Export the conversations once more, or choose another file. Nothing was added.",
            file=str(file),
            what=what,
        )


class LargeExportError(ConversationImportError):
    """It holds more than this app reads of a file."""

    def __init__(self, file: Path, what: str | Phrase) -> None:
        super().__init__(
            "“{file}” is more than this app reads at once: {what}.",
            hint="Export fewer conversations at a time. Nothing was added.",
            file=str(file),
            what=what,
        )


class NewerExportError(ConversationImportError):
    """A later version of this app wrote it."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” was exported by a newer version of this app.",
            hint="Install that version or a later one. Nothing was added.",
            file=str(file),
        )


class ImportWhileOpenError(ConversationImportError):
    """Another run of the app has the conversations, and one alone writes them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "Another run of the app has the conversations in “{folder}” open, so none are added "
            "from here.",
            hint="Close it and try again, or import them in its window.",
            folder=str(folder),
        )


class ConversationExportError(UserFacingError):
    """Conversations that could not be written to a file; what was there before is there still."""

    help_topic = "exporting-conversations"

    def __init__(self, file: Path, reason: str | Phrase) -> None:
        super().__init__(
            "“{file}” cannot be written: {reason}.",
            hint="Choose another folder or drive, or make room on this one.",
            file=str(file),
            reason=reason,
        )


class NothingToExportError(UserFacingError):
    """A conversation that is gone, or has nothing in it."""

    help_topic = "exporting-conversations"

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to export: no conversation was chosen, or it was deleted meanwhile.",
            hint="Choose a conversation that has messages.",
        )
