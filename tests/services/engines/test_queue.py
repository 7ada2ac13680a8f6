"""Several who ask one engine get their turns in order, and none ends another's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from backends.errors import EngineEndedError, EngineError, InvalidRequestError, QueueFullError
from backends.events import TextDelta
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.engines.queue import EngineQueue, Turn
from baichuan_desktop.services.engines.turns import InLine, Over
from tests.helpers.patience import PATIENCE_SECONDS, wait_until
from tests.helpers.turns import Heard, SteppingEngine


@pytest.fixture
def engine() -> SteppingEngine:
    return SteppingEngine()


@pytest.fixture
def line(engine: SteppingEngine) -> Iterator[EngineQueue]:
    made = EngineQueue(engine)
    yield made
    made.close()


def ask(line: EngineQueue, text: str) -> tuple[Heard, Turn]:
    """A turn in which the engine says this text."""
    heard = Heard()
    request = cast("Any", text)
    return heard, line.submit(lambda engine, stop: engine.run(request, stop), heard)


def run_aside(port: EnginePort, text: str, cancel: threading.Event) -> tuple[list[Any], Any]:
    """The events of a port's `run`, as they come on a thread of its own, and that thread."""
    events: list[Any] = []

    def listen() -> None:
        try:
            events.extend(port.run(cast("Any", text), cancel))
        except EngineError as error:
            events.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    return events, thread


