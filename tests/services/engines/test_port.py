"""What every engine of the app does, wherever it runs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest

from backends.engine import heavy_modules
from backends.engine.engine import Engine
from backends.errors import EngineEndedError, InvalidRequestError, UserFacingError
from backends.events import Finished, FinishReason, LoadProgress, ModelReady, TextDelta
from backends.generation.sampling import SamplingParams
from backends.precision import BackendName, Precision
from backends.protocol.engine_requests import ChatRequest, LoadRequest, Request
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.engines import process
from baichuan_desktop.services.engines.in_process import InProcessEngine
from baichuan_desktop.services.engines.one_shot import JobEngine
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent, Patience
from tests.helpers import goldens, scripted_engine
from tests.helpers.patience import PATIENCE_SECONDS

LOAD = LoadRequest(str(goldens.folder("b2-7b", "safetensors")), Precision.FP32, threads=1)
CHAT = ChatRequest((Message(Role.USER, "你好"),), SamplingParams(greedy=True, max_new_tokens=200))

#: Of engines that keep what they have loaded.
LASTING: dict[str, Callable[[Path], EnginePort]] = {
    "process": lambda log: EngineClient(log, patience=Patience(stop=PATIENCE_SECONDS)),
    "in process": lambda _: InProcessEngine(),
}
ALL = LASTING | {"one shot": JobEngine}


@pytest.fixture
def made(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EnginePort]:
    """An engine whose model is scripted: it says one letter after the other."""
    command = [sys.executable, "-m", "tests.helpers.scripted_engine"]
    monkeypatch.setattr(process, "_command", lambda: command)
    module = SimpleNamespace(load=scripted_engine._load)
    monkeypatch.setitem(sys.modules, "scripted", cast("ModuleType", module))
    monkeypatch.setitem(heavy_modules._BACKENDS, BackendName.TORCH_CPU, "scripted")
    engine = ALL[request.param](tmp_path / "engine.log")
    yield engine
    engine.close()


lasting = pytest.mark.parametrize("made", LASTING, indirect=True)
each = pytest.mark.parametrize("made", ALL, indirect=True)


def run(engine: EnginePort, request: Request) -> list[ClientEvent]:
    events = engine.run(request, threading.Event())
    # Where others keep every core busy, an engine falls silent and is heard again.
    return [event for event in events if not isinstance(event, EngineSilent | EngineHeard)]


def run_until(
    engine: EnginePort,
    request: Request,
    kind: type,
    act: Callable[[threading.Event], None] = threading.Event.set,
) -> Iterator[ClientEvent]:
    """The events of a request; at the first of a kind, `act` on its cancel."""
    cancel, is_done = threading.Event(), False
    for event in engine.run(request, cancel):
        yield event
        if isinstance(event, kind) and not is_done:
            is_done = True
            act(cancel)


@each
def test_a_load_ends_with_a_model_that_is_ready(made: EnginePort) -> None:
    *progress, ready = run(made, LOAD)

    assert progress
    assert all(isinstance(event, LoadProgress) for event in progress)
    assert isinstance(ready, ModelReady)


@each
def test_a_load_that_is_cancelled_has_no_result(made: EnginePort) -> None:
    events = list(run_until(made, LOAD, LoadProgress))

    assert not any(isinstance(event, ModelReady) for event in events)


@each
def test_what_is_refused_is_an_error_for_a_person(made: EnginePort) -> None:
    with pytest.raises(UserFacingError):
        run(made, LoadRequest("/no such folder"))
    with pytest.raises(InvalidRequestError, match="No model is loaded"):
        run(made, CHAT)


@lasting
def test_an_answer_ends_with_its_figures(made: EnginePort) -> None:
    run(made, LOAD)

    events = run(made, CHAT)

    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text == "a" * 200
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.reason, last.new_tokens) == (FinishReason.LENGTH, 200)


@lasting
def test_an_answer_that_is_cancelled_keeps_its_text_and_ends_in_the_usual_way(
    made: EnginePort,
) -> None:
    run(made, LOAD)

    events = list(run_until(made, CHAT, TextDelta))

    last = events[-1]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.CANCELLED
    assert 0 < last.new_tokens < 200


@lasting
def test_what_is_killed_says_that_it_was_asked_to_end(made: EnginePort) -> None:
    run(made, LOAD)
    events: list[ClientEvent] = []

    with pytest.raises(EngineEndedError):  # noqa: PT012  what came before is looked at
        for event in run_until(made, CHAT, TextDelta, lambda _: made.kill()):
            events.append(event)

    assert any(isinstance(event, TextDelta) for event in events)
    assert not any(isinstance(event, Finished) for event in events)


@lasting
def test_a_killed_engine_loads_and_answers_again(made: EnginePort) -> None:
    run(made, LOAD)
    with pytest.raises(EngineEndedError):
        list(run_until(made, CHAT, TextDelta, lambda _: made.kill()))

    run(made, LOAD)

    assert isinstance(run(made, CHAT)[-1], Finished)


@each
def test_closing_may_be_done_twice_and_before_anything_was_asked(made: EnginePort) -> None:
    made.close()
    run(made, LOAD)
    made.close()
    made.close()


def test_the_memory_of_an_engine_in_this_process_is_given_back_when_it_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = InProcessEngine()
    closed: list[Engine] = []
    monkeypatch.setattr(Engine, "unload", lambda engine: closed.append(engine))

    engine.close()

    assert closed == [engine._engine]
