"""The engine process by itself: frames on its pipes, and when it ends."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from backends.chat_template import Message, Role
from backends.engine_main import _Control
from backends.errors import DamagedCheckpointError, EngineError, Phrase
from backends.events import Finished, FinishReason, LoadProgress, ModelReady, PromptReady, TextDelta
from backends.requests import ChatRequest, LoadRequest, Request
from backends.sampling import SamplingParams
from backends.wire import Cancel, Done, Failed, Payload, read_frame, write_frame
from tests.helpers import goldens
from tests.helpers.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
LOAD = LoadRequest(str(goldens.folder("b2-7b", "safetensors")), "fp32", threads=1)


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
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
        self.log = log
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.stdin: IO[bytes] = self.popen.stdin
        self.stdout: IO[bytes] = self.popen.stdout

    def send(self, request_id: int, payload: Request | Cancel) -> None:
        write_frame(self.stdin, request_id, payload)

    def payloads(self, request_id: int) -> Iterator[Payload]:
        """Until the request has ended."""
        while (frame := read_frame(self.stdout)) is not None:
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
    process = Process("backends.engine_main", tmp_path / "log")

    loaded = process.ask(1, LOAD)
    answer = process.ask(2, chat("今天天气很好吗？", 5))

    assert isinstance(loaded[-2], ModelReady)
    finished = answer[-2]
    assert isinstance(finished, Finished)
    assert finished.new_tokens == 5
    process.stdin.close()
    assert process.popen.wait(PATIENCE_SECONDS) == 0
    process.stdout.close()
