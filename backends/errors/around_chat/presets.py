"""Errors of presets: files that hold none, and names that stand for none."""

from __future__ import annotations

from pathlib import Path

from ...phrases import Phrase
from ..base import UserFacingError


class PresetsError(UserFacingError):
    """Presets that cannot be read, kept or found."""

    help_topic = "presets"


class NotPresetsError(PresetsError):
    """A file that is chosen to be imported holds no presets, or wrong ones."""

    def __init__(self, file: Path, reason: str | Phrase) -> None:
        super().__init__(
            "No preset was taken from “{file}”: {reason}.",
            hint="Choose a file that “Export…” of the presets has written, or mend this one. Your "
            "presets are as they were.",
            file=file.name,
            reason=reason,
        )


class PresetsUnreadableError(PresetsError):
    """The file of a person's own presets is damaged."""

    def __init__(self, file: Path, reason: str | Phrase) -> None:
        super().__init__(
            "Your own presets cannot be read whole: {reason}.",
            hint=Phrase(
                "What can be read is shown. The file “{file}” stays as it is until you change a "
                "preset; then it is kept under another name beside the new one.",
                file=str(file),
            ),
            reason=reason,
        )


class PresetsNewerError(PresetsError):
    """A later version of the app wrote the file."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” was written by a newer version of the app, so its presets are neither shown "
            "nor changed.",
            hint="Install that version or a later one.",
            file=str(file),
        )


class PresetsUnwritableError(PresetsError):
    """A file of presets cannot be written."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            "The presets cannot be written to “{file}”: {reason}.",
            hint="Make room on this drive, or see to it that you may write there; then try again. "
            "Nothing was changed.",
            file=str(file),
            reason=Phrase("{text}", text=reason),
        )


class PresetNameTakenError(PresetsError):
    """Another preset has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "There is a preset “{name}” already.",
            hint="Give this one another name.",
            name=name,
        )


class TooManyPresetsError(PresetsError):
    """There is no room for another one."""

    def __init__(self, most: int) -> None:
        super().__init__(
            "There are {most} presets, which is the most that there can be.",
            hint="Delete one that you do not need any more.",
            most=most,
        )


class TooManyVariablesError(PresetsError):
    """A message with more gaps than a person would fill."""

    def __init__(self, most: int) -> None:
        super().__init__(
            "The message has more than {most} variables.",
            hint="Leave some out: each of them gets a field of its own.",
            most=most,
        )


class UnknownPresetError(PresetsError):
    """A name that stands for no preset."""

    def __init__(self, name: str, closest: str | None = None) -> None:
        hint: str | Phrase = "Those that there are: baichuan-desktop presets list"
        if closest is not None:
            hint = Phrase(
                "Did you mean “{closest}”? Those that there are: baichuan-desktop presets list",
                closest=closest,
            )
        super().__init__("There is no preset “{name}”.", hint=hint, name=name)


class VariableMissingError(PresetsError):
    """A variable of a preset's message has no value."""

    def __init__(self, preset: str, name: str) -> None:
        super().__init__(
            "The preset “{preset}” needs a value for “{name}”.",
            hint="Write it into its field above the message; in the terminal: --set NAME=VALUE",
            preset=preset,
            name=name,
        )
