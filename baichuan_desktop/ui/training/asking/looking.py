"""What is found out, beside the window, about a training that is being set up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.checkpoint.allowed import require_allowed
from backends.checkpoint.folder import Checkpoint
from backends.errors import UserFacingError
from backends.policy.site_policy import site_policy
from backends.training.checking import methods_of
from backends.training.values import Method, TrainingRequest
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.training.listing import free_output_folder, result_name
from baichuan_desktop.services.training.presets import TrainingPreset, presets_for
from baichuan_desktop.services.training.rehearsal import own_answers
from baichuan_desktop.services.training.tuner import Tuner
from baichuan_desktop.services.training.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Looked:
    """A model on this machine, for one request."""

    model: InstalledModel
    presets: Sequence[TrainingPreset]
    methods: Sequence[Method]  #: those with which the model can be trained as it is stored
    verdict: Verdict | UserFacingError
    name: str  #: that is proposed for the result
    folder: Path  #: likewise
    own_answers: Path | None  #: data that keep it from forgetting what it knows


def look(
    tuner: Tuner, model: InstalledModel, request: TrainingRequest, longest: int | None
) -> Looked:
    """Read the model's headers, and compare what the training takes with what the machine has.

    `longest` is the tokens of the longest example, where they are counted. Raises CheckpointError,
    PolicyError.
    """
    checkpoint = Checkpoint.open(model.path)
    require_allowed(checkpoint, site_policy())
    found: Verdict | UserFacingError
    try:
        found = tuner.estimate(request, checkpoint.config, longest)
    except UserFacingError as error:
        found = error
    return Looked(
        model,
        presets_for(checkpoint.config),
        methods_of(checkpoint.stored),
        found,
        result_name(model, request.method),
        free_output_folder(model, request.method),
        own_answers(model.path),
    )
