"""The result of a training, written whole or not at all into a folder that held its checkpoints."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ...checkpoint.folder import Checkpoint
from ...checkpoint.manifest import MANIFEST, MANIFEST_VERSION
from ...copying.side_files import read_own_file
from ...errors import DamagedTrainingError, ResultUnwrittenError, TrainingError, UserFacingError
from ...events import JobProgress, JobStep
from ...files.partial_folder import is_taken
from ...licences.changes_note import changes_note
from ...licences.licence_files import CHANGES_FILE, licence_names
from ...operating_system import long_path
from ...phrases import Phrase
from ...protocol.typed_json import to_json
from ..events import TrainingReady
from .adapter_result import AdapterFiles
from .checkpoints import Tell, read_weights, write_checkpoint
from .model_result import ModelFiles
from .moving import RESULT_MANIFEST, has_whole_result, move_result
from .output import checkpoint_folder, kept_steps, remove_checkpoints, require_room, writing
from .record import base_name, own_versions, record_files, utc_now
from .resume import head_json, read_head
from .sealed import RESULT, GrowingFolder, json_bytes
from .values import Snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What goes into the result."""

    weights: Mapping[str, Tensor]
    step: int  #: that they are of
    notes: tuple[Phrase, ...] = ()


def write_result(output: Path, snapshot: Snapshot, tell: Tell = lambda _: None) -> TrainingReady:
    """Write the result of a training that is done; `snapshot` is of its last step.

    All that was learnt is kept in a checkpoint of the last step before, and checkpoints are taken
    away afterwards: nobody needs them beside a whole result. Raises ResultUnwrittenError, which
    says what is kept; what of the result was written is taken away then, or moved at the next run
    if it was whole.
    """
    _keep_last(output, snapshot, tell)
    try:
        _grow(output, snapshot, _learnt(output, snapshot), tell)
        with writing(output, 0):
            return move_result(output, lambda: remove_checkpoints(output))
    except UserFacingError as error:
        reason = Phrase(error.template, **error.facts)
        kept = snapshot.step if has_whole_result(output) else _kept_step(output)
        raise ResultUnwrittenError(output, reason, step=snapshot.step, kept_step=kept) from error


def _keep_last(output: Path, snapshot: Snapshot, tell: Tell) -> None:
    """Keep a checkpoint of the last step, if there is none and there is room for one."""
    try:
        write_checkpoint(output, snapshot, tell)
    except TrainingError as error:  # the result may fit all the same
        log.warning("No checkpoint of the last step: %s", error)


def _kept_step(output: Path) -> int | None:
    """The step of the newest checkpoint that is whole."""
    for step in reversed(kept_steps(output)):
        with contextlib.suppress(DamagedTrainingError):
            return read_head(checkpoint_folder(output, step)).step
    return None


def _learnt(output: Path, snapshot: Snapshot) -> _Learnt:
    """The last weights, or the best ones where they are wanted. Raises DamagedTrainingError."""
    best = snapshot.best_step if snapshot.request.keeping.load_best else None
    if best is None or best == snapshot.step:
        return _Learnt(snapshot.weights, snapshot.step)
    folder = checkpoint_folder(output, best)
    if is_taken(folder):
        return _Learnt(read_weights(folder), best)
    note = Phrase(
        "The checkpoint with the least loss of evaluation (step {best}) is not there any more, so "
        "these are the weights of the last step.",
        best=best,
    )
    return _Learnt(snapshot.weights, snapshot.step, (note,))


def _grow(output: Path, snapshot: Snapshot, learnt: _Learnt, tell: Tell) -> None:
    """Write all of the result where it grows. Raises UserFacingError; nothing is left then."""
    request = snapshot.request
    checkpoint = Checkpoint.open(Path(request.model))
    made = (
        AdapterFiles(request, checkpoint, learnt.weights)
        if request.method.makes_adapter
        else ModelFiles(checkpoint, learnt.weights)
    )
    small = {**made.files, **_licences(snapshot, checkpoint.folder)}
    total = sum(spec.nbytes for shard in made.shards for spec in shard.tensors)
    needed = total + sum(map(len, (*small.values(), *_record(snapshot, learnt, {}).values())))
    require_room(output, needed)
    with writing(output, needed), GrowingFolder(output / RESULT) as growing:
        done = 0
        for shard in made.shards:
            blocks = (made.raw(spec.name) for spec in shard.tensors)
            for count in growing.put_tensors(shard, blocks):
                done += count
                tell(JobProgress(JobStep.WRITE, done, total))
        for name, content in small.items():
            growing.put(name, content)
        for name, content in _record(snapshot, learnt, dict(growing.files)).items():
            growing.put(name, content)
        if not request.method.makes_adapter:
            growing.put(MANIFEST, _manifest(snapshot, growing.files))
        made.require_whole(growing.path)
        ready = _ready(output, snapshot, (*learnt.notes, *made.notes), growing.files)
        head = head_json(snapshot, utc_now())
        growing.seal(RESULT_MANIFEST, {**head, "ready": to_json(ready)})
        growing.keep()


def _record(
    snapshot: Snapshot, learnt: _Learnt, written: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, bytes]:
    return record_files(snapshot, weights_step=learnt.step, written=written)


def _ready(
    output: Path,
    snapshot: Snapshot,
    notes: tuple[Phrase, ...],
    files: Mapping[str, Mapping[str, int]],
) -> TrainingReady:
    steps = snapshot.curve.steps
    if kept_steps(output):
        gone = Phrase("Its checkpoints were taken away: the result holds all that was learnt.")
        notes = (*notes, gone)
    return TrainingReady(
        folder=str(output),
        is_adapter=snapshot.request.method.makes_adapter,
        bytes_on_disk=sum(one["size"] for one in files.values()),
        steps=snapshot.step,
        last_loss=steps[-1].loss if steps else 0.0,
        best_step=snapshot.best_step if snapshot.request.keeping.load_best else None,
        notes=notes,
    )


def _licences(snapshot: Snapshot, source: Path) -> Mapping[str, bytes]:
    """The licences of the model, and the note on what was changed, which they ask for."""
    found = {name: read_own_file(source / name) for name in licence_names(source)}
    earlier = source / CHANGES_FILE
    note = changes_note(
        base_name(snapshot.request),
        _options(snapshot),
        own_versions(),
        earlier=read_own_file(earlier) if long_path(earlier).exists() else b"",
        licence="" if found else snapshot.request.licence,
    )
    return {**found, CHANGES_FILE: note}


def _options(snapshot: Snapshot) -> Mapping[str, object]:
    """What was done, in the words of the note and the manifest."""
    data = {one.name: one.sha256 for one in snapshot.sources.data}
    return {"fine_tuning": snapshot.request.method.value, "steps": snapshot.step, "data": data}


def _manifest(snapshot: Snapshot, files: Mapping[str, Mapping[str, object]]) -> bytes:
    """What each folder of a model that this app writes says of its files."""
    source = {one.name: one.sha256 for one in snapshot.sources.base}
    return json_bytes({
        "schema_version": MANIFEST_VERSION,
        "files": dict(files),
        "provenance": {
            "source": {"folder": base_name(snapshot.request), "sha256": source},
            "options": _options(snapshot),
            "versions": own_versions(),
        },
    })  # fmt: skip
