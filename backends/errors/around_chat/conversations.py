"""Errors of the file that holds the conversations: what is not saved, what was mended."""

from __future__ import annotations

from pathlib import Path

from ...phrases import Phrase
from ..base import UserFacingError


class ConversationsError(UserFacingError):
    """Why conversations are kept in memory only. The app tries again by itself."""

    help_topic = "conversations-are-not-saved"


class ConversationsUnwritableError(ConversationsError):
    """The system, or SQLite, refuses the file."""

    def __init__(self, file: Path, reason: str | Phrase) -> None:
        super().__init__(
            "Conversations cannot be saved in “{folder}”: {reason}.",
            hint="What is new stays in memory and is saved as soon as it can be: "
            "leave the app open until this note is gone.",
            folder=str(file.parent),
            reason=reason,
        )


class ConversationsDriveFullError(ConversationsError):
    """The drive is full."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "The drive of “{folder}” is full, so conversations cannot be saved.",
            hint="Make room on this drive: what is new stays in memory until then and is saved by "
            "itself. Leave the app open until this note is gone.",
            folder=str(file.parent),
        )


class ConversationsInUseError(ConversationsError):
    """Another run of the app writes the file."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "Another run of the app has the conversations in “{folder}” open, so this one can "
            "only read them.",
            hint="Close the other one: then what is new here is saved. It is lost if this one is "
            "closed first.",
            folder=str(file.parent),
        )


class ConversationsNewerError(ConversationsError):
    """A later version of the app wrote the file."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” was written by a newer version of the app, so it is neither shown nor "
            "changed.",
            hint="Install that version or a later one. What is new stays in memory only.",
            file=str(file),
        )


class ConversationsDamagedError(ConversationsError):
    """The file was damaged, and what can be read of it is in a new one."""

    help_topic = "damaged-conversations"

    def __init__(
        self, file: Path, *, kept: Path, conversations: int, messages: int, backup: Path | None
    ) -> None:
        rest = (
            Phrase("there is no backup to take more from")
            if backup is None
            else Phrase("what it lacks came from the backup “{name}”", name=backup.name)
        )
        super().__init__(
            "The file of your conversations was damaged: {messages} messages in {conversations} "
            "conversations could be kept; {rest}.",
            hint="Look whether something is missing. The damaged file is kept beside the new one. "
            "A drive that damages files may fail: copy what matters to another one.",
            messages=messages,
            conversations=conversations,
            rest=rest,
            file=str(file),
            kept=str(kept),
        )


class BackupNotMadeError(ConversationsError):
    """A backup of the conversations that somebody asked for cannot be written."""

    help_topic = "backups"

    def __init__(self, folder: Path, reason: str | Phrase) -> None:
        super().__init__(
            "No backup of your conversations could be made in “{folder}”: {reason}.",
            hint="Make room on this drive, or make the folder writable. Your conversations and the "
            "backups that there are stay as they were.",
            folder=str(folder),
            reason=reason,
        )


class NotConversationsError(ConversationsError):
    """A file that is to be merged holds no conversations."""

    help_topic = "damaged-conversations"

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” is no file of conversations, or nothing of it can be read.",
            hint="Choose another backup. Your conversations are as they were.",
            file=str(file),
        )
