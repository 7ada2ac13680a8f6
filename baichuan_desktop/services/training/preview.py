"""What the data of a training become: the first examples with what is trained, and figures."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from backends.checkpoint.allowed import open_allowed
from backends.phrases import Phrase
from backends.policy.site_policy import site_policy
from backends.training.data.masking import coding_of
from backends.training.data.preparing import preparing
from backends.training.data.preview import shown_examples
from backends.training.data.values import Counts, ShownExample
from backends.training.values import Data


@dataclass(frozen=True, slots=True)
class DataPreview:
    """The first examples, token by token, and the figures of all."""

    examples: tuple[ShownExample, ...]
    counts: Counts
    notes: tuple[Phrase, ...] = ()  #: what was cut or left out


def preview(
    model: Path,
    data: Data,
    *,
    seed: int,
    count: int = 3,
    cancel: threading.Event | None = None,
) -> DataPreview:
    """Read data in this process. Not for the window, where it takes the interpreter's lock.

    Once `cancel` is set, the figures are those of nothing. Raises TrainingDataError,
    TrainingSettingsError, CheckpointError, PolicyError, InvalidRequestError.
    """
    checkpoint, tokenizer = open_allowed(model, site_policy())
    coding = coding_of(checkpoint, tokenizer)
    examples = shown_examples(data, coding, count)
    job = preparing(data, coding, seed=seed)
    while True:
        try:
            next(job)
        except StopIteration as finished:
            return DataPreview(examples, finished.value.counts, finished.value.notes)
        if cancel is not None and cancel.is_set():
            job.close()
            return DataPreview(examples, Counts())
