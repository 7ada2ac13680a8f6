"""How far a load is: it moves from the first second to the last."""

from __future__ import annotations

from backends.events import LoadProgress
from baichuan_desktop.services.jobs.load_meter import LoadMeter
from tests.services.jobs.test_pace import Clock


def said(meter: LoadMeter) -> str:
    return str(meter.phrase)


def test_before_the_first_weight_the_seconds_move() -> None:
    clock = Clock()
    meter = LoadMeter("Talk", clock)
    assert said(meter) == "Loading Talk: starting"
    assert meter.percent is None

    clock.now += 3
    assert said(meter) == "Loading Talk: starting · 3 s"
    meter.read(LoadProgress(0, 100))  # torch is imported after it
    clock.now += 4
    assert said(meter) == "Loading Talk: starting · 7 s"


def test_while_weights_are_read_the_percentage_moves_and_the_time_left_is_of_the_drive() -> None:
    clock = Clock()
    meter = LoadMeter("Talk", clock)
    meter.read(LoadProgress(0, 400))
    clock.now += 30  # an import, which says nothing of the drive
    for done in (10, 20, 30, 40):
        meter.read(LoadProgress(done, 400))
        if done == 10:
            assert said(meter) == "Loading Talk: 2 %"
        clock.now += 1

    assert meter.percent == 10
    assert said(meter) == "Loading Talk: 10 % · about 35 s left"


def test_after_the_last_weight_the_seconds_move_again() -> None:
    clock = Clock()
    meter = LoadMeter("Talk", clock)
    meter.read(LoadProgress(50, 100))
    clock.now += 5
    meter.read(LoadProgress(100, 100))

    assert said(meter) == "Loading Talk: getting it ready"
    assert meter.percent is None
    clock.now += 12
    assert said(meter) == "Loading Talk: getting it ready · 12 s"


def test_graphs_that_are_recorded_after_it_are_counted() -> None:
    meter = LoadMeter("Talk", Clock())
    meter.read(LoadProgress(100, 100))
    shown = []
    for done in (1, 2, 4):
        meter.read(LoadProgress(100, 100, done, 4))
        shown.append(said(meter))

    assert shown == [f"Loading Talk: recording CUDA graphs, {n} of 4" for n in (1, 2, 4)]
    assert meter.percent is None


def test_a_model_whose_weights_are_there_at_once_is_never_at_a_hundred_percent() -> None:
    clock = Clock()
    meter = LoadMeter("Talk", clock)
    shown = []
    for done in (0, 0, 100):
        meter.read(LoadProgress(done, 100))
        shown.append(said(meter))

    assert not any("100 %" in text for text in shown)
    assert shown[-1] == "Loading Talk: getting it ready"


def test_a_folder_without_a_byte_divides_nothing() -> None:
    meter = LoadMeter("Talk", Clock())
    meter.read(LoadProgress(0, 0))

    assert meter.percent is None
    assert said(meter) == "Loading Talk: starting"
