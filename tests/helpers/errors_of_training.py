"""One error of each kind that has to do with fine-tuning."""

from __future__ import annotations

from pathlib import Path

from backends.errors import UserFacingError, training
from backends.phrases import Phrase

_OUTPUT = Path("/d/微调")
_WHAT = Phrase("“{name}” is {found}", name="value", found="7")
_SENTENCE = Phrase("Nothing can be written into “{folder}”.", folder="/d/微调")

#: Those that are never raised themselves: they stand for all of their kind.
BASES: set[type[UserFacingError]] = {training.TrainingError}

ERRORS: list[UserFacingError] = [
    training.TrainingLibrariesError("peft"),
    training.TrainingLibrariesError("deepspeed", "deepspeed"),
    training.TrainingDataError(Path("/d/a.json"), _WHAT, line=12),
    training.TrainingDataError(Path("/d/a.json"), _WHAT),
    training.TrainingSettingsError(_WHAT),
    training.TrainingSettingsError(_WHAT, hint=Phrase("Use {name}.", name="LoRA")),
    training.TrainingMemoryError(
        needed_bytes=120 * 2**30, free_bytes=8 * 2**30, device=Phrase("of main memory")
    ),
    training.OutputTakenError(_OUTPUT, "notes.txt"),
    training.OutputUnwritableError(_OUTPUT, "read-only file system"),
    training.OutputFullError(_OUTPUT, needed_bytes=2**30, free_bytes=2**20),
    training.OutputBusyError(_OUTPUT),
    training.ResultUnwrittenError(_OUTPUT, _SENTENCE, step=9, kept_step=None),
    training.ResultUnwrittenError(_OUTPUT, _SENTENCE, step=9, kept_step=6),
    training.ResultUnwrittenError(_OUTPUT, _SENTENCE, step=9, kept_step=9),
    training.NothingToResumeError(_OUTPUT),
    training.ResumeMismatchError(_OUTPUT, _WHAT),
    training.DamagedTrainingError(_OUTPUT / "checkpoint-7" / "state.json", _WHAT),
    training.TrainingDivergedError(7),
    training.HostfileError(Path("/d/hosts"), _WHAT, line=2),
    training.HostfileError(Path("/d/hosts"), _WHAT),
    training.DeepSpeedFileError(Path("/d/ds.json"), _WHAT),
    training.RankLostError(1, -9),
    training.MachineLostError("node-1", 255),
    training.TrainingEndedError(Phrase("it was ended by the system")),
    training.PreviewEndedError(Phrase("it was ended by the system")),
]
