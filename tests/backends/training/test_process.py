"""The process of a training by itself: frames on its pipes, and what it may do."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest

pytest.importorskip("transformers")
pytest.importorskip("peft")

from backends.errors import (
    InsufficientMemoryError,
    JobError,
    TrainingEndedError,
    TrainingLibrariesError,
)
from backends.events import JobProgress, JobStep
from backends.protocol.frames import Alive, Done, Failed
from backends.training import served
from backends.training.commands import Asked, Commands
from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingEvent,
    TrainingPaused,
    TrainingStep,
    TrainingStopped,
)
from backends.training.served import Pipe, Sink, serve
from backends.training.values import Cadence, TrainingRequest
from backends.training.wire import (
    PauseTraining,
    TrainingPayload,
    read_training,
    write_training,
)
from tests.helpers.patience import wait_until
from tests.helpers.trainings import asked, kept, some_rows
from tests.test_no_network import GUARD, ROOT

#: Tells of each file that is opened whose name is a pickle's, and of each object out of one.
WATCH = """
import sys
def watch(event, arguments):
    is_pickle = event == "pickle.find_class"
    if event == "open" and str(arguments[0]).endswith((".bin", ".pt", ".pth", ".pkl")):
        is_pickle = True
    if is_pickle:
        print("PICKLE", event, arguments, file=sys.stderr)
sys.addaudithook(watch)
"""
START = "from backends.training import process\nprocess.main()\n"


def frames(stream: IO[bytes]) -> Iterator[TrainingPayload]:
    while (frame := read_training(stream)) is not None:
        yield frame


def test_one_training_from_its_start_to_a_pause_and_on_without_network_or_pickles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the kernel takes no guard, all but the network is still tried."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")  # which is another program's
    request = kept(asked(tmp_path, rows=some_rows(40), epochs=50), save=Cadence.STEPS, save_steps=2)
    log = tmp_path / "log"
    guard = GUARD if sys.platform == "linux" else ""
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-P", "-c", guard + WATCH + START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        write_training(process.stdin, request)
        told: list[TrainingPayload] = []
        for frame in frames(process.stdout):
            told.append(frame)
            if isinstance(frame, TrainingBegan) and sys.platform == "linux":
                assert psutil.Process(process.pid).nice() == 10
            if isinstance(frame, CheckpointKept) and frame.step == 2:
                write_training(process.stdin, PauseTraining())
        process.stdin.close()

    if process.returncode == 77:
        pytest.skip("seccomp is not allowed here")
    said = log.read_text(encoding="utf-8", errors="replace")
    assert process.returncode == 0, said
    assert isinstance(told[0], Alive)
    assert isinstance(told[-1], Done), said
    paused = told[-2]
    assert isinstance(paused, TrainingPaused)
    began = next(one for one in told if isinstance(one, TrainingBegan))
    assert (began.compute, began.total_steps) == ("fp32", 1000)
    steps = [one.step for one in told if isinstance(one, TrainingStep)]
    assert steps == list(range(1, paused.step + 1))
    assert steps[-1] < 1000
    assert "PICKLE" not in said
    names = {file.name for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert names
    assert all(name.endswith((".safetensors", ".json")) for name in names)


# --- what it answers, without a training -----------------------------------------------------


class Asking:
    """A process's place in a thread: what is written to it, and what it tells."""

    def __init__(self, run: Callable[..., None], *asked: TrainingPayload) -> None:
        self._read, write = os.pipe()
        self._out = os.fdopen(write, "wb")
        for frame in asked:
            write_training(self._out, frame)
        self.stream = io.BytesIO()
        self._thread = threading.Thread(target=serve, args=(Pipe(self._read), self.stream, run))

    def close(self) -> None:
        """Let go of the pipe, as whoever asked does by ending."""
        self._out.close()

    def told(self) -> list[TrainingPayload]:
        """All but signs of life, from its start to its end."""
        self._thread.start()
        self._thread.join()
        self.close()
        read = io.BytesIO(self.stream.getvalue())
        return [frame for frame in frames(read) if not isinstance(frame, Alive)]


