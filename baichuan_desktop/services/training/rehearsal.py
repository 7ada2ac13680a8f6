"""The guide's own questions and answers, which it forgets unless they are learnt along."""

from __future__ import annotations

import filecmp
from dataclasses import replace
from pathlib import Path
from typing import Final

from backends.phrases import Phrase
from backends.training.values import TrainingRequest
from baichuan_desktop.services.app_paths import resource

#: The file with them, in the layout of conversations.
ANSWERS: Final = resource("guide_answers.jsonl")
_WEIGHTS: Final = "model.safetensors"


def own_answers(model: Path) -> Path | None:
    """The file of data with what a model answers already; None unless it is the shipped guide.

    A copy of the guide counts: its weights tell.
    """
    own, weights = resource("guide_model") / _WEIGHTS, model / _WEIGHTS
    is_guide = weights.is_file() and filecmp.cmp(own, weights, shallow=False)
    return ANSWERS if is_guide else None


def rehearsed(request: TrainingRequest, answers: Path) -> TrainingRequest:
    """The request with those answers among its data, once."""
    data = request.data
    if str(answers) in data.files:
        return request
    return replace(request, data=data.with_files((*data.files, str(answers))))


def rehearsal_note() -> Phrase:
    """What is told where those answers are learnt along."""
    return Phrase("The guide's own answers are learnt too, so that it keeps them.")


def forgetting_note() -> Phrase:
    """What is told where the guide is trained without them."""
    return Phrase("The guide forgets its own answers unless they are among the data.")
