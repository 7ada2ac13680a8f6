"""Errors a person may see.

* UserFacingError
    * CheckpointError: a checkpoint folder that cannot be used
        * NotACheckpointError, ForeignModelError, NotDownloadedError,
          UnsupportedArchitectureError, DamagedCheckpointError, UnsafeCheckpointError,
          PortableExportError, ExportRefusedError, NewerFormatError, TokenizerError
    * BackendError: BackendUnavailableError, InsufficientMemoryError, GpuLostError
    * JobError: CopyTakenError, DiskFullError, SourceChangedError
    * QualityError
    * GenerationError: ContextLengthExceededError, InvalidLogitsError, InvalidRequestError
    * EngineError: EngineCrashedError, EngineKilledError, EngineEndedError,
      EngineProtocolError

A message is one sentence with the facts; a hint says what to do next. Constructors take facts
and build the sentence, so that every raise reads the same and tests compare facts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from .phrases import Fact, Phrase, on_one_line

GIB = 2**30


def apart_in_gib(needed_bytes: int, free_bytes: int) -> tuple[float, float]:
    """Both in GiB, for a sentence with a tenth of it: more than is free is never shown as equal.

    >>> "{:.1f} of {:.1f}".format(*apart_in_gib(340 * 2**20, 330 * 2**20))
    '0.4 of 0.3'
    """
    needed, free = needed_bytes / GIB, free_bytes / GIB
    if needed > free and f"{needed:.1f}" == f"{free:.1f}":
        return math.ceil(10 * needed) / 10, math.floor(10 * free) / 10
    return needed, free


class UserFacingError(Exception):
    """Something a person at the screen can understand and act on.

    `template` and `hint` are English; the window looks its own language up by them and formats
    the same facts.
    """

    #: A heading of ``docs/troubleshooting.md``.
    help_topic: ClassVar[str] = "something-else"

    def __init__(self, template: str, *, hint: str = "", **facts: Fact) -> None:
        self.template = template
        self.hint = hint
        self.facts: Mapping[str, Fact] = on_one_line(facts)
        self.message = template.format(**self.facts)
        super().__init__(self.message)

    def __reduce__(self) -> tuple[object, ...]:
        return (rebuild, (type(self), self.template, self.hint, self.facts))


def rebuild(
    cls: type[UserFacingError], template: str, hint: str, facts: Mapping[str, Fact]
) -> UserFacingError:
    """Make an error of `cls` from its sentence, past the constructor that takes facts."""
    error = cls.__new__(cls)
    UserFacingError.__init__(error, template, hint=hint, **facts)
    return error


# --- checkpoints -------------------------------------------------------------------------


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

    def __init__(self, folder: Path, reason: CheckpointError, *, is_gone: bool = False) -> None:
        hint = "Delete that folder and export the model again, or choose another precision."
        if is_gone:
            hint = "Put it back, or take it from the list: baichuan-desktop models remove ID."
        super().__init__(
            "The export in “{folder}” was refused: {reason}",
            folder=str(folder),
            reason=Phrase(reason.template, **reason.facts),  # which ends the sentence
            hint=hint,
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


# --- backends ----------------------------------------------------------------------------


class BackendError(UserFacingError):
    """A model cannot be run in the way that was asked for."""

    help_topic = "backend"


class BackendUnavailableError(BackendError):
    """This machine, or this version of the app, lacks what a precision needs."""

    help_topic = "precision-not-available"

    def __init__(
        self, template: str, *, hint: str = "Choose the precision “auto”.", **facts: Fact
    ) -> None:
        super().__init__(template, hint=hint, **facts)


_MEMORY_HINT = "Close other programs, choose a smaller precision, context length or model."
_LIMIT_HINT = "Raise that limit, or choose a smaller precision, context length or model."


class InsufficientMemoryError(BackendError):
    """The weights, or the KV cache, do not fit in memory."""

    help_topic = "insufficient-memory"

    def __init__(
        self,
        *,
        device: str | Phrase,
        needed_bytes: int,
        free_bytes: int,
        limit_bytes: int | None = None,
        by: Phrase | None = None,
    ) -> None:
        """`by` is what allows no more than `limit_bytes`, if it is not the device itself."""
        needed, free = apart_in_gib(needed_bytes, free_bytes)
        if by is None or limit_bytes is None:
            super().__init__(
                "The model needs {needed:.1f} GiB on {device}, but only {free:.1f} GiB is free.",
                hint=_MEMORY_HINT,
                needed=needed,
                device=device,
                free=free,
            )
            return
        super().__init__(
            "The model needs {needed:.1f} GiB on {device}, but only {free:.1f} GiB is free of the "
            "{limit:.1f} GiB that {by} allows.",
            hint=_LIMIT_HINT,
            needed=needed,
            device=device,
            free=free,
            limit=limit_bytes / GIB,
            by=by,
        )

    @classmethod
    def ran_out(
        cls, free_bytes: int, limit_bytes: int, by: Phrase | None
    ) -> InsufficientMemoryError:
        """The error of memory that was refused without a word of how much it should have been."""
        free, limit = free_bytes / GIB, limit_bytes / GIB
        if by is None:
            return cls.because(
                Phrase(
                    "Memory ran out: {free:.1f} GiB is free of the {limit:.1f} GiB that this "
                    "machine has.",
                    free=free,
                    limit=limit,
                )
            )
        return cls.because(
            Phrase(
                "Memory ran out: {free:.1f} GiB is free of the {limit:.1f} GiB that {by} allows.",
                free=free,
                limit=limit,
                by=by,
            ),
            is_limited=True,
        )

    @classmethod
    def because(cls, sentence: Phrase, *, is_limited: bool = False) -> InsufficientMemoryError:
        """The error whose sentence is made already; `is_limited` by more than what there is."""
        hint = _LIMIT_HINT if is_limited else _MEMORY_HINT
        error = rebuild(cls, "{why}", hint, {"why": sentence})
        assert isinstance(error, cls)
        return error


class GpuLostError(BackendError):
    """The driver, or a card, stopped working."""

    help_topic = "graphics-card-lost"

    def __init__(self, what: str | Phrase) -> None:
        super().__init__(
            "The graphics card stopped working: {what}.",
            hint="The text so far is kept. Load the model again, or choose the device “cpu”.",
            what=what,
        )


# --- jobs --------------------------------------------------------------------------------


class JobError(UserFacingError):
    """A conversion that cannot be begun or ended. The source is untouched, nothing is listed."""

    help_topic = "conversion"


class CopyTakenError(JobError):
    """Another run writes the same copy at this moment."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "“{folder}” is being written by another run.",
            hint="Wait until it has ended, or choose another folder.",
            folder=str(folder),
        )


