"""The client keeps the text, names what happened, and the next request works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from backends.errors import (
    DamagedCheckpointError,
    EngineCardError,
    EngineCrashedError,
    EngineEndedError,
    EngineError,
    EngineKilledError,
    EngineProtocolError,
    GpuLostError,
    InsufficientMemoryError,
    InvalidRequestError,
    NotACheckpointError,
    UserFacingError,
)
from backends.events import (
    Finished,
    FinishReason,
    LoadProgress,
    ModelReady,
    PrefillProgress,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, LoadRequest, Request, UnloadRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.engines import logs, process
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent, Patience
from tests.helpers import goldens
from tests.helpers.patience import wait_until
from tests.helpers.sentences import assert_one_sentence

ROOT = Path(__file__).parents[3]
FOLDER = goldens.folder("b2-7b", "safetensors")
LOAD = LoadRequest(str(FOLDER), Precision.FP32, threads=1)
SCRIPTED = [sys.executable, "-m", "tests.helpers.scripted_engine"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="speaks of signals")


def chat(*texts: str, max_new_tokens: int = 5, greedy: bool = True) -> ChatRequest:
    roles = (Role.USER, Role.ASSISTANT)
    messages = tuple(Message(roles[i % 2], text) for i, text in enumerate(texts))
    return ChatRequest(
        messages, SamplingParams(greedy=greedy, max_new_tokens=max_new_tokens, seed=1)
    )


def run(client: EngineClient, request: Request) -> list[ClientEvent]:
    return list(client.run(request, threading.Event()))


def text_of(events: Sequence[ClientEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def finished(events: Sequence[ClientEvent]) -> Finished:
    last = events[-1]
    assert isinstance(last, Finished)
    return last


def interrupted(
    client: EngineClient, request: Request, act: object
) -> tuple[list[ClientEvent], EngineError]:
    """Run until the first text, do `act`, and go on: the events, and the error at their end."""
    events: list[ClientEvent] = []
    done = False
    with pytest.raises(EngineError) as caught:  # noqa: PT012  the events before are looked at
        for event in client.run(request, threading.Event()):
            events.append(event)
            if isinstance(event, TextDelta) and not done:
                done = True
                act()  # type: ignore[operator]
    assert_one_sentence(caught.value)
    return events, caught.value


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineClient]:
    """Its engine is scripted: it needs no torch and says a letter in 20 ms."""
    monkeypatch.setattr(process, "_command", lambda: SCRIPTED)
    # However busy the machine is, an engine is ended only where a test is about that.
    made = EngineClient(tmp_path / "log folder" / "engine.log", patience=Patience(stop=60))
    yield made
    made.close()


MakeClient = Callable[[Patience], EngineClient]


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeClient]:
    """Makes clients of scripted engines that have less patience, or more."""
    monkeypatch.setattr(process, "_command", lambda: SCRIPTED)
    made: list[EngineClient] = []

    def make(patience: Patience) -> EngineClient:
        made.append(EngineClient(tmp_path / "engine.log", patience=patience))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineClient]:
    """With the real engine, loaded."""
    made = EngineClient(tmp_path_factory.mktemp("log") / "engine.log")
    run(made, LOAD)
    yield made
    made.close()


# --- the usual way -----------------------------------------------------------------------


def test_loading_chatting_and_a_second_turn(real: EngineClient) -> None:
    first = run(real, chat("今天天气很好吗？"))
    second = run(real, chat("今天天气很好吗？", text_of(first), "谢谢"))

    tokenizer = goldens.tokenizer("b2-7b")
    question = len(tokenizer.encode("今天天气很好吗？")) + 2
    assert finished(first).prompt_tokens == question
    assert finished(second).cached_tokens >= question
    read = [event.total_tokens for event in second if isinstance(event, PrefillProgress)]
    assert read == [finished(second).prompt_tokens - finished(second).cached_tokens]


def test_the_events_are_those_of_an_engine_in_this_process(real: EngineClient) -> None:
    from backends.engine.dispatch import run_request
    from backends.engine.engine import Engine

    engine = Engine()
    loaded = list(run_request(engine, LOAD, threading.Event()))
    request = chat("今天天气很好吗？", max_new_tokens=30, greedy=False)

    here = list(run_request(engine, request, threading.Event()))
    there = run(real, request)

    assert isinstance(loaded[-1], ModelReady)
    assert text_of(there) == text_of(here)
    assert finished(there).new_tokens == finished(here).new_tokens


def test_an_error_of_the_engine_arrives_and_the_engine_lives(real: EngineClient) -> None:
    pid = real.pid

    with pytest.raises(InvalidRequestError) as caught:
        run(real, ChatRequest((), SamplingParams()))

    assert caught.value.message == "There is no message to answer."
    assert real.pid == pid
    assert finished(run(real, chat("hi"))).new_tokens > 0


# --- crashes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (signal.SIGKILL, "the system ended it (signal 9), as it does when memory runs out"),
        (signal.SIGSEGV, "it crashed in native code (signal 11)"),
    ],
)
def test_the_real_engine_may_die_in_the_middle_of_an_answer(
    real: EngineClient, number: signal.Signals, reason: str
) -> None:
    def kill() -> None:
        assert real.pid is not None
        os.kill(real.pid, signal.SIGSTOP)  # so that it does not finish first
        os.kill(real.pid, number)
        os.kill(real.pid, signal.SIGCONT)

    request = chat("今天天气很好吗？", max_new_tokens=200, greedy=False)
    events, error = interrupted(real, request, kill)

    assert text_of(events)
    assert not isinstance(events[-1], Finished)
    assert isinstance(error, EngineCrashedError)
    assert isinstance(error, EngineKilledError) is (number is signal.SIGKILL)
    assert error.message == f"The engine that runs the model stopped: {reason}."
    assert real.pid is None
    again = run(real, chat("今天天气很好吗？"))
    assert isinstance(again[0], LoadProgress)
    assert sum(isinstance(event, ModelReady) for event in again) == 1
    assert finished(again).new_tokens > 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("segfault", "it crashed in native code (signal 11)"),
        ("exit", "it ended by itself with code 3"),
    ],
)
def test_an_engine_that_ends_by_itself_is_named(
    client: EngineClient, text: str, reason: str
) -> None:
    run(client, LOAD)

    events, error = interrupted(client, chat(text, max_new_tokens=50), lambda: None)

    assert set(text_of(events)) == {"a"}
    assert str(error.facts["reason"]) == reason
    assert text_of(run(client, chat("hi", max_new_tokens=3))) == "aaa"


def test_an_engine_that_bitsandbytes_ends_is_named_with_what_the_model_ran_on(
    client: EngineClient,
) -> None:
    *_, ready = run(client, LOAD)
    assert isinstance(ready, ModelReady)

    _, error = interrupted(client, chat("bitsandbytes", max_new_tokens=50), lambda: None)

    assert isinstance(error, EngineCardError)
    assert str(error.facts["reason"]) == (
        f"a library ended it after an error of {ready.device_name} (invalid device function)"
    )
    assert text_of(run(client, chat("hi", max_new_tokens=3))) == "aaa"


def test_an_engine_whose_card_is_lost_ends_and_the_next_request_gets_a_fresh_one(
    client: EngineClient,
) -> None:
    run(client, LOAD)
    assert client.pid is not None
    lost = psutil.Process(client.pid)

    with pytest.raises(GpuLostError, match="fell off the bus"):
        run(client, chat("card", max_new_tokens=50))

    assert client.pid is None
    assert not lost.is_running()
    assert text_of(run(client, chat("hi", max_new_tokens=3))) == "aaa"
    assert client.pid not in (None, lost.pid)


def test_a_kill_between_requests_costs_only_a_load(client: EngineClient) -> None:
    run(client, LOAD)
    first = client.pid
    client.kill()
    assert first is not None
    psutil.Process(first).wait()

    events = run(client, chat("hi", max_new_tokens=2))

    assert isinstance(events[0], LoadProgress)
    assert text_of(events) == "aa"
    assert client.pid not in (None, first)


def test_an_engine_that_died_before_any_load_says_that_nothing_is_loaded(
    client: EngineClient,
) -> None:
    with pytest.raises(InvalidRequestError, match="No model is loaded"):
        run(client, chat("hi"))


def test_an_engine_that_cannot_start_is_named(
    client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_command", lambda: [sys.executable, "-c", "raise OSError"])

    with pytest.raises(EngineCrashedError) as caught:
        run(client, LOAD)

    assert str(caught.value.facts["reason"]) == "it ended by itself with code 1"


def test_what_is_no_frame_ends_the_engine(client: EngineClient) -> None:
    run(client, LOAD)

    _, error = interrupted(client, chat("garbage", max_new_tokens=50), lambda: None)

    assert isinstance(error, EngineProtocolError)
    assert client.pid is None
    assert text_of(run(client, chat("hi", max_new_tokens=2))) == "aa"


def test_a_stray_print_breaks_nothing_and_is_in_the_log(
    client: EngineClient, tmp_path: Path
) -> None:
    run(client, LOAD)

    assert text_of(run(client, chat("print", max_new_tokens=8))) == "aaaaaaaa"

    client.close()
    assert "from a library" in (tmp_path / "log folder" / "engine.log").read_text()


@pytest.mark.parametrize("is_a_folder", [True, False])
def test_an_engine_whose_log_cannot_be_written_answers_all_the_same(
    is_a_folder: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "log" / "engine.log"
    if is_a_folder:
        log.mkdir(parents=True)
        (log.parent / "engine.previous.log").mkdir()
        (log.parent / "engine.previous.log" / "in the way").write_text("")
    else:
        log.parent.write_text("a file in place of the folder")
    client = EngineClient(log)
    try:
        *_, ready = client.run(LOAD, threading.Event())
    finally:
        client.close()

    assert isinstance(ready, ModelReady)
    assert "engine.log cannot be written" in caplog.text


def test_the_log_of_the_engine_before_is_kept(client: EngineClient, tmp_path: Path) -> None:
    run(client, LOAD)
    interrupted(client, chat("segfault", max_new_tokens=50), lambda: None)

    run(client, chat("hi", max_new_tokens=1))

    previous = tmp_path / "log folder" / "engine.previous.log"
    assert "Segmentation fault" in previous.read_text()


def test_a_log_that_another_windows_engine_writes_to_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows gives no file another name while a program has it open."""

    def held(*_: object) -> None:
        error = PermissionError("in use")
        error.winerror = 32  # type: ignore[attr-defined]  # which Windows alone has
        raise error

    log = tmp_path / "engine.log"
    log.write_text("of the other engine")
    (tmp_path / "engine.4711.log").write_text("of a window that was closed")
    monkeypatch.setattr(process, "_command", lambda: SCRIPTED)
    monkeypatch.setattr(logs, "rename", held)
    client = EngineClient(log)
    try:
        run(client, LOAD)
        _, error = interrupted(client, chat("segfault", max_new_tokens=50), lambda: None)
    finally:
        client.close()

    assert str(error.facts["reason"]) == "it crashed in native code (signal 11)"
    assert log.read_text() == "of the other engine"
    own = tmp_path / f"engine.{os.getpid()}.log"
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([log.name, own.name])
    assert "Segmentation fault" in own.read_text()


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("error", DamagedCheckpointError, "“w.bin” is damaged or incomplete: “x” 7 bytes."),
        ("bug", EngineError, "The engine met an error it does not know (ZeroDivisionError: "),
    ],
)
def test_errors_arrive_whole(
    client: EngineClient, text: str, kind: type[UserFacingError], message: str
) -> None:
    run(client, LOAD)

    with pytest.raises(kind) as caught:
        run(client, chat(text, max_new_tokens=50))

    assert type(caught.value) is kind
    assert caught.value.message.startswith(message)
    assert caught.value.hint
    if text == "error":
        assert caught.value.facts["what"] == Phrase("“{a}” {b}", a="x", b=Phrase("{n} bytes", n=7))


