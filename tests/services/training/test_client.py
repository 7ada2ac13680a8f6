"""Events of a training's process, pauses and stops, and what is said where it ends by itself."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from backends.errors import EngineProtocolError, UserFacingError
from backends.errors.training import TrainingDivergedError, TrainingEndedError
from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingEvaluated,
    TrainingNote,
    TrainingPaused,
    TrainingReady,
    TrainingStep,
    TrainingStopped,
)
from backends.training.values import Data, Keeping, TrainingRequest
from baichuan_desktop.services.engines.silence import Patience
from baichuan_desktop.services.training.client import ClientEvent, TrainingClient, TrainingSilent
from tests.helpers.patience import wait_until
from tests.helpers.scripted_training import COMMAND
from tests.helpers.sentences import assert_one_sentence

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="speaks of signals")

MakeClient = Callable[[Patience], TrainingClient]


def request(script: str = "plain", *, resume: bool = False) -> TrainingRequest:
    return TrainingRequest("model", Data(("data.json",)), Keeping(script), resume=resume)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeClient]:
    """Makes clients of scripted trainings; however busy the machine is, they are patient."""
    made: list[TrainingClient] = []

    def client(patience: Patience) -> TrainingClient:
        log = tmp_path / "log" / "training.log"
        made.append(TrainingClient(log, command=lambda: COMMAND, patience=patience))
        return made[-1]

    yield client
    for one in made:
        one.kill()


@pytest.fixture
def client(make: MakeClient) -> TrainingClient:
    return make(Patience(least=60, most=600, stop=60))


def after_checkpoint(
    client: TrainingClient, script: str, act: Callable[[], object], **events: threading.Event
) -> list[ClientEvent]:
    """The events of a training, of which something is done as soon as a checkpoint is kept."""
    found = []
    cancel = events.get("cancel", threading.Event())
    for event in client.run(request(script), cancel, events.get("pause")):
        found.append(event)
        if isinstance(event, CheckpointKept):
            act()
    return found


def test_a_training_tells_its_events_in_their_order_and_ends(client: TrainingClient) -> None:
    events = list(client.run(request(), threading.Event()))

    kinds = [type(event) for event in events]
    steps = [TrainingStep, TrainingStep, CheckpointKept, TrainingStep, TrainingStep]
    assert kinds == [TrainingNote, TrainingBegan, *steps, TrainingEvaluated, TrainingReady]
    assert client.pid is None


def test_one_that_is_paused_and_one_that_is_stopped_end_with_what_they_kept(
    client: TrainingClient,
) -> None:
    pause, cancel = threading.Event(), threading.Event()

    assert after_checkpoint(client, "wait", pause.set, pause=pause)[-1] == TrainingPaused(2)
    assert after_checkpoint(client, "wait", cancel.set, cancel=cancel)[-1] == TrainingStopped(2, 2)
    resumed = list(client.run(request(resume=True), threading.Event()))
    assert [one.step for one in resumed if isinstance(one, TrainingStep)] == [3, 4]


def test_nothing_is_started_of_what_is_cancelled_already(client: TrainingClient) -> None:
    cancel = threading.Event()
    cancel.set()

    assert not list(client.run(request(), cancel))


def test_a_process_that_does_not_hear_a_stop_is_ended(make: MakeClient) -> None:
    client, cancel = make(Patience(least=60, most=60, stop=0.2)), threading.Event()

    events = after_checkpoint(client, "deaf", cancel.set, cancel=cancel)

    assert isinstance(events[-1], CheckpointKept)
    assert client.pid is None


def test_one_that_lives_but_makes_no_step_is_ended_when_it_had_its_time(make: MakeClient) -> None:
    client, cancel = make(Patience(least=0.1, most=0.4, stop=0.1)), threading.Event()

    events = after_checkpoint(client, "hung", cancel.set, cancel=cancel)

    assert client.pid is None
    assert not isinstance(events[-1], TrainingStopped)


def test_a_silence_is_told_and_its_seconds_grow(make: MakeClient) -> None:
    client = make(Patience(least=0.1, most=0.2, stop=60))
    silences = []
    for event in client.run(request("deaf"), threading.Event()):
        if isinstance(event, TrainingSilent):
            silences.append(event.seconds)
        if len(silences) == 2:
            client.kill()

    assert silences[:2] == [1, 2]


@pytest.mark.parametrize(
    ("script", "cause"), [("crash", "the system ended it (signal 9)"), ("exit", "with code 3")]
)
def test_how_a_process_ended_is_said(client: TrainingClient, script: str, cause: str) -> None:
    with pytest.raises(TrainingEndedError) as caught:
        list(client.run(request(script), threading.Event()))

    assert cause.partition(" (")[0] in caught.value.message
    assert_one_sentence(caught.value)
    assert client.pid is None


@pytest.mark.parametrize(
    ("script", "error"), [("error", TrainingDivergedError), ("garbage", EngineProtocolError)]
)
def test_an_error_of_the_training_is_raised(
    client: TrainingClient, script: str, error: type[UserFacingError]
) -> None:
    with pytest.raises(error):
        list(client.run(request(script), threading.Event()))


def test_what_libraries_print_goes_to_the_log(client: TrainingClient, tmp_path: Path) -> None:
    events = list(client.run(request("print"), threading.Event()))

    assert isinstance(events[-1], TrainingReady)
    assert "a stray line" in (tmp_path / "log" / "training.log").read_text(encoding="utf-8")


def test_a_program_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    client = TrainingClient(tmp_path / "log", command=lambda: [str(tmp_path / "nothing")])

    with pytest.raises(TrainingEndedError, match="cannot be started"):
        list(client.run(request(), threading.Event()))


def test_what_is_freed_goes_back_to_the_system_at_once(client: TrainingClient) -> None:
    """Otherwise a training takes half as much memory again as is counted for it."""
    for event in client.run(request(), threading.Event()):
        if isinstance(event, TrainingBegan):
            assert client.pid is not None
            found = psutil.Process(client.pid).environ()
            assert found["MALLOC_MMAP_THRESHOLD_"] == str(2**20)


def test_whoever_stops_listening_ends_the_process(client: TrainingClient) -> None:
    events = client.run(request("deaf"), threading.Event())
    next(events)
    pid = client.pid
    assert pid is not None

    events.close()  # type: ignore[attr-defined]  # it is a generator

    assert not psutil.pid_exists(pid)


#: An owner that is killed in the middle of a training, when it has told whose process that is.
_OWNER = """
import os, sys, threading
from pathlib import Path
from baichuan_desktop.services.training.client import TrainingClient
from backends.training.events import CheckpointKept
from tests.helpers.scripted_training import COMMAND
from tests.services.training.test_client import request

client = TrainingClient(Path(sys.argv[1]), command=lambda: COMMAND)
for event in client.run(request("wait"), threading.Event()):
    if isinstance(event, CheckpointKept):
        print(client.pid, flush=True)
        os.kill(os.getpid(), 9)
"""


def test_it_ends_with_its_owner(tmp_path: Path) -> None:
    owner = subprocess.run(
        [sys.executable, "-c", _OWNER, str(tmp_path / "log")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert owner.returncode == -9, owner.stderr
    pid = int(owner.stdout)
    wait_until(lambda: not psutil.pid_exists(pid) or _is_dead(pid))


def _is_dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
