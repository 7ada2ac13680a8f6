"""From a generator of events to signals: nothing lost, nothing reordered, in the right thread."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QThread, QTimer, Slot
from PySide6.QtTest import QTest
from typing_extensions import override

from backends.errors import EngineCrashedError, EngineError, UserFacingError
from backends.events import (
    EngineEvent,
    Finished,
    FinishReason,
    LoadProgress,
    PrefillProgress,
    Progress,
    PromptReady,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import CompleteRequest, Request, UnloadRequest
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent
from baichuan_desktop.workers.background_task import BackgroundTask
from baichuan_desktop.workers.engine_worker import EngineWorker, EventSource, thinned
from tests.helpers.fakes import FakeEngine
from tests.helpers.patience import wait_until

DONE = Finished(FinishReason.STOP, 1, 0, 1, 2, 0.0, 0.0, 0.0)
REQUEST = CompleteRequest("hi", SamplingParams())


# --- thinning progress -------------------------------------------------------------------


class Clock:
    """Moves by a step each time it is looked at."""

    def __init__(self, step: float) -> None:
        self._now, self._step = 100.0, step

    def __call__(self) -> float:
        self._now += self._step
        return self._now


def texts(events: list[EngineEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_progress_is_thinned_but_its_last_is_sent() -> None:
    events: list[EngineEvent] = [LoadProgress(n, 100) for n in range(101)]

    sent = list(thinned(iter(events), Clock(0.005)))

    assert 5 < len(sent) < 40
    assert sent[-1] == LoadProgress(100, 100)
    assert sent == sorted(sent, key=lambda event: event.done_bytes)


@dataclasses.dataclass(frozen=True)
class Indexing(Progress):
    """How far a kind of work is that the app does not have."""

    folder: str
    share: float

    @property
    @override
    def row(self) -> object:
        return self.folder

    @property
    @override
    def is_last(self) -> bool:
        return self.share == 1


def test_progress_of_a_new_kind_is_thinned_by_what_it_says_of_itself() -> None:
    events = [Indexing(folder, n / 100) for folder in ("a", "b") for n in range(101)]

    sent = list(thinned(iter(events), Clock(0.0)))

    assert [(one.folder, one.share) for one in sent] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


def skeleton(events: list[EngineEvent]) -> list[object]:
    """Text joined between other events; progress that is not the last left out."""
    found: list[object] = []
    for event in events:
        match event:
            case TextDelta(text):
                if found and isinstance(found[-1], str):
                    found[-1] += text
                else:
                    found.append(text)
            case LoadProgress(1, _) | PrefillProgress(1, _):
                pass
            case _:
                found.append(event)
    return found


# --- through the thread ------------------------------------------------------------------


class Window(QObject):
    """Hears of everything, and in which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[EngineEvent] = []
        self.by_request: list[tuple[int, EngineEvent | UserFacingError | str]] = []
        self.errors: list[UserFacingError] = []
        self.threads: set[QThread] = set()
        self.silences: list[int] = []  # 0 where the engine was heard again
        self.ended = 0
        self.on_event: Callable[[EngineEvent], None] = lambda _event: None

    @Slot(object, int)
    def hear(self, event: EngineEvent, request_id: int) -> None:
        self.threads.add(QThread.currentThread())
        self.events.append(event)
        self.by_request.append((request_id, event))
        self.on_event(event)

    @Slot(object, int)
    def fail(self, error: UserFacingError, request_id: int) -> None:
        self.threads.add(QThread.currentThread())
        self.errors.append(error)
        self.by_request.append((request_id, error))

    @Slot(int)
    def end(self, request_id: int) -> None:
        self.ended += 1
        self.by_request.append((request_id, "ended"))

    @Slot(int)
    def hear_silence(self, seconds: int) -> None:
        self.silences.append(seconds)

    @Slot()
    def hear_again(self) -> None:
        self.silences.append(0)

    def wait(self, requests: int) -> None:
        """Until so many requests have ended."""
        wait_until(lambda: self.ended >= requests, lambda: QTest.qWait(1))


Make = Callable[[EventSource], tuple[EngineWorker, Window]]


@pytest.fixture
def make(app: QCoreApplication) -> Iterator[Make]:
    made: list[EngineWorker] = []

    def start(source: EventSource) -> tuple[EngineWorker, Window]:
        worker, window = EngineWorker(FakeEngine(source)), Window()
        worker.produced.connect(window.hear)
        worker.failed.connect(window.fail)
        worker.ended.connect(window.end)
        worker.silent.connect(window.hear_silence)
        worker.heard.connect(window.hear_again)
        made.append(worker)
        return worker, window

    yield start
    for worker in made:
        worker.shut_down()


