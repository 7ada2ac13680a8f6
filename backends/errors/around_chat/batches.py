"""Errors of many requests in a file: files that cannot be read, written or added to."""

from __future__ import annotations

from pathlib import Path

from ...phrases import Phrase
from ..base import UserFacingError


class BatchError(UserFacingError):
    """A run of many requests that cannot be begun, or gone on with."""

    help_topic = "many-requests-at-once"


class RequestsFileError(BatchError):
    """The file of the requests cannot be read."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            "The requests in “{file}” cannot be read: {reason}.",
            hint="Choose a file with a JSON object in each line.",
            file=str(file),
            reason=Phrase("{text}", text=reason),
        )


class AnswersFileError(BatchError):
    """Answers cannot be added to their file."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            "Answers cannot be written to “{file}”: {reason}.",
            hint="Make room on this drive, or choose another file with --out. The same command "
            "goes on where this one ended.",
            file=str(file),
            reason=Phrase("{text}", text=reason),
        )


class NotAnswersError(BatchError):
    """The file that answers shall be added to holds something else."""

    def __init__(self, file: Path, line: int) -> None:
        super().__init__(
            "“{file}” holds something else than answers: look at line {number}.",
            hint="Choose another file with --out. This one stays as it is.",
            file=str(file),
            number=line,
        )


class WrongRequestError(BatchError):
    """A line of the file is no request that can be answered; the lines after it are."""

    def __init__(self, line: int, reason: Phrase) -> None:
        super().__init__("Line {number} cannot be answered: {reason}.", number=line, reason=reason)