# --- stopping ----------------------------------------------------------------------------


def test_a_stop_ends_the_answer_in_the_usual_way(client: EngineClient) -> None:
    run(client, LOAD)
    cancel, events = threading.Event(), []
    for event in client.run(chat("hi", max_new_tokens=200), cancel):
        events.append(event)
        if isinstance(event, TextDelta) and len(text_of(events)) == 3:
            cancel.set()

    assert finished(events).reason is FinishReason.CANCELLED
    assert 3 <= finished(events).new_tokens < 150
    assert text_of(events) == "a" * finished(events).new_tokens
    assert text_of(run(client, chat("hi", max_new_tokens=2))) == "aa"


def test_a_stop_by_another_thread_in_the_middle_of_a_step_ends_with_that_step(
    client: EngineClient,
) -> None:
    """The fifth step waits in the engine until the stop has come there."""
    run(client, LOAD)
    cancel, events = threading.Event(), []
    for event in client.run(chat("wait", max_new_tokens=200), cancel):
        events.append(event)
        if text_of(events) == "aaaa":
            threading.Thread(target=cancel.set).start()

    assert finished(events).reason is FinishReason.CANCELLED
    assert finished(events).new_tokens == 4


def test_a_stop_while_the_prompt_is_read_costs_no_further_chunk(client: EngineClient) -> None:
    run(client, LOAD)
    cancel = threading.Event()
    cancel.set()

    events = list(client.run(chat("散步" * 80, max_new_tokens=20), cancel))

    assert (finished(events).reason, text_of(events)) == (FinishReason.CANCELLED, "")
    assert sum(isinstance(event, PrefillProgress) for event in events) <= 2


