"""The engine process by itself: frames on its pipes, and when it ends."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import psutil
import pytest

from backends.engine.server import _Control
from backends.errors import DamagedCheckpointError, EngineError
from backends.events import Finished, FinishReason, LoadProgress, ModelReady, PromptReady, TextDelta
from backends.generation.sampling import SamplingParams
from backends.generation.terms import AnswerTerms, Grammar, GrammarKind
from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, LoadRequest, Request
from backends.protocol.frames import Alive, Cancel, Done, Failed, Payload, read_frame, write_frame
from backends.text.chat_template import Message, Role
from tests.helpers import goldens
from tests.helpers.patience import PATIENCE_SECONDS, wait_until

ROOT = Path(__file__).parents[3]
LOAD = LoadRequest(str(goldens.folder("b2-7b", "safetensors")), Precision.FP32, threads=1)


def chat(text: str, max_new_tokens: int = 10) -> ChatRequest:
    params = SamplingParams(greedy=True, max_new_tokens=max_new_tokens)
    return ChatRequest((Message(Role.USER, text),), params)


class Process:
    """A started engine and its pipes."""

    def __init__(self, module: str, log: Path) -> None:
        with log.open("wb") as stream:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
            )
        self.log = log
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.stdin: IO[bytes] = self.popen.stdin
        self.stdout: IO[bytes] = self.popen.stdout

    def send(self, request_id: int, payload: Request | Cancel) -> None:
        write_frame(self.stdin, request_id, payload)

    def payloads(self, request_id: int) -> Iterator[Payload]:
        """Until the request has ended; without the beats, which come by the clock."""
        while (frame := read_frame(self.stdout)) is not None:
            if isinstance(frame[1], Alive):
                continue
            assert frame[0] == request_id
            yield frame[1]
            if isinstance(frame[1], Done | Failed):
                return

    def ask(self, request_id: int, request: Request) -> list[Payload]:
        self.send(request_id, request)
        return list(self.payloads(request_id))

    def end(self) -> int:
        self.popen.kill()
        self.stdin.close()
        self.stdout.close()
        return self.popen.wait()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Process]:
    """Scripted, so that it starts at once, and speaks one letter in 20 ms."""
    process = Process("tests.helpers.scripted_engine", tmp_path / "log")
    yield process
    process.end()


def test_requests_are_answered_in_order_with_frames(engine: Process) -> None:
    *progress, ready, done = engine.ask(1, LOAD)
    assert isinstance(ready, ModelReady)
    assert isinstance(progress[0], LoadProgress)
    assert progress[0].done_bytes == 0
    assert progress[-1] == LoadProgress(2, 2)
    assert done == Done()

    engine.send(2, chat("hi", 3))
    engine.send(3, chat("hi", 2))
    second, third = list(engine.payloads(2)), list(engine.payloads(3))

    assert [e.text for e in second if isinstance(e, TextDelta)] == ["a", "a", "a"]
    assert [e.text for e in third if isinstance(e, TextDelta)] == ["a", "a"]


def test_end_of_input_ends_an_idle_engine(engine: Process) -> None:
    engine.ask(1, LOAD)

    engine.stdin.close()

    assert engine.popen.wait(PATIENCE_SECONDS) == 0


def test_end_of_input_ends_an_engine_in_the_middle_of_an_answer(engine: Process) -> None:
    engine.ask(1, LOAD)
    engine.send(2, chat("hi", 200))
    assert isinstance(next(engine.payloads(2)), PromptReady)

    engine.stdin.close()

    assert engine.popen.wait(PATIENCE_SECONDS) == 0
    shown = list(iter(lambda: read_frame(engine.stdout), None))
    assert not any(isinstance(payload, Finished) for _, payload in shown)


STARTING = """
import os, sys, time
from backends.engine import process
process.die_with_parent()
print("asked", flush=True)
time.sleep(600)  # as long as an import may take
"""
PARENT = """
import subprocess, sys, time
engine = subprocess.Popen(
    [sys.executable, "-c", {code!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE
)
engine.stdout.readline()
print(engine.pid, flush=True)
time.sleep(600)
"""

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux kills orphans")


@linux
def test_an_engine_that_is_still_starting_ends_with_its_window() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(code=STARTING)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    engine = psutil.Process(int(parent.stdout.readline()))

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_until(lambda: has_ended(engine))


@linux
def test_an_engine_whose_window_died_before_it_looked_ends_at_once() -> None:
    engine = subprocess.Popen(
        [sys.executable, "-c", STARTING], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert engine.stdin is not None
    assert engine.stdout is not None
    engine.stdin.close()  # as the death of the window does

    assert engine.wait(PATIENCE_SECONDS) == 0
    assert engine.stdout.read() == b""
    engine.stdout.close()


def test_nothing_that_takes_time_is_imported_before_the_engine_is_bound_to_its_window() -> None:
    code = "import sys; import backends.engine.process; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    loaded = set(result.stdout.split())
    assert {name for name in loaded if name.startswith("backends")} == {
        "backends",
        "backends.engine",
        "backends.engine.process",
        "backends.machine",
        "backends.machine.card_order",
        "backends.operating_system",
        "backends.process_end",
        "backends.windows_api",
    }
    assert not loaded & {"numpy", "psutil", "logging", "json", "ctypes"}


def has_ended(process: psutil.Process) -> bool:
    """A zombie has ended too."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_an_engine_says_that_it_lives_and_whether_it_goes_on(engine: Process) -> None:
    engine.ask(1, LOAD)
    engine.send(2, chat("hang", 200))
    beats: list[int] = []
    while len(beats) < 6:
        frame = read_frame(engine.stdout)
        assert frame is not None
        if isinstance(frame[1], Alive):
            beats.append(frame[1].steps)

    assert beats == sorted(beats)
    assert beats[-1] == beats[-2], "it hangs, and yet lives"


def test_half_a_frame_ends_the_engine(engine: Process) -> None:
    engine.stdin.write(b"\0\0\0\x09{")
    engine.stdin.close()

    assert engine.popen.wait(PATIENCE_SECONDS) == 0
    assert "The pipe from the window cannot be read" in engine.log.read_text()


def test_a_cancel_is_seen_in_the_middle_of_an_answer(engine: Process) -> None:
    engine.ask(1, LOAD)
    engine.send(2, chat("wait", 200))
    seen: list[Payload] = []
    for payload in engine.payloads(2):
        seen.append(payload)
        if isinstance(payload, TextDelta) and len(seen) == 5:
            engine.send(2, Cancel())  # which the sixth pass waits for

    finished = seen[-2]
    assert isinstance(finished, Finished)
    assert finished.reason is FinishReason.CANCELLED
    assert finished.new_tokens <= 7


def test_a_cancel_that_comes_before_its_request_holds_for_it_alone(engine: Process) -> None:
    engine.ask(1, LOAD)
    engine.send(2, Cancel())
    engine.send(1, Cancel())  # of a request that has ended
    engine.send(2, chat("hi", 100))
    cancelled = list(engine.payloads(2))[-2]
    engine.send(3, chat("hi", 3))
    complete = list(engine.payloads(3))[-2]

    assert isinstance(cancelled, Finished)
    assert (cancelled.reason, cancelled.new_tokens) == (FinishReason.CANCELLED, 0)
    assert isinstance(complete, Finished)
    assert (complete.reason, complete.new_tokens) == (FinishReason.LENGTH, 3)


def test_a_stray_print_goes_to_the_log(engine: Process) -> None:
    engine.ask(1, LOAD)

    answer = engine.ask(2, chat("print", 5))

    assert answer[-1] == Done()
    assert "".join(e.text for e in answer if isinstance(e, TextDelta)) == "aaaaa"
    engine.stdin.close()
    engine.popen.wait(PATIENCE_SECONDS)
    log = engine.log.read_text()
    assert "from a library" in log
    assert "a stray line" in log


def test_an_error_crosses_whole_and_the_engine_lives(engine: Process) -> None:
    engine.ask(1, LOAD)

    *_, failed = engine.ask(2, chat("error"))

    assert isinstance(failed, Failed)
    error = failed.exception()
    expected = DamagedCheckpointError(
        Path("/m/w.bin"), Phrase("“{a}” {b}", a="x", b=Phrase("{n} bytes", n=7))
    )
    assert type(error) is DamagedCheckpointError
    assert (error.template, error.facts) == (expected.template, expected.facts)
    assert (error.message, error.hint) == (expected.message, expected.hint)
    assert engine.ask(3, chat("hi", 2))[-1] == Done()


def test_what_is_wrong_with_a_request_is_not_logged_in_its_words(engine: Process) -> None:
    engine.ask(1, LOAD)
    schema = Grammar(GrammarKind.JSON_SCHEMA, '{"type": "my secret"}')

    *_, failed = engine.ask(2, replace(chat("hi"), terms=AnswerTerms(grammar=schema)))

    assert isinstance(failed, Failed)
    assert "Invalid type: my secret" in failed.exception().message
    log = engine.log.read_text()
    assert "InvalidRequestError: No answer can be held to this JSON schema" in log
    assert "secret" not in log


def test_a_bug_is_one_sentence_with_the_details_in_the_log(engine: Process) -> None:
    engine.ask(1, LOAD)

    *_, failed = engine.ask(2, chat("bug"))

    assert isinstance(failed, Failed)
    error = failed.exception()
    assert type(error) is EngineError
    assert "ZeroDivisionError: unforeseen" in error.message
    assert "\n" not in error.message
    assert "Traceback" in engine.log.read_text()
    assert engine.ask(3, chat("hi", 2))[-1] == Done()


def test_ctrl_c_in_the_terminal_of_the_window_is_not_for_the_engine(engine: Process) -> None:
    engine.ask(1, LOAD)

    engine.popen.send_signal(signal.SIGINT)

    assert engine.ask(2, chat("hi", 3))[-1] == Done()


def test_an_engine_that_nobody_listens_to_ends(engine: Process) -> None:
    engine.ask(1, LOAD)
    engine.send(2, chat("hi", 200))

    engine.stdout.close()

    assert engine.popen.wait(PATIENCE_SECONDS) == 0


def test_a_native_crash_leaves_a_trace_in_the_log(engine: Process) -> None:
    engine.ask(1, LOAD)

    answer = engine.ask(2, chat("segfault"))

    assert not isinstance(answer[-1], Done)
    assert engine.popen.wait(PATIENCE_SECONDS) == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in engine.log.read_text()


def test_a_cancel_holds_for_requests_up_to_its_id() -> None:
    control = _Control(io.BytesIO())
    control.begin(1)
    assert not control.cancel.is_set()
    control._cancelled = 3

    for request_id, cancelled in ((3, True), (4, False)):
        control.begin(request_id)
        assert control.cancel.is_set() is cancelled


def test_the_real_engine_loads_and_answers(tmp_path: Path) -> None:
    process = Process("backends.engine.process", tmp_path / "log")

    loaded = process.ask(1, LOAD)
    answer = process.ask(2, chat("今天天气很好吗？", 5))

    assert isinstance(loaded[-2], ModelReady)
    finished = answer[-2]
    assert isinstance(finished, Finished)
    assert finished.new_tokens == 5
    process.stdin.close()
    assert process.popen.wait(PATIENCE_SECONDS) == 0
    process.stdout.close()
