from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import (
    NothingToResumeError,
    OutputBusyError,
    OutputTakenError,
    OutputUnwritableError,
    TrainingError,
)
from backends.training.keeping import output as own
from backends.training.keeping.checkpoints import write_checkpoint
from tests.helpers.toy_training import after


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "a" / "out"


def refusal(out: Path, *, resume: bool = False) -> TrainingError:
    """What is said before anything is written, and when it is claimed; the folder is as it was."""
    before = sorted(out.parent.rglob("*")) if out.parent.exists() else None
    with pytest.raises(TrainingError) as caught:
        own.require_output(out, resume=resume)
    with pytest.raises(TrainingError) as claimed, own.claimed_output(out, resume=resume):
        pass
    assert str(claimed.value) == str(caught.value)
    assert (sorted(out.parent.rglob("*")) if out.parent.exists() else None) == before
    return caught.value


def kept(out: Path, *steps: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for step in steps:
        write_checkpoint(out, after(step, out))


# --- a new training ------------------------------------------------------------------------


def test_a_folder_is_made_and_taken_away_if_nothing_was_kept(out: Path) -> None:
    own.require_output(out, resume=False)
    assert not out.parent.exists()

    with own.claimed_output(out, resume=False) as claim:
        assert out.is_dir()
        assert claim.finished is None

    assert not out.parent.exists()


def test_what_was_kept_stays(out: Path) -> None:
    with own.claimed_output(out, resume=False):
        kept(out, 1)

    assert own.kept_steps(out) == [1]


def test_an_empty_folder_that_was_there_stays(out: Path) -> None:
    out.mkdir(parents=True)

    with own.claimed_output(out, resume=False):
        pass

    assert out.is_dir()


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "adapter_config.json", "training.json", "checkpoint-x", "checkpoint-3", "result",
     "data.partial"],
)  # fmt: skip
def test_a_folder_that_holds_something_is_refused(name: str, out: Path) -> None:
    (out / name).mkdir(parents=True)

    error = refusal(out)

    assert isinstance(error, OutputTakenError)
    assert error.facts["name"] == name
    assert "--resume goes on with a training that lies there" in str(error.hint)


def test_what_a_system_puts_everywhere_is_no_hindrance(out: Path) -> None:
    out.mkdir(parents=True)
    (out / ".DS_Store").write_bytes(b"1")

    with own.claimed_output(out, resume=False):
        pass

    assert (out / ".DS_Store").read_bytes() == b"1"


def test_what_a_killed_run_left_half_is_taken_away(out: Path) -> None:
    for name, half in (("checkpoint-3", "weights"), ("result", "adapter_model")):
        (out / f"{name}.partial").mkdir(parents=True)
        (out / f"{name}.partial" / f"{half}.safetensors").write_bytes(b"half")

    with own.claimed_output(out, resume=False):
        assert list(out.iterdir()) == []


@pytest.mark.parametrize("name", ["checkpoint-3.partial", "result.partial"])
def test_a_folder_of_a_person_is_not_taken_for_one_that_was_left_half(out: Path, name: str) -> None:
    (out / name / "book").mkdir(parents=True)

    assert refusal(out).facts["name"] == f"{name}/book"
    own.discard(out)
    assert (out / name / "book").is_dir()


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to(path.parent.parent)])
def test_what_bears_such_a_name_and_is_no_folder(out: Path, make: Callable[[Path], None]) -> None:
    out.mkdir(parents=True)
    make(out / "checkpoint-3.partial")

    assert isinstance(refusal(out), OutputTakenError)


@pytest.mark.parametrize("name", ["checkpoint-٣", "checkpoint-007", "checkpoint-0"])
def test_names_that_are_none_of_ours(out: Path, name: str) -> None:
    (out / name).mkdir(parents=True)

    assert own.kept_steps(out) == []
    assert isinstance(refusal(out, resume=True), NothingToResumeError)


# --- a folder that is none -----------------------------------------------------------------


def test_a_file_in_the_place_of_the_folder(out: Path) -> None:
    out.parent.mkdir()
    out.write_text("mine")

    assert isinstance(refusal(out), OutputUnwritableError)
    assert out.read_text() == "mine"


def test_a_file_on_the_way_to_the_folder(out: Path) -> None:
    out.parent.write_text("mine")

    with pytest.raises(OutputUnwritableError):
        own.require_output(out, resume=False)
    assert out.parent.read_text() == "mine"


def test_a_folder_without_the_right_to_write(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by a stand-in: tests may run as root, whom no folder refuses."""
    out.mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)

    assert str(refusal(out)) == (
        f"Nothing can be written into “{out}” ({os.strerror(errno.EACCES)})."
    )


def test_a_path_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritableError, match="not UTF-8"):
        own.require_output(tmp_path / "a\udcff", resume=False)
    with pytest.raises(OutputUnwritableError):
        own.require_output(tmp_path / "a\0", resume=False)


# --- going on ------------------------------------------------------------------------------


def test_a_training_goes_on_beside_its_checkpoints(out: Path) -> None:
    kept(out, 1, 2)
    (out / "checkpoint-3.partial").mkdir()

    with own.claimed_output(out, resume=True):
        assert own.kept_steps(out) == [1, 2]
        assert not (out / "checkpoint-3.partial").exists()


@pytest.mark.parametrize("name", [None, "notes.txt", "checkpoint-3.partial", "training.json"])
def test_a_folder_without_a_checkpoint_holds_nothing_to_go_on_from(
    name: str | None, out: Path
) -> None:
    if name is not None:
        (out / name).mkdir(parents=True)

    assert isinstance(refusal(out, resume=True), NothingToResumeError)


def test_something_else_beside_checkpoints_is_refused(out: Path) -> None:
    kept(out, 1)
    (out / "notes.txt").write_text("mine")

    error = refusal(out, resume=True)

    assert isinstance(error, OutputTakenError)
    assert error.facts["name"] == "notes.txt"


@pytest.mark.parametrize("resume", [False, True])
def test_two_trainings_never_have_one_folder(out: Path, *, resume: bool) -> None:
    if resume:
        kept(out, 1)
    with (
        own.claimed_output(out, resume=resume),
        pytest.raises(OutputBusyError),
        own.claimed_output(out, resume=resume),
    ):
        pass

    with own.claimed_output(out, resume=resume):  # once the first has ended
        pass


# --- forgetting ----------------------------------------------------------------------------


def test_a_training_is_forgotten_with_its_folder(out: Path) -> None:
    kept(out, 1, 2)
    (out / "checkpoint-3.partial").mkdir()
    (out / "result.partial").mkdir()

    own.discard(out)

    assert not out.exists()
    own.discard(out)  # which is no error


def test_what_is_somebody_elses_is_not_forgotten(out: Path) -> None:
    kept(out, 1)
    (out / "notes.txt").write_text("mine")
    (out / "data.partial").mkdir()

    own.discard(out)

    assert sorted(file.name for file in out.iterdir()) == ["data.partial", "notes.txt"]


def test_a_training_that_runs_is_not_forgotten(out: Path) -> None:
    kept(out, 1)

    with own.claimed_output(out, resume=True), pytest.raises(OutputBusyError):
        own.discard(out)

    assert own.kept_steps(out) == [1]
