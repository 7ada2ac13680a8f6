from __future__ import annotations

import pytest

from backends.events import JobProgress, JobStep
from backends.phrases import Phrase
from baichuan_desktop.services.jobs.bytes_meter import BytesMeter
from baichuan_desktop.services.jobs.time_left import left_for_step

STEPS = {
    JobStep.HASH: Phrase("Reading the model"),
    JobStep.WRITE: Phrase("Writing the copy"),
    JobStep.CHECK: Phrase("Checking the copy"),
}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def read(
    pace: BytesMeter, clock: Clock, *seen: tuple[float, int], step: JobStep = JobStep.WRITE
) -> None:
    """Seconds since the last event, and bytes done of 1000."""
    for seconds, done in seen:
        clock.now += seconds
        pace.read(JobProgress(step, done, 1000))


def test_nothing_is_said_before_there_is_a_pace(clock: Clock) -> None:
    pace = BytesMeter(STEPS, clock)
    assert (pace.percent, pace.seconds_left) == (0, None)

    read(pace, clock, (0, 10), (1.9, 20))

    assert (pace.percent, pace.seconds_left) == (2, None)


def test_what_is_left_follows_from_the_pace(clock: Clock) -> None:
    pace = BytesMeter(STEPS, clock)

    read(pace, clock, (0, 100), (5, 200), (5, 300))  # 20 a second

    assert pace.percent == 30
    assert pace.seconds_left == pytest.approx(35)


def test_the_last_seconds_count(clock: Clock) -> None:
    pace = BytesMeter(STEPS, clock)

    read(pace, clock, (0, 0), (1, 500), *[(5, 500 + 20 * n) for n in range(1, 6)])

    assert pace.seconds_left == pytest.approx(400 / 4)


def test_a_new_step_has_a_pace_of_its_own(clock: Clock) -> None:
    pace = BytesMeter(STEPS, clock)
    read(pace, clock, (0, 0), (10, 1000), step=JobStep.HASH)

    read(pace, clock, (0, 0), (1, 10))

    assert (pace.percent, pace.seconds_left) == (1, None)
    read(pace, clock, (4, 50))
    assert pace.seconds_left == pytest.approx(95)


def test_a_job_that_stands_still_tells_nothing(clock: Clock) -> None:
    pace = BytesMeter(STEPS, clock)

    read(pace, clock, (0, 10), (30, 10))

    assert pace.seconds_left is None


def test_a_step_without_bytes_is_no_division_by_zero(clock: Clock) -> None:
    pace = BytesMeter(STEPS, clock)

    pace.read(JobProgress(JobStep.CHECK, 0, 0))

    assert pace.percent == 0


def test_a_step_is_named_with_its_number_and_its_percentage(clock: Clock) -> None:
    pace = BytesMeter(STEPS, clock)
    assert pace.step is None

    read(pace, clock, (0, 370))

    assert str(pace.step) == "Step 2 of 3: Writing the copy · 37 %"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "Time left: not known yet"),
        (59.0, "Less than a minute left for this step"),
        (61.0, "About 1 min left for this step"),
        (1800.0, "About 30 min left for this step"),
        (5400.0, "About 1.5 h left for this step"),
    ],
)
def test_time_left_is_told_as_exactly_as_it_is_known(seconds: float | None, text: str) -> None:
    assert str(left_for_step(seconds)) == text
