from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from backends.errors import (
    DamagedTrainingError,
    OutputFullError,
    OutputUnwritableError,
    TrainingError,
)
from backends.events import JobProgress, JobStep
from backends.training.keeping import sealed
from backends.training.keeping.checkpoints import (
    checkpoint_bytes,
    read_checkpoint,
    write_checkpoint,
)
from backends.training.keeping.output import kept_steps
from backends.training.keeping.resume import newest_checkpoint
from backends.training.keeping.values import OptimizerState, Snapshot
from tests.helpers.toy_training import after

FILES = (
    "checkpoint.json", "optimizer.safetensors", "random.safetensors", "state.json",
    "trainer_state.json", "weights.safetensors",
)  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def assert_same(found: Snapshot, expected: Snapshot) -> None:
    nothing = OptimizerState({}, [])
    assert replace(found, weights={}, optimizer=nothing, random=[]) == replace(
        expected, weights={}, optimizer=nothing, random=[]
    )
    assert found.weights.keys() == expected.weights.keys()
    for name, tensor in expected.weights.items():
        assert torch.equal(found.weights[name], tensor)
    assert found.optimizer.groups == expected.optimizer.groups
    for name, values in expected.optimizer.state.items():
        for key, value in values.items():
            assert torch.equal(
                torch.as_tensor(found.optimizer.state[name][key]), torch.as_tensor(value)
            )
    for ours, theirs in zip(found.random, expected.random, strict=True):
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


# --- what is written and read ------------------------------------------------------------


def test_what_is_read_is_what_was_kept(out: Path) -> None:
    snapshot = replace(after(3, out), best_step=2, scaler={"scale": 65_536.0, "growth_factor": 2.0})

    folder = write_checkpoint(out, snapshot)

    assert folder == out / "checkpoint-3" == newest_checkpoint(out)
    assert_same(read_checkpoint(folder), snapshot)


def test_several_processes_have_random_numbers_of_their_own(out: Path) -> None:
    snapshot = after(1, out)
    ranks = [{"torch": torch.full((4,), number, dtype=torch.uint8)} for number in range(11)]

    found = read_checkpoint(write_checkpoint(out, replace(snapshot, random=ranks)))

    assert [int(states["torch"][0]) for states in found.random] == list(range(11))


def test_a_checkpoint_holds_safetensors_and_json_alone(out: Path) -> None:
    folder = write_checkpoint(out, after(2, out))

    assert tuple(sorted(file.name for file in folder.iterdir())) == FILES
    assert [file.name for file in out.iterdir()] == ["checkpoint-2"]
    for file in folder.iterdir():
        data = file.read_bytes()
        assert data.startswith(b"{") if file.suffix == ".json" else data[8:9] == b"{"


def test_progress_is_told_up_to_the_last_byte(out: Path) -> None:
    told: list[JobProgress] = []

    write_checkpoint(out, snapshot := after(1, out), told.append)

    total = checkpoint_bytes(snapshot)
    assert told[-1] == JobProgress(JobStep.WRITE, total, total)
    assert [one.done_bytes for one in told] == sorted(one.done_bytes for one in told)


def test_the_oldest_go_and_the_best_one_stays(out: Path) -> None:
    snapshot = replace(after(1, out, save_limit=2), best_step=2)

    for step in (1, 2, 9, 10, 100):
        write_checkpoint(out, replace(snapshot, step=step))

    assert kept_steps(out) == [2, 10, 100]
    assert sorted(file.name for file in out.iterdir()) == [
        "checkpoint-10", "checkpoint-100", "checkpoint-2",
    ]  # fmt: skip


