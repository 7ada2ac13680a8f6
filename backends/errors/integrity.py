"""Errors of what is known of a model's files: verifying them, and lists of their hashes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..phrases import Phrase
from .admitting.admission import NotAdmittedError
from .base import UserFacingError

_MOST_NAMES = 3


class IntegrityError(UserFacingError):
    """What is known of a model's files cannot be read, told or kept."""

    help_topic = "verifying-a-model"


class SumsError(IntegrityError):
    """A list of hashes that cannot be used; `what` ends a sentence on the file."""

    def __init__(self, file: Path, what: str | Phrase) -> None:
        super().__init__(
            "“{file}” {what}.",
            hint="A list of hashes is what “sha256sum * > SHA256SUMS” writes: a SHA-256 and a name "
            "in each line.",
            file=file.name,
            what=what,
        )


class NewerManifestError(IntegrityError):
    """What is known of a model's files was written by a later version of the app."""

    def __init__(self, file: Path, *, version: int, known: int) -> None:
        super().__init__(
            "“{file}” was written by a newer version of the app (format {version}, this version "
            "writes {known}), and is kept as it is.",
            hint="Verify the model with the newer version of the app.",
            file=str(file),
            version=version,
            known=known,
        )


class FailedVerificationError(NotAdmittedError):
    """Verifying a model found what is wrong with it, and nobody said to load it all the same."""

    help_topic = "verifying-a-model"

    def __init__(self, model_id: str, names: Sequence[str], *, is_changed_since: bool) -> None:
        """`names` are the files with a fault; they may have changed since."""
        listed = ", ".join(f"“{name[:100]}”" for name in names[:_MOST_NAMES])
        hint = Phrase(
            "Get these files again and verify the model: baichuan-desktop models verify {id}. To "
            "load it as it is: baichuan-desktop models override {id}.",
            id=model_id,
        )
        if is_changed_since:
            hint = Phrase(
                "Verify it again: baichuan-desktop models verify {id}.",
                id=model_id,
            )
        super().__init__(
            "“{model_id}” is not loaded: verifying it failed, and its files have changed since "
            "({names})."
            if is_changed_since
            else "“{model_id}” is not loaded, for verifying it failed: one of its files is not "
            "what it should be ({names})."
            if len(names) == 1
            else "“{model_id}” is not loaded, for verifying it failed: {count} of its files are "
            "not what they should be ({names}).",
            hint=hint,
            model_id=model_id,
            count=len(names),
            names=listed if len(names) <= _MOST_NAMES else f"{listed}, …",
        )
