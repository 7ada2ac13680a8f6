"""What there is to go on from, and whether it is the same training; no tensor is opened."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...errors import DamagedTrainingError, ResumeMismatchError
from ...files.partial_folder import partial_of
from ...model_config import shown
from ...phrases import Phrase
from ...protocol.typed_json import from_json, to_json
from ..events import TrainingBegan
from ..values import TrainingRequest
from .moving import has_whole_result, read_result
from .output import checkpoint_folder, kept_steps
from .record import curve_from
from .sealed import RESULT, read_json_file, read_sealed, require_files, sealed_files
from .values import LossCurve, Snapshot, Sources

#: The manifest of a checkpoint, and what of it is no tensor.
CHECKPOINT_MANIFEST: Final = "checkpoint.json"
STATE_FILE: Final = "state.json"


@dataclass(frozen=True, slots=True)
class Resumable:
    """A training that can go on, as its newest checkpoint tells."""

    folder: str  #: of the checkpoint
    request: TrainingRequest  #: as it was asked for then
    sources: Sources
    began: TrainingBegan
    step: int  #: that was kept
    epoch: float
    last_loss: float | None  #: of that step
    best_step: int | None
    kept_at: str  #: in UTC, ISO 8601

    @property
    def total_steps(self) -> int:
        """Of the whole training."""
        return self.began.total_steps


def head_json(snapshot: Snapshot, kept_at: str) -> dict[str, object]:
    """What the manifest of a checkpoint says of it, from which `resumable` is read."""
    steps = snapshot.curve.steps
    return {
        "request": to_json(snapshot.request),
        "sources": to_json(snapshot.sources),
        "began": to_json(snapshot.began),
        "step": snapshot.step,
        "epoch": snapshot.epoch,
        "last_loss": steps[-1].loss if steps else None,
        "best_step": snapshot.best_step,
        "kept_at": kept_at,
    }


def newest_checkpoint(output: Path) -> Path | None:
    """The newest checkpoint there, whole or damaged; None if there is none.

    One that was written half has no such name, and is none.
    """
    steps = kept_steps(output)
    return checkpoint_folder(output, steps[-1]) if steps else None


def read_head(checkpoint: Path) -> Resumable:
    """What a checkpoint says of itself; its files are there. Raises DamagedTrainingError."""
    content = read_sealed(checkpoint, CHECKPOINT_MANIFEST)
    require_files(checkpoint, sealed_files(content))
    found = _resumable(checkpoint, checkpoint / CHECKPOINT_MANIFEST, content)
    if checkpoint.name != checkpoint_folder(checkpoint.parent, found.step).name:
        what = Phrase("it is of step {step}, whatever its folder is called", step=found.step)
        raise DamagedTrainingError(checkpoint / CHECKPOINT_MANIFEST, what)
    return found


def resumable(output: Path) -> Resumable | None:
    """What could go on in a folder; None if there is nothing. Raises DamagedTrainingError."""
    newest = newest_checkpoint(output)
    if newest is not None:
        return read_head(newest)
    if not has_whole_result(output):
        return None
    grown = partial_of(output / RESULT)  # of a run that was killed when all was written
    return _resumable(grown, grown, read_result(output)[0])


def kept_curve(output: Path) -> LossCurve:
    """The curve up to the newest checkpoint; empty if there is none.

    Raises DamagedTrainingError.
    """
    newest = newest_checkpoint(output)
    if newest is None:
        return LossCurve()
    file = newest / STATE_FILE
    try:
        return curve_from(read_json_file(file)["curve"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedTrainingError(file, Phrase("it holds no loss curve")) from error


# --- whether it is the same training -------------------------------------------------------


#: What may be another one when a training goes on: nothing of it changes what is learnt. That an
#: evaluation comes at another time may: another step can be the best one then.
_MAY_CHANGE: Final = (
    "model", "model_name", "licence", "resume",  # the model is told by its content
    "data.files", "data.eval_files",  # as are the data
    "keeping.output", "keeping.save", "keeping.save_steps", "keeping.save_limit",
    "keeping.logging_steps",
    "optimization.eval_batch_size", "optimization.gradient_checkpointing",
    "device", "several.processes", "several.hostfile",  # what they come to: `require_same_run`
)  # fmt: skip


def require_same(request: TrainingRequest, kept: TrainingRequest, output: Path) -> None:
    """Raise ResumeMismatchError, which names the setting, unless both compute the same."""
    wanted, found = dict(_settings("", request)), dict(_settings("", kept))
    for name, value in wanted.items():
        if name not in _MAY_CHANGE and value != found[name]:
            what = Phrase(
                "“{setting}” is {wanted}, and it was begun with {kept}",
                setting=name.rpartition(".")[2],
                wanted=_told(value),
                kept=_told(found[name]),
            )
            raise ResumeMismatchError(output, what)


def require_same_run(compute: str, processes: int, kept: TrainingBegan, output: Path) -> None:
    """Raise ResumeMismatchError unless it is computed in the same type, by as many processes.

    Both are what a request came to on this machine, as `TrainingBegan` tells them.
    """
    if compute != kept.compute:
        what = Phrase(
            "it would be computed in {wanted} here, and it was begun in {kept}",
            wanted=compute,
            kept=kept.compute,
        )
        raise ResumeMismatchError(output, what)
    if processes != kept.processes:
        what = Phrase(
            "it would be shared by {wanted} processes, and it was begun with {kept}",
            wanted=processes,
            kept=kept.processes,
        )
        raise ResumeMismatchError(output, what)


def require_same_sources(sources: Sources, kept: Sources, output: Path) -> None:
    """Raise ResumeMismatchError, which names the file, unless model and data are the same."""
    before = {one.sha256 for one in kept.base}
    if {one.sha256 for one in sources.base} != before:
        other = next((one for one in sources.base if one.sha256 not in before), sources.base[0])
        what = Phrase("the model is another one (“{file}” has another content)", file=other.name)
        raise ResumeMismatchError(output, what)
    for now, then in ((sources.data, kept.data), (sources.eval_data, kept.eval_data)):
        if len(now) != len(then):
            what = Phrase(
                "there are {now} files of data, and it was begun with {then}",
                now=len(now),
                then=len(then),
            )
            raise ResumeMismatchError(output, what)
        for one, other in zip(now, then, strict=True):
            if one.sha256 != other.sha256:
                what = Phrase("the data in “{file}” have changed since", file=one.name)
                raise ResumeMismatchError(output, what)


def _settings(prefix: str, value: Any) -> list[tuple[str, object]]:
    """Name and value of each setting; those inside of others have names with dots."""
    found: list[tuple[str, object]] = []
    for one in dataclasses.fields(value):
        inner, name = getattr(value, one.name), prefix + one.name
        if dataclasses.is_dataclass(inner):
            found += _settings(f"{name}.", inner)
        else:
            found.append((name, inner))
    return found


def _told(value: object) -> str:
    return shown(to_json(value))


def _resumable(folder: Path, file: Path, content: Mapping[str, Any]) -> Resumable:
    try:
        return Resumable(
            folder=str(folder),
            request=from_json(TrainingRequest, content["request"]),
            sources=from_json(Sources, content["sources"]),
            began=from_json(TrainingBegan, content["began"]),
            step=int(content["step"]),
            epoch=float(content["epoch"]),
            last_loss=content["last_loss"],
            best_step=content["best_step"],
            kept_at=str(content["kept_at"]),
        )
    except Exception as error:  # anything: the fields of another version
        raise DamagedTrainingError(file, Phrase("another version of this app wrote it")) from error
