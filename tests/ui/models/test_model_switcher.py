"""Which model is loaded, without a window."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

from backends.errors import EngineEndedError, EngineError
from backends.events import LoadProgress
from backends.precision import BackendName, DeviceKind, Precision
from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.ui.controllers import Controllers, installed
from tests.ui.harness import READY, Gate, ScriptedEngine, finished, until

ONE, OTHER = installed("One"), installed("Other")


def loads(engine: ScriptedEngine) -> list[LoadRequest]:
    return [request for request in engine.requests if isinstance(request, LoadRequest)]


def load(behind: Controllers, wish: LoadWish) -> None:
    behind.switcher.load(ONE, wish)
    until(lambda: behind.switcher.current is not None)


def test_events_of_other_requests_load_nothing(behind: Controllers, engine: ScriptedEngine) -> None:
    gate = Gate()
    engine.loads.append([gate, READY])
    told = [behind.heard(behind.switcher.progressed), behind.heard(behind.switcher.ready)]
    behind.switcher.load(ONE)
    until(gate.reached.is_set)

    for event in (LoadProgress(1, 2), READY):
        behind.worker.produced.emit(event, 10**9)

    assert told == [[], []]
    assert behind.switcher.current is None
    gate.open.set()
    until(lambda: behind.switcher.current is ONE)


def test_what_is_proposed_for_the_model_that_is_loaded_keeps_its_threads(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    load(behind, LoadWish(threads=3))

    behind.switcher.load_wanted(WantedModel(ONE, LoadWish(Precision.INT8), is_kept=True))
    until(lambda: behind.switcher.current is not None)

    assert loads(engine)[-1].threads == 3
    assert behind.settings.current.precisions == {ONE.path: LoadWish(Precision.INT8, threads=3)}


def test_what_is_proposed_for_another_model_has_no_threads_of_this_one(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    load(behind, LoadWish(threads=3))

    behind.switcher.load_wanted(WantedModel(OTHER, LoadWish(Precision.INT8)))
    until(lambda: behind.switcher.current is OTHER)

    assert loads(engine)[-1].threads != 3
    assert behind.settings.current.precisions == {}


def test_another_number_of_threads_loads_the_model_again_and_the_same_does_not(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    behind.switcher.use_threads(2)
    assert loads(engine) == []
    load(behind, LoadWish(Precision.BF16, threads=3))

    behind.switcher.use_threads(3)
    assert len(loads(engine)) == 1
    behind.switcher.use_threads(2)
    until(lambda: behind.switcher.current is not None)

    assert [request.threads for request in loads(engine)] == [3, 2]
    assert loads(engine)[-1].precision == Precision.BF16
    assert behind.settings.current.precisions == {ONE.path: LoadWish(Precision.BF16, threads=2)}


def test_a_model_that_steps_aside_says_so_then_has_made_room_then_comes_back(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    load(behind, LoadWish(Precision.INT8))
    order: list[str] = []
    behind.switcher.stepped_aside.connect(lambda: order.append("aside"))
    behind.switcher.settled.connect(lambda: order.append("settled"))
    behind.switcher.ready.connect(lambda *_: order.append("back"))

    behind.switcher.set_aside()
    assert (order, behind.switcher.current) == (["aside"], None)
    until(lambda: "settled" in order)
    behind.switcher.bring_back()
    until(lambda: behind.switcher.current is not None)

    assert order == ["aside", "settled", "back", "settled"]
    assert behind.switcher.wish == LoadWish(Precision.INT8)


def test_room_is_made_also_where_another_model_takes_the_place_at_once(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    load(behind, LoadWish())
    room = behind.heard(behind.switcher.settled)

    behind.switcher.set_aside()
    behind.switcher.load(OTHER)
    until(lambda: behind.switcher.current is OTHER)

    assert room == [()]
    behind.switcher.bring_back()
    assert behind.switcher.wanted is OTHER


def test_an_answer_is_measured_with_what_ran(behind: Controllers, engine: ScriptedEngine) -> None:
    behind.switcher.answered(finished())
    engine.loads.append([replace(READY, folder=str(ONE.path))])
    load(behind, LoadWish())
    fresh = replace(READY, folder=str(ONE.path), precision=Precision.FP32)

    behind.switcher.reloaded(fresh)
    behind.switcher.answered(finished(new_tokens=101))  # in 2 seconds, the first one apart

    speeds = [
        found.tokens_per_second
        for precision in (Precision.BF16, Precision.FP32)
        if (
            found := behind.measurements.of(
                ONE.path, BackendName.TORCH_CPU, precision, DeviceKind.CPU
            )
        )
        is not None
    ]
    assert speeds == [None, 50.0]


def test_a_load_that_failed_while_another_was_asked_for_is_still_told(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    told, failed = (
        behind.heard(behind.switcher.failed_meanwhile),
        behind.heard(behind.switcher.failed),
    )
    error, over = EngineError("It is cut short."), threading.Event()

    class Over(list[object]):
        def __iter__(self) -> Iterator[object]:
            over.set()
            yield error

    engine.loads.append(Over())  # type: ignore[arg-type]  # an error is a Step
    behind.switcher.load(ONE)
    assert over.wait(60), "the engine has failed, but nobody has run the event loop since"
    behind.switcher.load(OTHER)
    until(lambda: behind.switcher.current is OTHER)

    ((what, wanted),) = told
    assert what is error
    assert wanted.model is ONE  # type: ignore[attr-defined]  # a signal carries objects
    assert failed == []


def test_a_load_that_was_stopped_for_another_has_not_failed(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    told = behind.heard(behind.switcher.failed_meanwhile)
    gate = Gate()
    engine.loads.append([gate, EngineError("Never.")])
    behind.switcher.load(ONE)
    until(gate.reached.is_set)
    load = behind.switcher._loading
    assert load is not None

    behind.switcher.load(OTHER)
    behind.worker.failed.emit(EngineEndedError(), load.request_id)
    until(lambda: behind.switcher.current is OTHER)

    assert told == []
