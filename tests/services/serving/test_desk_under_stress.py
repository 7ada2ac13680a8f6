"""Many who ask a desk at once, leave when they like and lose their engine: all keeps its order."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from types import NoneType
from typing import NamedTuple

import pytest

from backends.errors import EngineCrashedError, EngineEndedError, QueueFullError
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.serving.desk_parts.terms import DeskTerms
from baichuan_desktop.services.serving.own_desk import OwnDesk
from baichuan_desktop.services.serving.port import Asked, Begun, Over
from baichuan_desktop.services.serving.values import DeskState
from tests.helpers import goldens
from tests.helpers.engine_of_models import EngineOfModels, said
from tests.helpers.turns import Heard

THREADS = 16
MOST_WAITING = 8


class Sent(NamedTuple):
    """A question that was taken in."""

    text: str
    heard: Heard
    asked: Asked


class Crowd:
    """Threads that ask a desk, and note in which order it took them in."""

    def __init__(self, desk: OwnDesk, models: list[str]) -> None:
        self.desk = desk
        self.sent: list[Sent] = []
        self.refused = 0
        self._models = models
        self._order = threading.Lock()

    def ask(self, chance: random.Random) -> Sent | None:
        text = f"{chance.random():.6f}"
        request = ChatRequest((Message(Role.USER, text),), SamplingParams())
        heard = Heard()
        with self._order:
            try:
                asked = self.desk.ask(chance.choice(self._models), lambda _: request, heard)
            except QueueFullError:
                self.refused += 1
                return None
            self.sent.append(sent := Sent(text, heard, asked))
        return sent


@pytest.fixture
def engine() -> EngineOfModels:
    return EngineOfModels(seconds=0.0005)


@pytest.fixture
def crowd(engine: EngineOfModels) -> Iterator[Crowd]:
    paths = app_paths()
    store = ModelStore(paths)
    other = store.add(goldens.folder("b1-7b", "safetensors"))
    desk = OwnDesk(
        engine,
        store,
        ManifestStore(paths.manifests),
        Measurements(paths.measurements),
        LastUsed(paths.last_used),
        DeskTerms(most_waiting=MOST_WAITING),
    )
    yield Crowd(desk, [GUIDE_ID, GUIDE_ID, other.id])
    desk.close()


def at_once(work: Callable[[random.Random], object]) -> None:
    """Run something on many threads, which begin together."""
    together = threading.Barrier(THREADS)
    failed: list[BaseException] = []

    def run(number: int) -> None:
        together.wait()
        try:
            work(random.Random(number))
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_of_sixteen_who_ask_at_once_each_is_answered_in_order_or_refused(
    crowd: Crowd, engine: EngineOfModels
) -> None:
    engine.is_held = True
    at_once(crowd.ask)
    assert (len(crowd.sent), crowd.refused) == (MOST_WAITING + 1, THREADS - MOST_WAITING - 1)
    engine.release()
    for sent in crowd.sent:
        assert sent.heard.over() == Over()
        assert "".join(sent.heard.texts) == sent.text
    assert said(engine.requests) == [sent.text for sent in crowd.sent]


def test_whoever_leaves_whenever_they_like_no_other_answer_is_touched(
    crowd: Crowd, engine: EngineOfModels
) -> None:
    def come_and_go(chance: random.Random) -> None:
        for _ in range(20):
            sent = crowd.ask(chance)
            if sent is None:
                continue
            if chance.random() < 0.5:
                if chance.random() < 0.5:
                    threading.Event().wait(chance.random() * 0.05)
                sent.asked.cancel()
            sent.heard.over()

    at_once(come_and_go)
    computed = said(engine.requests)
    for sent in crowd.sent:
        assert sent.heard.over() == Over()
        has_begun = any(isinstance(event, Begun) for event in sent.heard.events)
        assert (sent.text in computed) == has_begun  # who left before their turn never began
        assert sent.text.startswith("".join(sent.heard.texts))
    in_order = [sent.text for sent in crowd.sent if sent.text in set(computed)]
    assert computed == in_order
    assert crowd.desk.status.waiting == 0


def test_however_often_the_engine_ends_each_who_asked_hears_of_an_end(
    crowd: Crowd, engine: EngineOfModels
) -> None:
    def come_and_break(chance: random.Random) -> None:
        for _ in range(10):
            sent = crowd.ask(chance)
            if sent is None:
                continue
            if chance.random() < 0.3:
                engine.is_crashed = True
            if chance.random() < 0.2:
                sent.asked.cancel()
            sent.heard.over()

    at_once(come_and_break)
    for sent in crowd.sent:
        error = sent.heard.over().error
        assert error is None or isinstance(error, EngineCrashedError)
    engine.is_crashed = False
    last = crowd.ask(random.Random())
    assert last is not None
    assert last.heard.over() == Over()


def test_a_desk_that_is_closed_while_many_ask_ends_every_request(
    crowd: Crowd, engine: EngineOfModels
) -> None:
    closing = threading.Event()

    def ask_until_closed(chance: random.Random) -> None:
        for number in range(50):
            if chance.random() < 0.02 or number == 40:
                closing.set()
                crowd.desk.close()
            try:
                sent = crowd.ask(chance)
            except EngineEndedError:
                assert closing.is_set()
                return
            if sent is not None and chance.random() < 0.7:
                sent.heard.over()

    at_once(ask_until_closed)
    for sent in crowd.sent:
        assert isinstance(sent.heard.over().error, EngineEndedError | NoneType)
    assert engine.is_closed
    assert crowd.desk.status.state is DeskState.EMPTY
