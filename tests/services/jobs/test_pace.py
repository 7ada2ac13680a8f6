"""How long something still takes: nothing before there is a basis, and no jumping numbers."""

from __future__ import annotations

import itertools

import pytest

from baichuan_desktop.services.jobs.pace import Pace
from baichuan_desktop.services.jobs.time_left import left_soon


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_told_before_two_seconds_of_progress() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.steady_seconds_left is None
    for done in (0, 10, 19):
        pace.read(done, 100)
        clock.now += 0.9
        assert pace.steady_seconds_left is None

    pace.read(27, 100)

    assert pace.seconds_left == pytest.approx(73 / 10)


def test_what_stands_still_has_no_pace() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(9):
        pace.read(5, 100)
        clock.now += 1

    assert pace.steady_seconds_left is None


def test_an_uneven_pace_counts_down_and_does_not_jump() -> None:
    clock = Clock()
    pace = Pace(clock)
    shown, done = [], 0
    for step in range(60):
        pace.read(done, 1200)
        if pace.steady_seconds_left is not None:
            shown.append(pace.steady_seconds_left)
        done += 24 if step % 2 else 16  # 20 a second, now more and now less
        clock.now += 1

    assert len(shown) > 50
    assert all(later < earlier for earlier, later in itertools.pairwise(shown))


def test_an_estimate_that_was_wrong_gives_way() -> None:
    clock = Clock()
    pace = Pace(clock)
    for done in range(0, 40, 10):
        pace.read(done, 1000)
        clock.now += 1
    for done in range(30, 400, 1):  # the drive became ten times slower
        pace.read(done, 1000)
        clock.now += 1

    assert pace.steady_seconds_left == pytest.approx(1000 - 399, rel=0.3)


def test_the_time_left_goes_down_while_nothing_is_heard_and_never_below_nothing() -> None:
    clock = Clock()
    pace = Pace(clock)
    for done in range(0, 40, 10):
        pace.read(done, 100)
        clock.now += 1
    first = pace.steady_seconds_left
    assert first is not None

    clock.now += 3
    assert pace.steady_seconds_left == pytest.approx(first - 3)
    clock.now += 300
    assert pace.steady_seconds_left == 0.0


@pytest.mark.parametrize(("done", "total"), [(5, 100), (90, 200)])
def test_what_goes_back_or_is_something_else_begins_anew(done: int, total: int) -> None:
    clock = Clock()
    pace = Pace(clock)
    for so_far in range(0, 40, 10):
        pace.read(so_far, 100)
        clock.now += 1

    pace.read(done, total)

    assert pace.steady_seconds_left is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, None),
        (0, "a few seconds left"),
        (9.9, "a few seconds left"),
        (10, "about 10 s left"),
        (10.1, "about 15 s left"),
        (55, "about 55 s left"),
        (56, "about 1 min left"),
        (89, "about 1 min left"),
        (91, "about 2 min left"),
        (3599, "about 60 min left"),
        (5400, "about 1.5 h left"),
    ],
)
def test_the_time_left_in_words(seconds: float | None, words: str | None) -> None:
    told = left_soon(seconds)

    assert (str(told) if told is not None else None) == words
