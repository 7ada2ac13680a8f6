"""What a result says of how it was made: `provenance.json`, and its loss curve in `training.json`.

The first is small and made to be shown: the app's library shows it with an adapter. Neither holds
a path of this machine.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from ...adapters.base_names import model_name
from ...adapters.provenance import FILE_NAME as PROVENANCE_FILE
from ...errors import DamagedTrainingError
from ...licences.changes_note import versions_of
from ...phrases import Phrase
from ...protocol.typed_json import from_json, to_json
from ..events import TrainingEvaluated, TrainingStep
from ..values import TrainingRequest
from .sealed import json_bytes, read_json_file
from .values import LossCurve, Snapshot, SourceFile

CURVE_FILE: Final = "training.json"
_LIBRARIES: Final = (
    "torch", "transformers", "peft", "accelerate", "bitsandbytes", "deepspeed"
)  # fmt: skip
_VERSION: Final = 1
#: A result may be a stranger's; so many are half a million steps.
_MAX_CURVE_BYTES = 2**26

_Row = TypeVar("_Row", TrainingStep, TrainingEvaluated)


def record_files(
    snapshot: Snapshot, *, weights_step: int, written: Mapping[str, Mapping[str, Any]]
) -> dict[str, bytes]:
    """Both files by name, of a result whose other files are `written`, by size and SHA-256.

    `weights_step` is the step that its weights are of.
    """
    return {
        PROVENANCE_FILE: json_bytes(_provenance(snapshot, weights_step, written)),
        CURVE_FILE: json_bytes(
            {"schema_version": _VERSION, **curve_json(snapshot.curve)}, indent=None
        ),
    }


def read_curve(folder: Path) -> LossCurve:
    """The loss curve of a result. Raises DamagedTrainingError."""
    file = folder / CURVE_FILE
    try:
        return curve_from(read_json_file(file, _MAX_CURVE_BYTES))
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedTrainingError(file, Phrase("it holds no loss curve")) from error


@functools.cache
def own_versions() -> dict[str, str]:
    """The versions of the app and of what computes, by name."""
    return versions_of(_LIBRARIES)


def utc_now() -> str:
    """This second in UTC, ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def base_name(request: TrainingRequest) -> str:
    """What the model is called, in words that mean something on another machine."""
    return request.model_name or model_name(Path(request.model))


def _provenance(
    snapshot: Snapshot, weights_step: int, written: Mapping[str, Mapping[str, Any]]
) -> dict[str, object]:
    request, began, curve = snapshot.request, snapshot.began, snapshot.curve
    result: dict[str, object] = {"step": weights_step, "steps": snapshot.step}
    if curve.steps:
        result |= {"first_loss": curve.steps[0].loss, "last_loss": curve.steps[-1].loss}
    if curve.evaluations:
        result["last_evaluation_loss"] = curve.evaluations[-1].loss
        result["least_evaluation_loss"] = min(one.loss for one in curve.evaluations)
    return {
        "schema_version": _VERSION,
        "finished_at": utc_now(),
        "base": {"name": base_name(request), "files": _files(snapshot.sources.base)},
        "data": {
            "files": _files(snapshot.sources.data),
            "evaluation_files": _files(snapshot.sources.eval_data),
            "examples": began.examples,
            "evaluation_examples": began.eval_examples,
            "trained_tokens": began.trained_tokens,
        },
        "settings": _settings(request),
        "result": {
            **result,
            "trained_parameters": began.trained_parameters,
            "all_parameters": began.all_parameters,
            "files": [{"name": name, **written[name]} for name in sorted(written)],
        },
        "run": {
            "device": began.device,
            "compute": began.compute,
            "processes": began.processes,
            "seed": request.optimization.seed,
        },
        "versions": own_versions(),
    }


def _files(files: Sequence[SourceFile]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for one in files:
        rows = {} if one.rows is None else {"rows": one.rows}
        found.append({"name": one.name, "size": one.size, "sha256": one.sha256, **rows})
    return found


def _settings(request: TrainingRequest) -> object:
    """All settings that decide what was computed, without folders and files of this machine."""
    settings = to_json(dataclasses.replace(request, model="", model_name="", licence=""))
    assert isinstance(settings, dict), "a request has fields"
    for name in ("model", "model_name", "licence", "resume", "keeping"):
        del settings[name]
    for name in ("files", "eval_files"):
        del settings["data"][name]
    if not request.method.makes_adapter:
        del settings["lora"]
    several = settings["several"]
    several["deepspeed"] = several["deepspeed"] is not None
    del several["hostfile"]
    keeping = request.keeping
    settings["evaluate"] = keeping.evaluate.value
    settings["load_best"] = keeping.load_best
    return settings


# --- the curve as JSON: a list for each column, so that a long one stays small --------------


def curve_json(curve: LossCurve) -> dict[str, object]:
    """What `json.dumps` can write of a curve."""
    return {
        "steps": _columns(TrainingStep, curve.steps),
        "evaluations": _columns(TrainingEvaluated, curve.evaluations),
    }


def curve_from(data: Any) -> LossCurve:
    """The curve that JSON describes. Raises nearly anything for what is none."""
    return LossCurve(
        _rows(TrainingStep, data["steps"]), _rows(TrainingEvaluated, data["evaluations"])
    )


def _columns(row: type[_Row], rows: Sequence[_Row]) -> dict[str, list[float]]:
    return {one.name: [getattr(each, one.name) for each in rows] for one in dataclasses.fields(row)}


def _rows(row: type[_Row], columns: Mapping[str, list[Any]]) -> list[_Row]:
    hints = typing.get_type_hints(row)
    names = [one.name for one in dataclasses.fields(row)]
    read = [[from_json(hints[name], value) for value in columns[name]] for name in names]
    return [row(*values) for values in zip(*read, strict=True)]
