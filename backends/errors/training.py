"""Errors of fine-tuning: data, settings, memory, what is kept, several processes."""

from __future__ import annotations

from pathlib import Path

from ..phrases import Phrase
from .base import UserFacingError, apart_in_gib, in_gib


class TrainingError(UserFacingError):
    """A model that cannot be fine-tuned. Its own files are untouched."""

    help_topic = "fine-tuning"


class TrainingLibrariesError(TrainingError):
    """A library that fine-tuning needs is not installed."""

    def __init__(self, library: str, extra: str = "finetune") -> None:
        super().__init__(
            "Fine-tuning needs {library}, which is not installed.",
            hint=Phrase(
                "Install the app with its extra “{extra}”: docs/fine-tuning.md says how.",
                extra=extra,
            ),
            library=library,
        )


class TrainingDataError(TrainingError):
    """A file of data that cannot be read, or a row of it that is none."""

    help_topic = "training-data"

    def __init__(self, file: Path, what: Phrase, *, line: int | None = None) -> None:
        """`what` is said of the line, or of the file; it ends without a full stop."""
        facts: dict[str, str | int | Phrase] = {"file": str(file), "what": what}
        if line is not None:
            facts["line"] = line
        super().__init__(
            "“{file}”: {what}." if line is None else "“{file}”, line {line}: {what}.",
            hint="Mend it or take it out: docs/fine-tuning.md shows what data look like.",
            **facts,
        )


class TrainingSettingsError(TrainingError):
    """Settings that contradict each other or the model; `what` is a whole sentence's subject."""

    def __init__(self, what: Phrase, *, hint: str | Phrase = "") -> None:
        """`what` ends without a full stop."""
        super().__init__(
            "{what}.",
            hint=hint or "Change the setting; nothing was written.",
            what=what,
        )


class TrainingMemoryError(TrainingError):
    """What is asked for cannot fit into the memory of this machine."""

    help_topic = "fine-tuning-memory"

    def __init__(self, *, needed_bytes: int, free_bytes: int, device: Phrase) -> None:
        needed, free = apart_in_gib(needed_bytes, free_bytes)
        super().__init__(
            "Fine-tuning so needs about {needed:.1f} GiB {device}, of which {free:.1f} GiB is "
            "free.",
            hint="Choose LoRA or QLoRA, shorter examples, a smaller batch with more accumulation, "
            "or a smaller model; --dry-run shows the arithmetic.",
            needed=needed,
            free=free,
            device=device,
        )


class OutputTakenError(TrainingError):
    """The folder for the result holds something else."""

    def __init__(self, folder: Path, name: str) -> None:
        """`name` is what lies there."""
        super().__init__(
            "“{folder}” holds something already (“{name}”), and nothing there is written over.",
            hint="Choose another folder; --resume goes on with a training that lies there.",
            folder=str(folder),
            name=name,
        )


class OutputUnwritableError(TrainingError):
    """Nothing can be written into the folder for the result."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            "Nothing can be written into “{folder}” ({reason}).",
            hint="Choose a folder that you may write into; checkpoints that were kept stay.",
            folder=str(folder),
            reason=reason,
        )


class OutputFullError(TrainingError):
    """The drive has no room for a checkpoint or the result; earlier checkpoints are whole."""

    help_topic = "disk-full"

    def __init__(self, folder: Path, *, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(
            "What is to be saved in “{folder}” takes {needed:.1f} GiB, but only {free:.1f} GiB is "
            "free there.",
            hint="Make room on this drive and resume: the checkpoints that were kept are whole.",
            folder=str(folder),
            needed=max(in_gib(needed_bytes), 0.1),
            free=min(in_gib(free_bytes), max(in_gib(needed_bytes) - 0.1, 0.0)),
        )


class OutputBusyError(TrainingError):
    """Another training writes into the folder for the result."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "Another training writes into “{folder}” at this moment.",
            hint="Wait until it ends, or choose another folder.",
            folder=str(folder),
        )


class ResultUnwrittenError(TrainingError):
    """A training came to its end, and its result could not be written."""

    def __init__(self, folder: Path, reason: Phrase, *, step: int, kept_step: int | None) -> None:
        """`reason` is a sentence; `kept_step` is what could go on from there, if anything could."""
        if kept_step is None:
            hint = Phrase("No checkpoint could be kept either: mend this, and begin anew.")
        elif kept_step < step:
            hint = Phrase(
                "Mend this, and go on with --resume from the checkpoint of step {kept}; what was "
                "learnt after it is lost.",
                kept=kept_step,
            )
        else:
            hint = Phrase(
                "Nothing is lost: all that was learnt is kept there. Mend this, and --resume "
                "writes the result."
            )
        super().__init__(
            "The training is done, but its result cannot be written into “{folder}”: {reason}",
            hint=hint,
            folder=str(folder),
            reason=reason,
        )