def test_slow_text_is_passed_on_at_once(make: Make) -> None:
    shown = [threading.Event() for _ in range(3)]

    def source(_request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        for n, event in enumerate(shown):
            yield TextDelta(str(n))
            event.wait()  # for ever, if the text had to wait for what comes after it
        yield DONE

    worker, window = make(source)
    window.on_event = lambda event: (
        shown[int(event.text)].set() if isinstance(event, TextDelta) else None
    )
    worker.start(REQUEST)
    window.wait(1)

    assert window.events == [TextDelta("0"), TextDelta("1"), TextDelta("2"), DONE]


def test_fast_text_is_joined_to_30_events_a_second(make: Make) -> None:
    tokens = [f"{n} " for n in range(3000)]

    def source(_request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        yield from map(TextDelta, tokens)
        yield DONE

    worker, window = make(source)
    begins = time.monotonic()
    worker.start(REQUEST)
    window.wait(1)

    took = time.monotonic() - begins
    assert texts(window.events) == "".join(tokens)
    # Qt's timer may be a twentieth early; the first event and the last two do not wait for it.
    assert len(window.events) <= took * 30 / 0.95 + 3


@pytest.mark.parametrize("error", [EngineCrashedError("it crashed"), ZeroDivisionError()])
def test_text_before_a_failure_is_sent_before_it(make: Make, error: Exception) -> None:
    def source(_request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        yield from [TextDelta("a"), TextDelta("b"), TextDelta("c")]
        raise error

    worker, window = make(source)
    worker.start(REQUEST)
    window.wait(1)

    assert texts(window.events) == "abc"
    assert isinstance(window.by_request[-2][1], UserFacingError)
    assert window.by_request[-1][1] == "ended"


def test_text_without_an_end_is_sent_before_its_request_ends(make: Make) -> None:
    def source(_request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        yield from map(TextDelta, "abcd")

    worker, window = make(source)
    first, second = worker.start(REQUEST), worker.start(REQUEST)
    window.wait(2)

    of = {first: "", second: ""}
    for request_id, event in window.by_request:
        if isinstance(event, TextDelta):
            of[request_id] += event.text
    assert of == {first: "abcd", second: "abcd"}
    assert [event for _, event in window.by_request].count("ended") == 2
    assert window.by_request[-1] == (second, "ended")


def test_whatever_comes_nothing_but_progress_is_lost_and_nothing_is_reordered(make: Make) -> None:
    chance = random.Random(4)
    asked: list[list[EngineEvent]] = []
    for _ in range(300):
        events: list[EngineEvent] = []
        for n in range(chance.randrange(30)):
            choices: list[EngineEvent] = [
                TextDelta(f"<{n}>"),
                TextDelta(f"<{n}>"),
                PrefillProgress(chance.choice([1, 64]), 64),
                PromptReady(n, 0, 0),
                LoadProgress(chance.choice([1, 9]), 9),
            ]
            events.append(chance.choice(choices))
        asked.append(events)
    waiting = iter(asked)

    worker, window = make(lambda _request, _cancel: iter(next(waiting)))
    ids = [worker.start(REQUEST) for _ in asked]
    window.wait(len(asked))

    for request_id, events in zip(ids, asked, strict=True):
        sent = [event for of, event in window.by_request if of == request_id]
        assert sent[-1] == "ended"
        assert skeleton(sent[:-1]) == skeleton(events)  # type: ignore[arg-type]  # none failed


def test_ten_thousand_tokens_survive_the_crossing(make: Make) -> None:
    """PySide6 6.12.0 aborts Python 3.11 after about 550 signals."""
    tokens = [f"{n} " for n in range(10_000)]

    def source(_request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        for token in tokens:
            yield TextDelta(token)
            yield PromptReady(1, 0, 0)  # which is never joined, so that 20,000 signals cross
        yield DONE

    worker, window = make(source)
    worker.start(REQUEST)
    window.wait(1)

    assert texts(window.events) == "".join(tokens)
    assert len(window.events) == 20_001
    assert window.events[-1] == DONE
    assert window.errors == []


def test_events_come_in_the_windows_thread_and_the_source_runs_in_another(make: Make) -> None:
    ran_in: list[QThread] = []

    def source(_request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        ran_in.append(QThread.currentThread())
        yield TextDelta("a")
        raise EngineCrashedError("it crashed")

    worker, window = make(source)
    worker.start(REQUEST)
    window.wait(1)

    here = QThread.currentThread()
    assert window.threads == {here}
    assert ran_in[0] is not here


def test_requests_run_one_after_the_other_in_order(make: Make) -> None:
    running = 0

    def source(request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        nonlocal running
        running += 1
        assert isinstance(request, CompleteRequest)
        yield TextDelta(f"{request.prompt}{running} ")
        running -= 1

    worker, window = make(source)
    for name in "abc":
        worker.start(CompleteRequest(name, SamplingParams()))
    window.wait(3)

    assert texts(window.events) == "a1 b1 c1 "


def test_a_stop_reaches_the_source_while_the_thread_is_busy(make: Make) -> None:
    def source(_request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        yield TextDelta("half")
        cancel.wait()  # for ever, if the stop had to come through the thread's event loop
        yield DONE

    worker, window = make(source)
    request_id = worker.start(REQUEST)
    window.on_event = lambda event: (
        worker.stop(request_id) if isinstance(event, TextDelta) else None
    )
    window.wait(1)

    assert window.events == [TextDelta("half"), DONE]


def test_a_stop_is_for_the_request_that_runs_and_not_for_the_next(make: Make) -> None:
    seen: list[bool] = []

    def source(_request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        seen.append(cancel.is_set())
        yield DONE

    worker, window = make(source)
    worker.stop(worker.start(REQUEST))
    window.wait(1)
    worker.start(REQUEST)
    window.wait(2)

    assert seen[-1] is False


def test_a_stop_of_a_request_that_has_ended_stops_no_other(make: Make) -> None:
    running, go_on = threading.Event(), threading.Event()

    def source(request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        if isinstance(request, CompleteRequest):
            running.set()
            go_on.wait()
            yield DONE if not cancel.is_set() else TextDelta("stopped")

    worker, window = make(source)
    ended = worker.start(UnloadRequest())
    window.wait(1)
    worker.start(REQUEST)
    running.wait()

    worker.stop(ended)
    go_on.set()
    window.wait(2)

    assert window.events == [DONE]


def test_each_event_carries_the_id_of_its_request(make: Make) -> None:
    error = EngineCrashedError("it crashed")

    def source(request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        if isinstance(request, UnloadRequest):
            raise error
        yield DONE

    worker, window = make(source)
    first, second = worker.start(REQUEST), worker.start(UnloadRequest())
    window.wait(2)

    assert window.by_request == [
        (first, DONE), (first, "ended"), (second, error), (second, "ended"),
    ]  # fmt: skip
    assert first != second


def test_a_request_that_is_started_instead_stops_those_before_or_keeps_them_from_beginning(
    make: Make,
) -> None:
    running, go_on = threading.Event(), threading.Event()
    begun: list[str] = []

    def source(request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        assert isinstance(request, CompleteRequest)
        begun.append(request.prompt)
        running.set()
        if request.prompt == "first":
            cancel.wait()
            go_on.wait()
        yield TextDelta(request.prompt)

    worker, window = make(source)
    first = worker.start(CompleteRequest("first", SamplingParams()))
    running.wait()
    second = worker.start_instead(CompleteRequest("second", SamplingParams()))
    third = worker.start_instead(CompleteRequest("third", SamplingParams()))
    go_on.set()
    window.wait(3)

    assert begun == ["first", "third"]
    assert window.by_request == [
        (first, TextDelta("first")), (first, "ended"),
        (second, "ended"),
        (third, TextDelta("third")), (third, "ended"),
    ]  # fmt: skip


def test_a_silence_is_told_apart_from_what_a_request_brings(make: Make) -> None:
    def source(_request: Request, _cancel: threading.Event) -> Iterator[ClientEvent]:
        yield EngineSilent(10)
        yield EngineSilent(11)
        yield EngineHeard()
        yield DONE

    worker, window = make(source)
    worker.start(REQUEST)
    window.wait(1)

    assert window.silences == [10, 11, 0, 0], "heard at the end of each request too"
    assert window.events == [DONE]


def test_an_engine_is_ended_only_while_something_runs(app: QCoreApplication) -> None:
    killed, running = threading.Event(), threading.Event()

    def source(_request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        running.set()
        killed.wait()
        yield DONE

    worker = EngineWorker(FakeEngine(source, kill=killed.set))
    worker.end_engine()
    assert not killed.is_set()

    worker.start(REQUEST)
    running.wait()
    worker.end_engine()
    assert killed.is_set()
    worker.shut_down()


def test_a_failure_is_told_once_and_the_next_request_runs(make: Make) -> None:
    error = EngineCrashedError("it crashed")

    def source(request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        yield TextDelta("so far")
        if isinstance(request, UnloadRequest):
            raise error

    worker, window = make(source)
    worker.start(UnloadRequest())
    window.wait(1)
    assert window.errors == [error]
    assert texts(window.events) == "so far"

    worker.start(REQUEST)
    window.wait(2)
    assert window.errors == [error]
    assert texts(window.events) == "so farso far"


def test_a_bug_is_told_as_one_sentence_and_logged(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    def source(_request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        yield TextDelta("so far")
        raise ZeroDivisionError("first line\nsecond line")

    worker, window = make(source)
    worker.start(REQUEST)
    window.wait(1)

    (error,) = window.errors
    assert isinstance(error, EngineError)
    assert "first line" in error.message
    assert "\n" not in error.message
    assert texts(window.events) == "so far"
    assert "ZeroDivisionError" in caplog.text


def test_a_job_runs_its_steps_on_the_engine_of_the_worker(app: QCoreApplication) -> None:
    def run(request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        assert isinstance(request, CompleteRequest)
        yield TextDelta(request.prompt)

    def steps(job: str, cancel: threading.Event) -> Iterator[EngineEvent]:
        for step in job.split():
            yield from run(CompleteRequest(step, SamplingParams()), cancel)
            yield PromptReady(1, 0, 0)

    worker, window = EngineWorker(FakeEngine(run), steps), Window()
    worker.produced.connect(window.hear)
    worker.ended.connect(window.end)
    worker.start("one two")
    window.wait(1)
    worker.shut_down()

    assert [event for event in window.events if isinstance(event, TextDelta)] == [
        TextDelta("one"),
        TextDelta("two"),
    ]


def test_shutting_down_kills_what_runs_and_ends_the_thread(app: QCoreApplication) -> None:
    killed, running = threading.Event(), threading.Event()

    def source(_request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        running.set()
        killed.wait()  # as a client whose engine hangs, until it is killed
        assert cancel.is_set()
        raise EngineCrashedError("it was killed")
        yield

    engine = FakeEngine(source, kill=killed.set)
    worker = EngineWorker(engine)
    worker.start(REQUEST)
    running.wait()

    worker.shut_down()

    assert worker._thread.isFinished()
    assert engine.is_closed


# --- in the background -------------------------------------------------------------------


class Receiver(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.results: list[tuple[str, object, QThread]] = []
        self.ids: list[int] = []

    @Slot(object, int)
    def succeed(self, result: object, task_id: int) -> None:
        self.results.append(("succeeded", result, QThread.currentThread()))
        self.ids.append(task_id)

    @Slot(object, int)
    def fail(self, error: object, task_id: int) -> None:
        self.results.append(("failed", error, QThread.currentThread()))
        self.ids.append(task_id)


def outcome(op: Callable[[], object]) -> tuple[str, object]:
    """How a task ended, heard in this thread."""
    receiver = Receiver()
    task = BackgroundTask(op, receiver)
    task.succeeded.connect(receiver.succeed)
    task.failed.connect(receiver.fail)
    task_id = task.start()
    wait_until(lambda: bool(receiver.results), lambda: QTest.qWait(1))
    ((kind, value, thread),) = receiver.results
    assert thread is QThread.currentThread()
    assert receiver.ids == [task_id]
    return kind, value


def test_a_background_task_runs_elsewhere_and_its_result_comes_here(app: QCoreApplication) -> None:
    here = QThread.currentThread()

    assert outcome(lambda: QThread.currentThread() is here) == ("succeeded", False)


def test_a_background_task_that_fails_tells_its_error(app: QCoreApplication) -> None:
    error = EngineError("No.")

    def fail() -> None:
        raise error

    assert outcome(fail) == ("failed", error)


def test_a_background_task_with_a_bug_tells_one_sentence(
    app: QCoreApplication, caplog: pytest.LogCaptureFixture
) -> None:
    kind, error = outcome(lambda: 1 // 0)

    assert kind == "failed"
    assert isinstance(error, UserFacingError)
    assert (
        error.message
        == "The app met an error it does not know: integer division or modulo by zero."
    )
    assert "ZeroDivisionError" in caplog.text


def test_two_background_tasks_have_two_ids(app: QCoreApplication) -> None:
    receiver = Receiver()
    tasks = [BackgroundTask(lambda: None, receiver) for _ in range(2)]
    for task in tasks:
        task.succeeded.connect(receiver.succeed)
    ids = [task.start() for task in tasks]
    wait_until(lambda: len(receiver.results) == 2, lambda: QTest.qWait(1))

    assert sorted(receiver.ids) == sorted(set(ids))


def test_text_that_is_on_its_way_at_the_end_starts_no_timer(
    make: Make, app: QCoreApplication
) -> None:
    """The timer would outlive the window, and end with whoever searches for garbage."""
    sent = threading.Event()

    def source(_request: Request, _cancel: threading.Event) -> Iterator[EngineEvent]:
        yield TextDelta("a")
        sent.set()
        yield DONE

    worker, window = make(source)
    worker.start(REQUEST)
    assert sent.wait(60)

    worker.shut_down()
    app.processEvents()

    assert window.events == []
    assert not any(timer.isActive() for timer in worker.findChildren(QTimer))
