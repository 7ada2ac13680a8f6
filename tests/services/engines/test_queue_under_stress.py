"""Many threads take turns of one engine, leave the line and end it: nobody ends another's turn."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from backends.errors import EngineEndedError
from backends.events import TextDelta
from baichuan_desktop.services.engines.queue import EngineQueue
from baichuan_desktop.services.engines.turns import Over
from tests.helpers.turns import Heard, SteppingEngine

THREADS, ROUNDS = 16, 20
TEXT = "abcdefgh"


@pytest.fixture
def engine() -> SteppingEngine:
    made = SteppingEngine(seconds=0.0003)
    made.let_go_on(THREADS * ROUNDS * len(TEXT))
    return made


@pytest.fixture
def line(engine: SteppingEngine) -> Iterator[EngineQueue]:
    made = EngineQueue(engine)
    yield made
    made.close()


def on_many_threads(work: Callable[[random.Random], None]) -> None:
    """Run something on threads that begin together; what fails there fails here."""
    together, failed = threading.Barrier(THREADS), list[BaseException]()

    def run(seed: int) -> None:
        together.wait()
        try:
            work(random.Random(seed))
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def soon(chance: random.Random, act: Callable[[], object]) -> None:
    """Do something in a moment, on a thread of its own."""
    timer = threading.Timer(chance.random() * 0.02, act)
    timer.daemon = True
    timer.start()


def submitted(line: EngineQueue, chance: random.Random) -> None:
    """Take a turn, and end it now and then: in a moment, or once it has begun."""
    heard = Heard()
    is_at_first_text = chance.random() < 0.5

    def deliver(event: object) -> None:
        heard(event)
        if act is not None and is_at_first_text and len(heard.texts) == 1:
            act()

    act: Callable[[], object] | None = None
    turn = line.submit(lambda engine, stop: engine.run(cast("Any", TEXT), stop), deliver)
    act = chance.choice((None, None, turn.cancel, turn.kill))
    if act is not None and not is_at_first_text:
        soon(chance, act)
    over = heard.over()
    assert TEXT.startswith("".join(heard.texts))
    if act is None:
        assert over == Over()
        assert "".join(heard.texts) == TEXT
    if over.error is not None:
        assert act == turn.kill
        assert isinstance(over.error, EngineEndedError)


def ran(line: EngineQueue, chance: random.Random) -> None:
    """Run a request by a port of one's own, and end it as above."""
    port, cancel = line.port(), threading.Event()
    act = chance.choice((None, None, cancel.set, port.kill))
    is_at_first_text = chance.random() < 0.5
    if act is not None and not is_at_first_text:
        soon(chance, act)
    text, is_ended = "", False
    try:
        for event in port.run(cast("Any", TEXT), cancel):
            assert isinstance(event, TextDelta)
            text += event.text
            if act is not None and is_at_first_text and len(text) == 1:
                act()
    except EngineEndedError:
        is_ended = True
    assert TEXT.startswith(text)
    if act is None:
        assert (text, is_ended) == (TEXT, False)
    if is_ended:
        assert act == port.kill


def test_of_many_who_take_turns_and_end_them_nobody_ends_anothers(
    line: EngineQueue, engine: SteppingEngine
) -> None:
    def take_turns(chance: random.Random) -> None:
        for _ in range(ROUNDS):
            chance.choice((submitted, ran))(line, chance)

    on_many_threads(take_turns)
    assert not line.waiting
    assert not line.is_running
    assert len(engine.ran_on) == 1


def test_a_queue_that_is_closed_under_many_turns_ends_each_of_them(line: EngineQueue) -> None:
    def ask_until_closed(chance: random.Random) -> None:
        for number in range(ROUNDS):
            if number == 15 or chance.random() < 0.01:
                line.close()
            heard = Heard()
            try:
                line.submit(lambda engine, stop: engine.run(cast("Any", TEXT), stop), heard)
            except EngineEndedError:
                return
            error = heard.over().error
            assert error is None or isinstance(error, EngineEndedError)

    on_many_threads(ask_until_closed)