class NothingToResumeError(TrainingError):
    """There is no training in the folder that could go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "“{folder}” holds no training that could go on.",
            hint="Begin anew without --resume; a checkpoint is kept at the end of an epoch, or "
            "every --save_steps steps.",
            folder=str(folder),
        )


class ResumeMismatchError(TrainingError):
    """The training in the folder is another one than is asked for now."""

    def __init__(self, folder: Path, what: Phrase) -> None:
        """`what` is different, and how."""
        super().__init__(
            "The training in “{folder}” cannot go on so: {what}.",
            hint="Resume with the settings it was begun with, or begin anew in another folder.",
            folder=str(folder),
            what=what,
        )


class DamagedTrainingError(TrainingError):
    """A checkpoint of a training is not what was written."""

    def __init__(self, file: Path, what: Phrase) -> None:
        super().__init__(
            "“{file}” is not what was kept of the training: {what}.",
            hint="Delete that checkpoint's folder; --resume goes on from the one before.",
            file=str(file),
            what=what,
        )


class TrainingDivergedError(TrainingError):
    """The loss is no number any more."""

    def __init__(self, step: int) -> None:
        super().__init__(
            "The loss of step {step} is not a number: the training ran out of bounds.",
            hint="Use a smaller learning rate, a warm-up, or bf16 in place of fp16; what was kept "
            "before it can be resumed.",
            step=step,
        )


class HostfileError(TrainingError):
    """A hostfile that names no machines."""

    def __init__(self, file: Path, what: Phrase, *, line: int | None = None) -> None:
        facts: dict[str, str | int | Phrase] = {"file": str(file), "what": what}
        if line is not None:
            facts["line"] = line
        super().__init__(
            "“{file}”: {what}." if line is None else "“{file}”, line {line}: {what}.",
            hint="A hostfile has a machine in each line: ADDRESS slots=NUMBER_OF_CARDS.",
            **facts,
        )


class DeepSpeedFileError(TrainingError):
    """A configuration of DeepSpeed that cannot be used."""

    def __init__(self, file: Path, what: Phrase) -> None:
        super().__init__(
            "The configuration of DeepSpeed “{file}” cannot be used: {what}.",
            hint="Those of the published projects ship with the app: docs/fine-tuning.md names "
            "them.",
            file=str(file),
            what=what,
        )


class RankLostError(TrainingError):
    """One of several processes of a training ended, so all did."""

    def __init__(self, rank: int, code: int) -> None:
        super().__init__(
            "Process {rank} of the training ended unexpectedly (exit code {code}), and the others "
            "with it.",
            hint="Its last lines are in the log of the training; --resume goes on from the last "
            "checkpoint.",
            rank=rank,
            code=str(code),
        )


class MachineLostError(TrainingError):
    """What another machine computes of a training ended, or was never begun."""

    def __init__(self, address: str, code: int) -> None:
        super().__init__(
            "The part of the training on “{address}” ended unexpectedly (exit code {code}), and "
            "the rest with it.",
            hint="ssh must reach that machine without asking for anything, and app, model and "
            "data must lie there in the same folders as here. Its last lines are in the log of "
            "the training.",
            address=address,
            code=str(code),
        )


class TrainingEndedError(TrainingError):
    """The process of a training ended unexpectedly."""

    def __init__(self, cause: Phrase) -> None:
        """`cause` is what is known of its end."""
        super().__init__(
            "The process that fine-tunes ended unexpectedly ({cause}).",
            hint="Where a checkpoint is kept, resume; else begin again. If it ends so again, "
            "choose a smaller batch or shorter examples.",
            cause=cause,
        )


class PreviewEndedError(TrainingError):
    """The process that reads data for a preview ended unexpectedly."""

    def __init__(self, cause: Phrase) -> None:
        """`cause` is what is known of its end."""
        super().__init__(
            "The process that reads the data ended unexpectedly ({cause}).",
            hint="Free memory and take the file out and in again, or split it into smaller ones.",
            cause=cause,
        )