def stopped_in_an_answer(client: EngineClient, cancel: threading.Event) -> Iterator[ClientEvent]:
    """The events of an answer whose engine is stopped (SIGSTOP) at the first text."""
    run(client, LOAD)
    for event in client.run(chat("hi", max_new_tokens=200), cancel):
        if isinstance(event, TextDelta) and client.pid is not None:
            os.kill(client.pid, signal.SIGSTOP)
        yield event


def test_an_engine_that_does_not_answer_a_stop_is_ended(scripted: MakeClient) -> None:
    client = scripted(Patience(stop=0.2))
    cancel, events = threading.Event(), []
    with pytest.raises(EngineCrashedError, match="it did not answer when it was asked"):  # noqa: PT012
        for event in stopped_in_an_answer(client, cancel):
            events.append(event)
            if isinstance(event, TextDelta):
                cancel.set()

    assert text_of(events)
    assert client.pid is None
    assert text_of(run(client, chat("hi", max_new_tokens=2))) == "aa"


def test_a_pipe_that_is_full_keeps_nobody_from_stopping(scripted: MakeClient) -> None:
    client = scripted(Patience(stop=0.2))
    run(client, LOAD)
    assert client.pid is not None
    os.kill(client.pid, signal.SIGSTOP)
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(EngineCrashedError, match="it did not answer when it was asked"):
        list(client.run(chat("a long text " * 200_000), cancel))

    assert text_of(run(client, chat("hi", max_new_tokens=2))) == "aa"


