"""Ranks that compute nothing; those that train are in `test_two_processes.py`."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from backends.protocol.frames import Done, Failed
from backends.training.events import TrainingNote
from backends.training.values import Data, Keeping, Several, TrainingRequest
from backends.training.wire import TrainingPayload, read_training, write_training
from tests.helpers import scripted_rank

ROOT = Path(__file__).parents[4]


def _told(
    what: str, several: Several, variables: Mapping[str, str] | None = None
) -> list[TrainingPayload]:
    """Every frame of a training that ranks compute as `scripted_rank` says."""
    request = TrainingRequest(
        "model", Data(("data.json",)), Keeping("out"), several=several, model_name=what
    )
    asked = io.BytesIO()
    write_training(asked, request)
    done = subprocess.run(
        scripted_rank.COMMAND, input=asked.getvalue(), capture_output=True, check=False, cwd=ROOT,
        env={**os.environ, **(variables or {})},
    )  # fmt: skip
    frames = io.BytesIO(done.stdout)
    told = []
    while (payload := read_training(frames)) is not None:
        told.append(payload)
    assert told, done.stderr.decode()
    return told


def test_what_the_first_of_several_tells_is_passed_on() -> None:
    note, end = _told("ends well", Several(processes=2))

    assert isinstance(note, TrainingNote)
    world_size, port, threads = str(note.text).split()
    assert world_size == "2"
    assert port == "0"  # nobody listens
    assert int(threads) >= 1
    assert end == Done()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("is killed", "Process 1 of the training ended unexpectedly (exit code -9), and the "),
        ("fails", "It is rank 1."),
        pytest.param(
            "says nothing",
            "The first process of the training ended without a word.",
            marks=pytest.mark.slow,  # three seconds of a processor, as each of these
        ),
    ],
)
def test_how_ranks_ended_is_told_and_none_is_left(what: str, said: str, tmp_path: Path) -> None:
    """The first would sleep for ten minutes. Nor is left what a killed one left, long ago."""
    for name in ("baichuan-ranks-old", "baichuan-ranks-new"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / "baichuan-ranks-old", (0, 0))

    note, end = _told(what, Several(processes=2), {"TMPDIR": str(tmp_path)})

    assert [path.name for path in tmp_path.glob("baichuan-ranks-*")] == ["baichuan-ranks-new"]

    assert isinstance(note, TrainingNote)
    assert isinstance(end, Failed)
    assert end.exception().message.startswith(said)


def test_a_hostfile_that_does_not_begin_with_this_machine_is_told(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("192.0.2.77 slots=1\n192.0.2.78 slots=1", encoding="utf-8")

    (end,) = _told("ends well", Several(hostfile=str(file)))

    assert isinstance(end, Failed)
    assert "its first machine is “192.0.2.77”, which is not this one" in end.exception().message


def _instead_of_ssh(folder: Path, line: str) -> dict[str, str]:
    """The variables with which ssh is a line of a shell, in which `$line` is what it would run."""
    program = folder / "ssh"
    program.write_text(f"#!/bin/sh\nfor line; do :; done\n{line}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": os.pathsep.join([str(folder), os.environ["PATH"]])}


def _two_machines(folder: Path) -> Several:
    """Two addresses of this machine, with a process each."""
    file = folder / "hosts"
    file.write_text("127.0.0.1 slots=1\n127.0.0.2 slots=1", encoding="utf-8")
    return Several(hostfile=str(file))


@pytest.mark.skipif(sys.platform != "linux", reason="only there all of 127.0.0.0/8 is loopback")
def test_a_machine_that_ssh_does_not_reach_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    variables = _instead_of_ssh(tmp_path, "exit 255") | {"TMPDIR": str(tmp_path)}

    end = _told("ends well", _two_machines(tmp_path), variables)[-1]

    assert isinstance(end, Failed)
    assert end.exception().message == (
        "The part of the training on “127.0.0.2” ended unexpectedly (exit code 255), and the rest "
        "with it."
    )
    assert {path.name for path in tmp_path.iterdir()} == {"hosts", "ssh"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only there all of 127.0.0.0/8 is loopback")
def test_ranks_of_two_machines_meet_at_the_address_of_the_first(tmp_path: Path) -> None:
    """The second machine is this one, too, and a shell stands in for ssh."""
    variables = _instead_of_ssh(tmp_path, 'exec sh -c "$line"')

    note, end = _told("ends well", _two_machines(tmp_path), variables)

    assert isinstance(note, TrainingNote)
    world_size, port, _ = str(note.text).split()
    assert world_size == "2"
    assert int(port) > 0
    assert end == Done()
