"""What is shown of a training, event by event."""

from __future__ import annotations

import pytest

from backends.events import JobProgress, JobStep
from backends.training.events import CheckpointKept, TrainingPaused, TrainingStopped
from baichuan_desktop.services.training.client import TrainingHeard, TrainingSilent
from baichuan_desktop.services.training.meter import TrainingMeter
from tests.helpers.scripted_training import began, ready, step

GIB = 2**30


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(clock: Clock) -> TrainingMeter:
    return TrainingMeter(clock)


def test_nothing_is_said_before_anything_is_done(meter: TrainingMeter) -> None:
    assert (meter.percent, meter.step) == (0, None)
    assert str(meter.time_left) == "Time left: not known yet"


def test_what_is_read_before_the_first_step_is_told_in_bytes(
    meter: TrainingMeter, clock: Clock
) -> None:
    meter.read(JobProgress(JobStep.HASH, 0, 14 * GIB))
    clock.now = 10.0
    meter.read(JobProgress(JobStep.HASH, 7 * GIB, 14 * GIB))

    assert str(meter.step) == "Reading the model: 7.0 GiB of 14.0 GiB"
    assert str(meter.time_left) == "Less than a minute left for this step"
    assert meter.percent == 0


def test_steps_are_counted_with_their_loss_and_the_time_of_those_that_come(
    meter: TrainingMeter, clock: Clock
) -> None:
    meter.read(began())
    assert str(meter.step) == "Step 0 of 4"
    clock.now = 100.0
    meter.read(step(1))

    assert meter.percent == 25
    assert str(meter.step) == "Step 1 of 4, loss 4.000"
    assert str(meter.time_left) == "About 5 min left"


def test_the_bar_is_full_when_the_result_is_whole_and_not_before(meter: TrainingMeter) -> None:
    meter.read(began())
    meter.read(step(4))
    assert meter.percent == 99
    meter.read(JobProgress(JobStep.WRITE, 2**20, 4 * 2**20))
    assert str(meter.step) == "Writing what was learnt: 1 MiB of 4 MiB"
    meter.read(ready("out"))

    assert meter.percent == 100


def test_a_checkpoint_goes_by(meter: TrainingMeter) -> None:
    meter.read(began())
    meter.read(step(2))
    meter.read(JobProgress(JobStep.WRITE, GIB, GIB))
    meter.read(CheckpointKept(2, "out/checkpoint-2"))

    assert str(meter.step) == "Step 2 of 4, loss 3.000"


def test_a_silence_is_told_until_it_goes_on(meter: TrainingMeter) -> None:
    meter.read(began())
    meter.read(TrainingSilent(30))
    assert str(meter.step) == "It has not gone on for 30 s"
    meter.read(TrainingHeard())

    assert str(meter.step) == "Step 0 of 4"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (TrainingPaused(3), "Paused at step 3"),
        (TrainingStopped(120, 100), "Stopped at step 120; the checkpoint of step 100 is kept"),
        (TrainingStopped(1, None), "Stopped at step 1; no checkpoint was kept"),
    ],
)
def test_how_it_ended_is_told_until_it_goes_on(
    meter: TrainingMeter, event: object, said: str
) -> None:
    meter.read(began())
    meter.read(event)
    assert str(meter.step) == said
    meter.read(began(first_step=3))

    assert str(meter.step) == "Step 3 of 4"
    assert meter.percent == 75