def test_a_silence_is_told_each_second_until_the_engine_goes_on(scripted: MakeClient) -> None:
    client = scripted(Patience(steps=1, least=1, most=2))
    woken = False
    after: list[ClientEvent] = []
    for event in stopped_in_an_answer(client, threading.Event()):
        if woken:
            after.append(event)
            if EngineHeard() in after and text_of(after):  # whichever comes first
                break
        if isinstance(event, EngineSilent) and event.seconds >= 3:
            assert client.pid is not None
            os.kill(client.pid, signal.SIGCONT)
            woken = True

    assert EngineHeard() in after
    assert text_of(after)


def test_a_silent_engine_can_be_ended_and_what_it_wrote_is_kept(
    scripted: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    client = scripted(Patience(steps=1, least=0.2, most=2))
    events: list[ClientEvent] = []
    with caplog.at_level("INFO"), pytest.raises(EngineEndedError) as caught:  # noqa: PT012
        for event in stopped_in_an_answer(client, threading.Event()):
            events.append(event)
            if isinstance(event, EngineSilent) and text_of(events):
                client.kill()

    assert text_of(events)
    assert_one_sentence(caught.value)
    assert "The engine was ended, as was asked for." in caplog.text
    assert "memory" not in caplog.text
    assert text_of(run(client, chat("hi", max_new_tokens=2))) == "aa"


def test_an_engine_that_lives_but_does_not_go_on_is_told_too(scripted: MakeClient) -> None:
    client = scripted(Patience(steps=1, least=1, most=2))
    run(client, LOAD)
    silent = 0
    with pytest.raises(EngineEndedError):  # noqa: PT012
        for event in client.run(chat("hang", max_new_tokens=200), threading.Event()):
            if isinstance(event, EngineSilent):
                silent = event.seconds
                client.kill()

    assert silent >= 1


def test_memory_that_runs_out_in_an_answer_costs_the_engine_and_not_the_text(
    client: EngineClient,
) -> None:
    run(client, LOAD)
    first, events = client.pid, []

    with pytest.raises(InsufficientMemoryError) as caught:  # noqa: PT012
        for event in client.run(chat("memory", max_new_tokens=50), threading.Event()):
            events.append(event)

    assert caught.value.message.startswith("Memory ran out: ")
    assert text_of(events)
    assert client.pid is None
    assert text_of(run(client, chat("hi", max_new_tokens=2))) == "aa"
    assert client.pid not in (None, first)


def test_without_a_folder_for_its_log_an_engine_runs_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_command", lambda: SCRIPTED)
    (tmp_path / "file").write_text("no folder")
    client = EngineClient(tmp_path / "file" / "engine.log")

    try:
        run(client, LOAD)
        assert text_of(run(client, chat("hi", max_new_tokens=2))) == "aa"
        _, error = interrupted(client, chat("segfault", max_new_tokens=50), lambda: None)
    finally:
        client.close()

    assert str(error.facts["reason"]) == "it crashed in native code (signal 11)"


def test_an_engine_whose_program_is_gone_is_named(
    client: EngineClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_command", lambda: [str(tmp_path / "gone")])

    with pytest.raises(EngineCrashedError, match=r"it cannot be started \(No such file"):
        run(client, LOAD)


def test_an_answer_that_nobody_listened_to_is_not_part_of_the_next(client: EngineClient) -> None:
    run(client, LOAD)
    abandoned = client.run(chat("one", max_new_tokens=10), threading.Event())
    for event in abandoned:
        if isinstance(event, TextDelta):
            break
    abandoned.close()  # type: ignore[attr-defined]

    events = run(client, chat("two", max_new_tokens=2))

    assert text_of(events) == "aa"
    assert finished(events).new_tokens == 2


# --- which engine lives ------------------------------------------------------------------


def test_each_model_gets_an_engine_of_its_own(client: EngineClient) -> None:
    run(client, LOAD)
    first = client.pid

    run(client, LOAD)

    assert client.pid not in (None, first)
    assert first is not None
    assert not psutil.pid_exists(first)


def test_a_load_that_failed_is_not_repeated_after_it(client: EngineClient, tmp_path: Path) -> None:
    with pytest.raises(NotACheckpointError):
        run(client, LoadRequest(str(tmp_path / "gone")))

    with pytest.raises(InvalidRequestError, match="No model is loaded"):
        run(client, chat("hi"))


def test_closing_ends_the_engine_and_may_be_done_twice(client: EngineClient) -> None:
    run(client, LOAD)
    process = psutil.Process(client.pid)

    client.close()
    client.close()

    assert client.pid is None
    assert not process.is_running()
    assert finished([*run(client, LOAD), *run(client, chat("hi"))]).new_tokens == 5


def test_unloading_ends_the_engine_and_no_later_request_loads_the_model_again(
    client: EngineClient,
) -> None:
    run(client, LOAD)

    assert run(client, UnloadRequest()) == []

    assert client.pid is None
    with pytest.raises(InvalidRequestError, match="No model is loaded"):
        run(client, chat("hi"))


ORPHAN = """
import sys, threading
from pathlib import Path
from baichuan_desktop.services.engines import logs, process
from baichuan_desktop.services.engines.process import EngineClient
sys.path.insert(0, {root!r})
from tests.services.engines import test_process as t
process._command = lambda: t.SCRIPTED
client = EngineClient(Path({log!r}))
t.run(client, t.LOAD)
print(client.pid, flush=True)
if {idle}:
    print("event", flush=True)
    threading.Event().wait()
for event in client.run(t.chat("hi", max_new_tokens=200), threading.Event()):
    print("event", flush=True)
"""


@pytest.mark.parametrize("idle", [True, False])
def test_no_engine_is_left_when_its_parent_is_killed(tmp_path: Path, idle: bool) -> None:
    log = str(tmp_path / "engine.log")
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN.format(root=str(ROOT), log=log, idle=idle)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    engine = psutil.Process(int(parent.stdout.readline()))
    assert parent.stdout.readline() == "event\n"  # else in the middle of an answer
    assert engine.is_running()

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_until(lambda: not is_alive(engine))


def is_alive(process: psutil.Process) -> bool:
    """False for a zombie too, whoever buries it."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_the_folder_that_the_app_is_started_in_is_no_place_to_import_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('imported from the current folder')")
    monkeypatch.chdir(tmp_path)
    client = EngineClient(tmp_path / "engine.log")

    with pytest.raises(NotACheckpointError):  # which the engine says, once it has started
        run(client, LoadRequest(str(tmp_path)))

    client.close()