def test_a_checkpoint_that_cannot_be_taken_away_keeps_nobody_from_training(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = after(1, out, save_limit=1)
    write_checkpoint(out, snapshot)

    def rename(source: Path, target: Path) -> None:
        if source.name == "checkpoint-1":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        source.rename(target)

    monkeypatch.setattr("backends.training.keeping.sealed.rename", rename)
    write_checkpoint(out, replace(snapshot, step=2))

    assert kept_steps(out) == [1, 2]
    assert read_checkpoint(out / "checkpoint-1").step == 1


def test_a_step_that_was_kept_before_stays_as_it_is_unless_it_was_cut(out: Path) -> None:
    snapshot = after(1, out)
    file = write_checkpoint(out, snapshot) / "weights.safetensors"
    before = file.stat().st_ino

    write_checkpoint(out, snapshot)
    assert file.stat().st_ino == before

    file.write_bytes(b"cut")
    write_checkpoint(out, snapshot)
    assert_same(read_checkpoint(out / "checkpoint-1"), snapshot)


def test_a_file_that_somebody_put_beside_is_not_read(out: Path) -> None:
    folder = write_checkpoint(out, snapshot := after(1, out))
    shutil.copy(folder / "random.safetensors", folder / "weights-2.safetensors")

    assert_same(read_checkpoint(folder), snapshot)


def test_large_files_are_mapped(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.training.keeping.tensors._READ_BYTES", 0)
    folder = write_checkpoint(out, snapshot := after(1, out))

    found = read_checkpoint(folder)
    found.weights[next(iter(found.weights))].fill_(7.0)

    assert_same(read_checkpoint(folder), snapshot)


# --- damage --------------------------------------------------------------------------------


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 2)  # the last byte ends a line


def _changed(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def _gone(file: Path) -> None:
    file.unlink()


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [_cut, _changed, _gone, _a_folder])
def test_a_changed_checkpoint_is_refused_and_its_file_is_named(
    name: str, damage: Callable[[Path], None], out: Path
) -> None:
    write_checkpoint(out, replace(snapshot := after(1, out), step=1))
    folder = write_checkpoint(out, replace(snapshot, step=2))
    damage(folder / name)

    with pytest.raises(DamagedTrainingError) as caught:
        read_checkpoint(folder)

    assert f"“{folder / name}” is not what was kept of the training: " in str(caught.value)
    assert newest_checkpoint(out) == folder  # an older one is not taken behind one's back
    shutil.rmtree(folder)  # as the hint says
    assert read_checkpoint(newest_checkpoint(out) or out).step == 1


def test_every_bit_of_the_manifest_is_sealed(out: Path) -> None:
    folder = write_checkpoint(out, after(1, out))
    file = folder / "checkpoint.json"
    content = json.loads(file.read_bytes())
    for key in content:
        file.write_text(json.dumps({name: one for name, one in content.items() if name != key}))
        with pytest.raises(DamagedTrainingError, match="changed after it was written"):
            read_checkpoint(folder)


def test_a_checkpoint_of_a_newer_version_is_told_as_such(out: Path) -> None:
    folder = write_checkpoint(out, after(1, out))
    file = folder / "checkpoint.json"
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "schema_version": 2}))

    with pytest.raises(DamagedTrainingError, match="a newer version of this app wrote it"):
        read_checkpoint(folder)


def test_what_is_half_written_is_no_checkpoint(out: Path) -> None:
    whole = write_checkpoint(out, after(1, out))
    shutil.copytree(whole, out / "checkpoint-5.partial")
    (out / "checkpoint-x").mkdir()

    assert newest_checkpoint(out) == whole


# --- when it cannot be written -------------------------------------------------------------


def assert_only_the_first_is_there(out: Path) -> None:
    assert [file.name for file in out.iterdir()] == ["checkpoint-1"]
    assert read_checkpoint(out / "checkpoint-1").step == 1


