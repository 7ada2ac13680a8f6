"""Checkpoints of a training: written whole or not at all, read only if not a byte was changed.

OUTPUT/checkpoint-STEP/
weights.safetensors      what is trained
optimizer.safetensors    PARAMETER/exp_avg, PARAMETER/exp_avg_sq, PARAMETER/step
random.safetensors       RANK/torch, RANK/python, …
state.json               settings of the optimiser, schedule, scaler, loss curve
trainer_state.json       what the loop of transformers knows
checkpoint.json          request, sources, versions; every other file with its SHA-256
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from torch import Tensor

from ...errors import DamagedTrainingError
from ...events import JobProgress, JobStep
from ...machine.hardware import ran_out_of_memory
from ...operating_system import long_path
from ...phrases import Phrase
from .output import checkpoint_folder, kept_steps, remove_checkpoints, require_room, writing
from .record import curve_from, curve_json, own_versions, utc_now
from .resume import CHECKPOINT_MANIFEST, STATE_FILE, Resumable, head_json, read_head
from .sealed import (
    GrowingFolder,
    checking_content,
    json_bytes,
    read_json_file,
    read_sealed,
    remove_folder,
    sealed_files,
)
from .tensors import bytes_of, flattened, put_shards, read_tensors, shards_of, unflattened
from .values import Snapshot

#: Where transformers looks for the state of its loop.
TRAINER_STATE: Final = "trainer_state.json"

#: What is told of the bytes that are written.
Tell = Callable[[JobProgress], object]


def checkpoint_bytes(snapshot: Snapshot) -> int:
    """What the tensors of a checkpoint take on disk, in bytes."""
    return bytes_of(one for group in _tensors(snapshot).values() for one in group.values())


def write_checkpoint(output: Path, snapshot: Snapshot, tell: Tell = lambda _: None) -> Path:
    """Keep a training in a folder of `output`; gives that folder.

    One of this step that is there and whole stays as it is. Then the oldest go, until `save_limit`
    are left; the best one stays beside them. Raises OutputFullError, OutputUnwritableError; earlier
    checkpoints are whole in any case, and nothing of this one is left.
    """
    folder = checkpoint_folder(output, snapshot.step)
    with contextlib.suppress(DamagedTrainingError):
        read_head(folder)  # of the same training: nothing else may go on in this folder
        return folder
    needed = checkpoint_bytes(snapshot)
    if long_path(output.parent).is_dir():
        with writing(output, needed):  # somebody may have taken the folder away meanwhile
            long_path(output).mkdir(exist_ok=True)
    require_room(output, needed)
    with writing(output, needed):
        remove_folder(folder)  # which is damaged
        with GrowingFolder(folder) as growing:
            _write(growing, snapshot, needed, tell)
            growing.finish()
    _prune(output, snapshot)
    return folder


def read_checkpoint(folder: Path, tell: Tell = lambda _: None) -> Snapshot:
    """The training that was kept in a folder; what is large of it is mapped.

    Every file is read first, and compared with what was written. Raises DamagedTrainingError.
    """
    head = read_head(folder)
    files = sealed_files(read_sealed(folder, CHECKPOINT_MANIFEST))
    for progress in checking_content(folder, files):
        tell(progress)

    def tensors(stem: str) -> dict[str, Tensor]:
        names = (one.name for one in files if one.name.endswith(".safetensors"))
        return read_tensors(folder / name for name in names if name.startswith(stem))

    state, trainer = read_json_file(folder / STATE_FILE), read_json_file(folder / TRAINER_STATE)
    try:
        _require_one_step(head, trainer["global_step"])
        optimizer = state["optimizer"]
        return Snapshot(
            request=head.request,
            sources=head.sources,
            began=head.began,
            step=head.step,
            epoch=head.epoch,
            curve=curve_from(state["curve"]),
            weights=tensors("weights"),
            optimizer=unflattened(tensors("optimizer"), optimizer["numbers"], optimizer["groups"]),
            scheduler=state["scheduler"],
            random=_by_rank(tensors("random")),
            trainer=trainer,
            scaler=state["scaler"],
            best_step=head.best_step,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedTrainingError(
            folder / STATE_FILE, Phrase("another version of this app wrote it")
        ) from error


@contextlib.contextmanager
def restoring(output: Path, kept: Snapshot) -> Iterator[None]:
    """Raise whatever does not fit a model, or its optimiser, as DamagedTrainingError."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        if ran_out_of_memory(error):
            raise
        raise DamagedTrainingError(
            checkpoint_folder(output, kept.step), Phrase("it does not fit this model")
        ) from error


def read_weights(folder: Path) -> Mapping[str, Tensor]:
    """What was learnt by then. Raises DamagedTrainingError."""
    return read_checkpoint(folder).weights


def _require_one_step(head: Resumable, step: object) -> None:
    if step != head.step:
        raise ValueError("its files are not of one step")


def _tensors(snapshot: Snapshot) -> dict[str, Mapping[str, Tensor]]:
    """All tensors, by the file that they lie in."""
    random = {
        f"{rank}/{name}": state
        for rank, states in enumerate(snapshot.random)
        for name, state in states.items()
    }
    optimizer, _ = flattened(snapshot.optimizer)
    groups = {"weights": snapshot.weights, "optimizer": optimizer, "random": random}
    return {stem: tensors for stem, tensors in groups.items() if tensors}


def _write(growing: GrowingFolder, snapshot: Snapshot, total: int, tell: Tell) -> None:
    done = 0
    for stem, tensors in _tensors(snapshot).items():
        for count in put_shards(growing, shards_of(stem, tensors), tensors):
            done += count
            tell(JobProgress(JobStep.WRITE, done, total))
    _, numbers = flattened(snapshot.optimizer)
    state = {
        "optimizer": {"groups": list(snapshot.optimizer.groups), "numbers": numbers},
        "scheduler": snapshot.scheduler,
        "scaler": snapshot.scaler,
        "curve": curve_json(snapshot.curve),
    }
    growing.put(STATE_FILE, json_bytes(state, indent=None))
    growing.put(TRAINER_STATE, json_bytes(snapshot.trainer))
    head = head_json(snapshot, utc_now())
    growing.seal(CHECKPOINT_MANIFEST, {**head, "versions": own_versions()})


def _by_rank(tensors: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
    found: dict[int, dict[str, Tensor]] = {}
    for whole, state in tensors.items():
        rank, _, name = whole.partition("/")
        found.setdefault(int(rank), {})[name] = state
    return [found[rank] for rank in sorted(found)]


def _prune(output: Path, snapshot: Snapshot) -> None:
    limit = max(snapshot.request.keeping.save_limit, 1)
    steps = kept_steps(output)
    oldest = steps[: max(len(steps) - limit, 0)]
    remove_checkpoints(output, [step for step in oldest if step != snapshot.best_step])
