"""Whether what fine-tuning computes with is installed: extras of the app, which may be missing."""

from __future__ import annotations

import importlib.util

from backends.errors.training import TrainingLibrariesError
from backends.training.values import Method, TrainingRequest

#: What any training is computed with: the extra “finetune”.
_NEEDED = ("torch", "transformers", "peft", "accelerate")


def refusal(request: TrainingRequest | None = None) -> TrainingLibrariesError | None:
    """What says that a library is missing; None where all are there. Imports none.

    None asks for what each training needs, a request for what just this one does.
    """
    names = [(name, "finetune") for name in _NEEDED]
    if request is not None and request.method is Method.QLORA:
        names.append(("bitsandbytes", "finetune"))
    if request is not None and request.several.deepspeed is not None:
        names.append(("deepspeed", "deepspeed"))
    for name, extra in names:
        if importlib.util.find_spec(name) is None:
            return TrainingLibrariesError(name, extra)
    return None


def require_libraries(request: TrainingRequest) -> None:
    """Raise TrainingLibrariesError for the first one that is missing."""
    if (error := refusal(request)) is not None:
        raise error
