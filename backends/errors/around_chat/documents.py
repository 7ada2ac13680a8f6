"""Errors of documents that are to go with a message."""

from __future__ import annotations

from ...phrases import Phrase
from ..base import UserFacingError


class DocumentError(UserFacingError):
    """A file that is not attached. Nothing of it was given to a model."""

    help_topic = "documents"


class DocumentUnreadableError(DocumentError):
    """The system does not give the file's bytes."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            "“{name}” cannot be read: {reason}.",
            hint="Choose a file that you may read.",
            name=name,
            reason=Phrase("{text}", text=reason),
        )


class DocumentKindError(DocumentError):
    """A file that is neither text nor a document of a kind that is read."""

    def __init__(self, name: str, what: str | Phrase, *, hint: str | Phrase) -> None:
        super().__init__("“{name}” cannot be attached: {what}.", hint=hint, name=name, what=what)


class DocumentTooLargeError(DocumentError):
    """There is more of it than is read."""

    def __init__(self, name: str, what: Phrase) -> None:
        super().__init__(
            "“{name}” is too large to be attached: {what}.",
            hint="Divide it, and attach the part that the question is about.",
            name=name,
            what=what,
        )


class DamagedDocumentError(DocumentError):
    """Its bytes are not what its format wants."""

    def __init__(self, name: str, what: str | Phrase) -> None:
        super().__init__(
            "“{name}” is damaged: {what}.",
            hint="Open it in the program it was made with, save it again, and attach that file.",
            name=name,
            what=what,
        )


class EncryptedDocumentError(DocumentError):
    """It can only be read with a password or a key."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "“{name}” is encrypted, so its text cannot be read.",
            hint="Open it in the program it was made with, save it without a password, and attach "
            "that file.",
            name=name,
        )


class DocumentWithoutTextError(DocumentError):
    """There is no text in it."""

    def __init__(self, name: str, *, pages: int = 0) -> None:
        super().__init__(
            "“{name}” holds no text.",
            hint=Phrase(
                "Its {pages} pages are pictures or empty. Have another program recognise the text "
                "(OCR), and attach what it makes.",
                pages=pages,
            )
            if pages
            else "Choose a file with text in it.",
            name=name,
        )


class DocumentTimeError(DocumentError):
    """Reading it took longer than any ordinary document does."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            "Reading “{name}” took longer than {seconds:.0f} seconds, and was ended.",
            hint="Divide it, or save its text in a file of its own, and attach that.",
            name=name,
            seconds=seconds,
        )


class DocumentReaderError(DocumentError):
    """What reads documents ended with this one; the app is not touched by it."""

    def __init__(self, name: str, reason: str | Phrase) -> None:
        super().__init__(
            "“{name}” cannot be read: the process that reads it has ended ({reason}).",
            hint="The file may be damaged: open it in the program it was made with, save it again, "
            "and attach that file.",
            name=name,
            reason=reason,
        )