def test_a_drive_without_room_is_seen_before_anything_is_written(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_checkpoint(out, snapshot := after(1, out))
    usage = shutil.disk_usage(out)._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(OutputFullError) as caught:
        write_checkpoint(out, replace(snapshot, step=2))

    assert str(caught.value) == (
        f"What is to be saved in “{out}” takes 0.1 GiB, but only 0.0 GiB is free there."
    )
    assert_only_the_first_is_there(out)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_drive_that_fills_up_meanwhile_leaves_earlier_checkpoints_whole(
    number: int, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file it shows in."""
    write_checkpoint(out, snapshot := after(1, out))
    real = os.fsync
    for call in range(7):  # five files, the manifest, the folder
        calls = itertools.count()

        def fsync(descriptor: int, calls: itertools.count[int] = calls, call: int = call) -> None:
            if next(calls) == call:
                raise OSError(number, os.strerror(number))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

        with pytest.raises(OutputFullError):
            write_checkpoint(out, replace(snapshot, step=2))

        assert_only_the_first_is_there(out)


def test_a_file_that_the_system_lets_grow_no_further(out: Path) -> None:
    """A real limit of the system, in the middle of a file's bytes."""
    resource = pytest.importorskip("resource")
    import signal

    write_checkpoint(out, snapshot := after(1, out))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, before[1]))
    try:
        with pytest.raises(OutputUnwritableError) as caught:
            write_checkpoint(out, replace(snapshot, step=2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)

    assert os.strerror(errno.EFBIG) in str(caught.value)
    assert_only_the_first_is_there(out)


def test_a_folder_that_may_not_be_written_into(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by a stand-in: tests may run as root, whom no folder refuses."""
    real = Path.mkdir

    def mkdir(self: Path, *arguments: object, **options: object) -> None:
        if self.suffix == ".partial":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        real(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", mkdir)

    with pytest.raises(OutputUnwritableError) as caught:
        write_checkpoint(out, after(1, out))

    assert str(caught.value) == (
        f"Nothing can be written into “{out}” ({os.strerror(errno.EACCES)})."
    )


def test_a_folder_that_somebody_took_away_is_made_again(out: Path) -> None:
    write_checkpoint(out, after(1, out))
    shutil.rmtree(out)

    write_checkpoint(out, after(2, out))

    assert read_checkpoint(out / "checkpoint-2").step == 2


def test_a_drive_that_is_gone_is_told(out: Path) -> None:
    """Nothing is written into the place where it was."""
    inner = out / "drive" / "out"

    with pytest.raises(TrainingError) as caught:
        write_checkpoint(inner, after(1, out))

    assert str(inner) in str(caught.value)
    assert list(out.iterdir()) == []


# --- what is not ours ------------------------------------------------------------------------


def test_a_checkpoint_with_something_of_a_person_in_it_stays(out: Path) -> None:
    for step in (1, 2):
        write_checkpoint(out, after(step, out))
    (out / "checkpoint-1" / "notes.txt").write_text("mine")

    write_checkpoint(out, after(3, out))

    assert kept_steps(out) == [1, 2, 3]
    assert (out / "checkpoint-1" / "notes.txt").read_text() == "mine"
    assert read_checkpoint(out / "checkpoint-1").step == 1


def test_a_checkpoint_of_another_program_is_never_written_over(out: Path) -> None:
    theirs = out / "checkpoint-3" / "optimizer.pt"
    theirs.parent.mkdir()
    theirs.write_bytes(b"theirs")

    with pytest.raises(OutputUnwritableError):
        write_checkpoint(out, after(3, out))

    assert theirs.read_bytes() == b"theirs"


def test_a_checkpoint_that_was_given_the_name_of_another_step(out: Path) -> None:
    write_checkpoint(out, after(1, out)).rename(out / "checkpoint-3")

    with pytest.raises(DamagedTrainingError, match="it is of step 1"):
        read_checkpoint(out / "checkpoint-3")
    assert read_checkpoint(write_checkpoint(out, after(3, out))).step == 3


@pytest.mark.parametrize(
    "change",
    [
        {"files": []},
        {"files": {"state.json": 7}},
        {"files": {"state.json": {"size": "1", "sha256": ""}}},
        {"files": {"../x": {"size": 1, "sha256": ""}}},
        {"step": 10**30},
        {"step": -1},
        {"began": []},
    ],
)
def test_a_manifest_that_was_written_anew_by_somebody(out: Path, change: dict[str, Any]) -> None:
    folder = write_checkpoint(out, after(1, out))
    content = json.loads((folder / "checkpoint.json").read_text()) | change
    del content["seal"]
    content["seal"] = sealed._seal(content)
    (folder / "checkpoint.json").write_text(json.dumps(content))

    with pytest.raises(DamagedTrainingError):
        read_checkpoint(folder)