class DiskFullError(JobError):
    """The drive has no room for the copy."""

    help_topic = "disk-full"

    def __init__(self, folder: Path, *, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(
            "The copy needs {needed:.1f} GiB in “{folder}”, but only {free:.1f} GiB is free there.",
            hint="Make room on this drive, or choose a folder on another one.",
            needed=needed_bytes / GIB,
            folder=str(folder),
            free=free_bytes / GIB,
        )


class SourceChangedError(JobError):
    """A file of the model changed while it was being read."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            "“{file}” changed while it was being converted, so the copy was thrown away.",
            hint="Wait until nothing writes to the model's folder, and try again.",
            file=file.name,
        )


class QualityError(UserFacingError):
    """A text that precisions cannot be compared on, or a comparison that cannot be kept."""

    help_topic = "quality"


# --- generation --------------------------------------------------------------------------


class GenerationError(UserFacingError):
    """An answer cannot be begun or continued."""

    help_topic = "generation"


class ContextLengthExceededError(GenerationError):
    """What must be in the prompt is longer than the model can read."""

    help_topic = "prompt-too-long"

    def __init__(self, *, what: str, prompt_tokens: int, context_length: int) -> None:
        super().__init__(
            "{what} needs {prompt_tokens} tokens, but this model reads {context_length} tokens, "
            "prompt and answer together.",
            what=what,
            prompt_tokens=prompt_tokens,
            context_length=context_length,
            hint="Shorten the text, or send it in parts.",
        )


class InvalidLogitsError(GenerationError):
    """The model computed NaN or infinity: its weights are damaged."""

    help_topic = "invalid-numbers"

    def __init__(self) -> None:
        super().__init__(
            "The model's result is not a number, so the answer was stopped.",
            hint="The weight files are probably damaged: copy the model again from its source.",
        )


class InvalidRequestError(GenerationError):
    """A sampling option or a message is outside of what is possible."""

    help_topic = "invalid-setting"


# --- engine ------------------------------------------------------------------------------


class EngineError(UserFacingError):
    """The engine process cannot be used."""

    help_topic = "engine-stopped"


class EngineCrashedError(EngineError):
    """The engine process ended without having finished what it was asked."""

    def __init__(self, reason: str | Phrase) -> None:
        super().__init__(
            "The engine that runs the model stopped: {reason}.",
            reason=reason,
            hint="The text so far is kept. Your next message starts a fresh engine.",
        )


class EngineKilledError(EngineCrashedError):
    """The system ended the engine process, as it does when memory runs out."""


class EngineEndedError(EngineError):
    """The engine process was ended on purpose: by the button of the window, or with it."""

    def __init__(self) -> None:
        super().__init__(
            "The engine that runs the model was ended, as you asked.",
            hint="Load the model again, or choose another one.",
        )


class EngineProtocolError(EngineError):
    """A frame on the pipe is not one that this version understands."""
