"""Errors of licences that are to be accepted."""

from __future__ import annotations

from pathlib import Path

from ...phrases import Phrase
from ..base import UserFacingError, system_reason
from .admission import NotAdmittedError


class LicenceNotAcceptedError(NotAdmittedError):
    """The licence of a model, or a text of this machine's administrator, is not accepted yet."""

    help_topic = "licence-not-accepted"

    def __init__(self, model_id: str, name: str, *, folder: Path | None = None) -> None:
        """`folder`: of a model that is not listed, which the terminal knows by it alone."""
        super().__init__(
            "The licence of {name} has not been accepted yet.",
            hint=Phrase(
                "Read it and accept it: baichuan-desktop models licence {model} --accept",
                model=model_id if folder is None else str(folder),
            ),
            name=name,
            model_id=model_id,
        )

    @property
    def model_id(self) -> str:
        """The id of the model, of which the texts are found again."""
        return str(self.facts["model_id"])


class AcceptanceNotKeptError(UserFacingError):
    """An acceptance cannot be written down, and so it is none."""

    help_topic = "licence-not-accepted"

    def __init__(self, file: Path, error: OSError) -> None:
        super().__init__(
            "That the licence was accepted cannot be written to “{file}”: {reason}.",
            hint="Make room on the drive, or make the folder writable, and try again.",
            file=str(file),
            reason=Phrase("{text}", text=system_reason(error)),
        )