def test_turns_come_in_the_order_in_which_they_were_asked_for(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    texts = ["first", "second", "third", "fourth"]
    asked = [ask(line, text)[0] for text in texts]
    engine.let_go_on()
    for heard, text in zip(asked, texts, strict=True):
        assert heard.over() == Over()
        assert "".join(heard.texts) == text
    assert engine.begun == texts


def test_each_who_waits_is_told_their_place_and_each_change_of_it(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    first, _ = ask(line, "a")
    wait_until(lambda: line.is_running)
    second, _ = ask(line, "b")
    _, third = ask(line, "c")
    fourth, _ = ask(line, "d")
    fourth.until(InLine(3))
    assert line.waiting == 3
    third.cancel()
    fourth.until(InLine(2))
    engine.let_go_on()
    fourth.over()
    assert (first.places, second.places, fourth.places) == ([0], [1, 0], [3, 2, 1, 0])
    assert fourth.events[-2:] == [TextDelta("d"), Over()]


def test_places_are_told_while_the_engine_works(line: EngineQueue, engine: SteppingEngine) -> None:
    ask(line, "a")
    wait_until(lambda: line.is_running)
    second, _ = ask(line, "b")
    second.until(InLine(1))
    assert engine.begun == ["a"]


def test_a_turn_that_is_cancelled_while_it_waits_never_begins(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    first, _ = ask(line, "a")
    second, turn = ask(line, "b")
    turn.cancel()
    assert second.over() == Over()  # without waiting for the one before
    assert not first.is_over
    engine.let_go_on()
    first.over()
    assert engine.begun == ["a"]
    assert not line.waiting


def test_a_turn_whose_stop_was_set_by_itself_does_not_begin_either(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    ask(line, "a")
    wait_until(lambda: line.is_running)
    stop, heard = threading.Event(), Heard()
    line.submit(lambda engine, stop: engine.run(cast("Any", "b"), stop), heard, stop)
    stop.set()
    engine.let_go_on()
    heard.over()
    assert engine.begun == ["a"]


def test_a_turn_that_runs_ends_as_the_engine_ends_it_when_it_is_cancelled(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    first, turn = ask(line, "abc")
    engine.let_go_on(1)
    first.until(TextDelta("a"))
    turn.cancel()
    assert first.over() == Over()
    assert first.texts == ["a"]
    turn.cancel()  # once more, when it is over, is nothing


def test_a_turn_that_is_killed_ends_with_its_engine_and_the_next_one_runs(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    first, turn = ask(line, "abc")
    second, _ = ask(line, "de")
    engine.let_go_on(1)
    first.until(TextDelta("a"))
    turn.kill()
    assert isinstance(first.over().error, EngineEndedError)
    engine.let_go_on()
    assert second.over() == Over()
    assert second.texts == ["d", "e"]


def test_a_kill_never_ends_what_another_asked_for(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    first, _ = ask(line, "abc")
    wait_until(lambda: line.is_running)
    second, turn = ask(line, "d")
    turn.kill()
    assert isinstance(second.over().error, EngineEndedError)
    engine.let_go_on()
    first.over()
    turn.kill()
    assert first.texts == ["a", "b", "c"]
    assert engine.kills == 0


def test_an_engine_that_was_killed_as_its_turn_ended_is_ended_before_the_next_turn() -> None:
    engine = SteppingEngine()
    closed_at: list[int] = []

    def kills_itself(_: EnginePort, __: threading.Event) -> Iterator[TextDelta]:
        yield TextDelta("all")
        turn.kill()

    def looks(_: EnginePort, __: threading.Event) -> Iterator[TextDelta]:
        closed_at.append(len(engine.closed_on))
        yield TextDelta("more")

    line = EngineQueue(engine)
    held = Heard()
    holding = line.submit(lambda engine, stop: engine.run(cast("Any", "a"), stop), held)
    first, second = Heard(), Heard()
    turn = line.submit(kills_itself, first)
    line.submit(looks, second)
    holding.cancel()
    assert isinstance(first.over().error, EngineEndedError)
    assert second.over() == Over()
    assert closed_at == [1]
    line.close()


def test_a_bug_in_one_turn_ends_that_turn_alone_and_its_words_are_in_no_log(
    line: EngineQueue, engine: SteppingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: EnginePort, __: threading.Event) -> Iterator[TextDelta]:
        yield TextDelta("x")
        int(prompt)

    prompt, heard = "cana" + "ry", Heard()
    with caplog.at_level(logging.DEBUG):
        line.submit(fails, heard)
        error = heard.over().error
    assert isinstance(error, EngineError)
    assert heard.texts == ["x"]
    assert "ValueError" in caplog.text
    assert prompt not in caplog.text
    engine.let_go_on()
    assert ask(line, "a")[0].over() == Over()


def test_an_error_of_a_turn_is_its_end(line: EngineQueue) -> None:
    def refuses(_: EnginePort, __: threading.Event) -> Iterator[TextDelta]:
        raise InvalidRequestError("No.")
        yield

    heard = Heard()
    line.submit(refuses, heard)
    assert isinstance(heard.over().error, InvalidRequestError)


def test_who_does_not_take_what_comes_ends_their_turn_alone(
    line: EngineQueue, engine: SteppingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    over = threading.Event()

    def deaf(event: object) -> None:
        assert not isinstance(event, TextDelta), "the loop is closed"
        if isinstance(event, Over):
            over.set()

    turn = line.submit(lambda engine, stop: engine.run(cast("Any", "abc"), stop), deaf)
    engine.let_go_on(1)
    assert turn.stop.wait(PATIENCE_SECONDS)
    second, _ = ask(line, "b")
    engine.let_go_on()
    assert second.over() == Over()
    assert over.is_set(), "it frees its place, whatever it did not take"
    assert "AssertionError, whose words" in caplog.text


def test_a_turn_whose_engine_does_not_even_close_is_over_all_the_same(
    engine: SteppingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = EngineQueue(engine)
    heard, turn = ask(line, "abc")
    wait_until(lambda: line.is_running)

    def breaks() -> None:
        raise OSError("no such process")

    monkeypatch.setattr(engine, "close", breaks)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    turn.kill()

    assert isinstance(heard.over().error, EngineEndedError)


def test_the_engine_is_used_and_closed_on_the_queues_thread_only(engine: SteppingEngine) -> None:
    line = EngineQueue(engine)
    engine.let_go_on()
    for text in "abc":
        ask(line, text)[0].over()
    line.close()
    assert len(engine.ran_on) == 1
    assert engine.closed_on == list(engine.ran_on)
    assert threading.current_thread() not in engine.ran_on


def test_a_queue_that_is_closed_ends_what_runs_and_what_waits_and_takes_nothing_in(
    engine: SteppingEngine,
) -> None:
    line = EngineQueue(engine)
    asked = [ask(line, text)[0] for text in ("aaa", "b", "c")]
    wait_until(lambda: line.is_running)
    line.close()
    line.close()
    assert all(isinstance(heard.over().error, EngineEndedError) for heard in asked)
    assert engine.begun == ["aaa"]
    with pytest.raises(EngineEndedError):
        ask(line, "d")


def test_a_turn_is_refused_where_as_many_wait_as_may_and_one_runs(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    def ask_at_most_two() -> Turn:
        return line.submit(
            lambda engine, stop: engine.run(cast("Any", "a"), stop), Heard(), most_waiting=2
        )

    ask_at_most_two()
    ask_at_most_two()
    third = ask_at_most_two()
    wait_until(lambda: line.waiting == 2)
    with pytest.raises(QueueFullError):
        ask_at_most_two()
    third.cancel()
    ask_at_most_two()
    assert line.waiting == 2


def test_a_port_waits_for_its_turn(line: EngineQueue, engine: SteppingEngine) -> None:
    first, _ = ask(line, "ab")
    wait_until(lambda: line.is_running)
    places: list[int] = []
    events, thread = run_aside(line.port(places.append), "cd", threading.Event())
    wait_until(lambda: places == [1])
    engine.let_go_on()
    thread.join()
    assert first.is_over
    assert places == [1, 0]
    assert events == [TextDelta("c"), TextDelta("d")]


def test_the_event_of_who_ran_a_port_to_its_end_stays_as_it_is(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    engine.let_go_on()
    cancel = threading.Event()
    assert len(list(line.port().run(cast("Any", "ab"), cancel))) == 2
    assert not cancel.is_set()


@pytest.mark.parametrize("closes", ["run", "deliver"])
def test_a_queue_can_be_closed_by_what_it_runs_and_by_who_hears_of_it(
    engine: SteppingEngine, closes: str
) -> None:
    line, over = EngineQueue(engine), threading.Event()

    def run(_: EnginePort, __: threading.Event) -> Iterator[str]:
        yield "before"
        if closes == "run":
            line.close()

    def deliver(event: object) -> None:
        if event == "before" and closes == "deliver":
            line.close()
        if isinstance(event, Over):
            over.set()

    line.submit(run, deliver)
    assert over.wait(PATIENCE_SECONDS)
    line.close()
    assert engine.closed_on


def test_a_port_that_is_cancelled_while_it_waits_yields_nothing_and_does_not_wait_on(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    first, _ = ask(line, "a")
    wait_until(lambda: line.is_running)
    cancel = threading.Event()
    events, thread = run_aside(line.port(), "b", cancel)
    wait_until(lambda: line.waiting == 1)
    cancel.set()
    thread.join()
    assert events == []
    assert not first.is_over
    assert engine.begun == ["a"]


def test_a_port_that_is_killed_ends_what_waits_where_another_runs(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    first, _ = ask(line, "a")
    wait_until(lambda: line.is_running)
    port = line.port()
    events, thread = run_aside(port, "b", threading.Event())
    wait_until(lambda: line.waiting == 1)
    port.kill()
    thread.join()
    assert [type(event) for event in events] == [EngineEndedError]
    engine.let_go_on()
    assert first.over() == Over()
    assert engine.kills == 0


def test_a_port_that_is_killed_ends_its_own_answer(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    port = line.port()
    port.kill()  # nothing of it runs
    engine.let_go_on(1)
    events, thread = run_aside(port, "ab", threading.Event())
    wait_until(lambda: line.is_running and bool(events or engine.begun))
    other, _ = ask(line, "c")
    port.kill()
    thread.join()
    assert isinstance(events[-1], EngineEndedError)
    engine.let_go_on()
    assert other.over() == Over()


def test_what_nobody_listens_to_until_its_end_is_cancelled(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    engine.let_go_on(1)
    cancel = threading.Event()
    events = line.port().run(cast("Any", "abc"), cancel)
    assert next(events) == TextDelta("a")
    del events
    wait_until(lambda: not line.is_running)
    assert cancel.is_set()


def test_the_owners_port_closes_the_queue_and_its_engine(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    line.port().close()
    assert len(engine.closed_on) == 1
    with pytest.raises(EngineEndedError):
        list(line.port().run(cast("Any", "a"), threading.Event()))