@pytest.fixture
def request_(tmp_path: Path) -> TrainingRequest:
    return asked(tmp_path)


def test_what_is_asked_meanwhile_is_seen_and_the_end_of_the_pipe_is_a_stop(
    request_: TrainingRequest,
) -> None:
    seen: list[Asked] = []

    def run(
        request: TrainingRequest, tell: Callable[[TrainingEvent], None], commands: Commands
    ) -> None:
        assert request == request_
        wait_until(lambda: commands.asked is Asked.PAUSE)
        seen.append(commands.asked)
        asking.close()
        wait_until(lambda: commands.asked is Asked.STOP)
        seen.append(commands.asked)
        tell(TrainingStopped(3, 2))

    asking = Asking(run, request_, PauseTraining())

    assert asking.told() == [TrainingStopped(3, 2), Done()]
    assert seen == [Asked.PAUSE, Asked.STOP]


def test_a_stop_counts_more_than_a_pause() -> None:
    commands = Commands()
    commands.pause()
    commands.stop()
    commands.pause()
    assert commands.asked is Asked.STOP


def raising(error: BaseException) -> Callable[..., None]:
    def run(*_: object) -> None:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (JobError("“{file}” is gone.", file="a"), JobError, "“a” is gone."),
        (RuntimeError("shapes differ"), TrainingEndedError, "RuntimeError: shapes differ"),
        (MemoryError(), InsufficientMemoryError, "Memory ran out"),
    ],
)
def test_an_error_is_told_as_one_sentence(
    request_: TrainingRequest, error: Exception, kind: type[Exception], said: str
) -> None:
    asking = Asking(raising(error), request_)

    (failed,) = asking.told()

    assert isinstance(failed, Failed)
    told = failed.exception()
    assert isinstance(told, kind)
    assert said in told.message


def test_a_library_that_is_missing_is_named(
    request_: TrainingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "backends.training.running", None)
    missing = ModuleNotFoundError("No module named 'peft.tuners'", name="peft.tuners")
    monkeypatch.setattr("builtins.__import__", _failing(missing))

    with pytest.raises(TrainingLibrariesError) as raised:
        served._imported()

    assert "peft" in raised.value.message
    assert "“finetune”" in str(raised.value.hint)


def _failing(error: ImportError) -> Callable[..., object]:
    plain = __import__

    def load(name: str, *arguments: object, **more: object) -> object:
        if name == "running":
            raise error
        return plain(name, *arguments, **more)  # type: ignore[arg-type]

    return load


def test_a_process_that_is_asked_nothing_ends() -> None:
    asking = Asking(raising(AssertionError("nothing was asked")))
    asking.close()

    assert asking.told() == []


def test_progress_that_comes_fast_is_told_in_part_and_its_end_always() -> None:
    stream = io.BytesIO()
    sink = Sink(stream)

    for done in range(1, 1001):
        sink.tell(JobProgress(JobStep.HASH, done, 1000))

    stream.seek(0)
    found = [frame for frame in frames(stream) if isinstance(frame, JobProgress)]
    assert 2 <= len(found) < 1000
    assert found[-1].is_last


def test_where_nobody_listens_a_step_goes_on_to_its_end() -> None:
    class Gone(io.BytesIO):
        def write(self, _: object) -> int:
            raise BrokenPipeError

    Sink(Gone()).tell(TrainingStopped(1, None))


@pytest.mark.parametrize(
    "sent", [b"hello, who is there?", b"\0\0\0\x02[]", b"\xff" * 8, b"\0\0\0\x09{"]
)
def test_what_is_no_request_ends_it_without_a_word_on_the_pipe(sent: bytes) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream:
        stream.write(sent)
    told = io.BytesIO()

    with pytest.raises(SystemExit) as ended:
        serve(Pipe(reading), told)

    os.close(reading)
    assert ended.value.code == 1
    assert told.getvalue() == b""
