"""Checkpoints of trainings without tensors: for what looks at them and computes nothing."""

from __future__ import annotations

import json
from pathlib import Path

from backends.training.keeping.output import checkpoint_folder
from backends.training.keeping.record import curve_json
from backends.training.keeping.resume import CHECKPOINT_MANIFEST, STATE_FILE, head_json
from backends.training.keeping.sealed import GrowingFolder
from backends.training.keeping.values import (
    LossCurve,
    OptimizerState,
    Snapshot,
    SourceFile,
    Sources,
)
from backends.training.values import TrainingRequest
from tests.helpers.scripted_training import began, step

SOURCES = Sources((SourceFile("model.safetensors", 1, "0" * 64),), ())


def keep_checkpoint(
    request: TrainingRequest,
    number: int,
    *,
    sources: Sources = SOURCES,
    kept_at: str = "2026-11-12T09:30:00+00:00",
) -> Path:
    """A whole checkpoint of a step, whose steps were told as those of a scripted training."""
    output = Path(request.keeping.output)
    output.mkdir(parents=True, exist_ok=True)
    curve = LossCurve([step(one) for one in range(1, number + 1)])
    snapshot = Snapshot(
        request, sources, began(), number, number / 4, curve, {}, OptimizerState({}, ()), {}, (), {}
    )
    folder = checkpoint_folder(output, number)
    with GrowingFolder(folder) as growing:
        growing.put(STATE_FILE, json.dumps({"curve": curve_json(curve)}).encode())
        growing.seal(CHECKPOINT_MANIFEST, head_json(snapshot, kept_at))
        growing.finish()
    return folder
