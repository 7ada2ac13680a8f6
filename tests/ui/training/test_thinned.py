"""A curve of any length in a bounded number of points."""

from __future__ import annotations

import math

import pytest

from backends.training.curve import Curve, CurvePoint, EvaluationPoint, curve_of
from baichuan_desktop.ui.training.curves.thinned import (
    ThinnedCurve,
    loss_text,
    rate_text,
    step_ticks,
    ticks,
)
from tests.helpers.scripted_tuner import step


def test_as_many_points_stay_as_are_wanted_and_each_is_a_mean() -> None:
    curve = ThinnedCurve(most=4)
    for number in range(1, 9):
        curve.add(number, float(number), 0.1)

    assert [(one.first, one.last, one.loss) for one in curve.points] == [
        (1, 2, 1.5), (3, 4, 3.5), (5, 6, 5.5), (7, 8, 7.5),
    ]  # fmt: skip
    assert curve.lowest is not None
    assert (curve.lowest.last, curve.lowest.loss) == (1, 1.0), "a single step, not a mean"


def test_a_million_steps_take_no_more_than_the_limit() -> None:
    curve = ThinnedCurve(most=16)
    for number in range(1, 5001):
        curve.add(number, 1.0, 0.1)
        assert len(curve.points) <= 16
    assert (curve.points[0].first, curve.points[-1].last) == (1, 5000)
    assert sum(one.count for one in curve.points) == 5000


def test_what_is_computed_again_after_a_resume_is_shown_once() -> None:
    curve = ThinnedCurve()
    for number in range(1, 7):
        curve.add(number, float(number), 0.1)
    curve.evaluate(4, 9.0)
    curve.evaluate(6, 9.5)

    curve.rewind(4)
    curve.add(5, 50.0, 0.1)

    assert [(one.last, one.loss) for one in curve.points] == [
        (1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0), (5, 50.0),
    ]  # fmt: skip
    assert [one.last for one in curve.evaluations] == [4]
    curve.add(3, 30.0, 0.1)
    assert [one.last for one in curve.points] == [1, 2, 3]


def test_a_loss_that_is_no_number_is_not_the_lowest() -> None:
    curve = ThinnedCurve()
    curve.add(1, 2.0, 0.1)
    curve.add(2, math.nan, 0.1)
    assert curve.lowest is not None
    assert curve.lowest.last == 1


def test_few_points_are_not_smoothed_and_many_keep_their_level() -> None:
    few, many = ThinnedCurve(), ThinnedCurve()
    for number in range(1, 60):
        few.add(number, 1.0, 0.1)
    for number in range(1, 401):
        many.add(number, 1.0 + (0.5 if number % 2 else -0.5), 0.1)

    assert few.smoothed() == ()
    assert len(many.smoothed()) == 400
    assert all(abs(loss - 1.0) < 0.2 for loss in many.smoothed()[10:])


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.0, 1.0, 5, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.37, 2.9, 5, [1.0, 2.0]),
        (2.0, 2.0, 5, [2.0]),
        (0.0, math.inf, 5, [0.0]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, expected: list[float]) -> None:
    assert ticks(low, high, most) == expected


def test_ticks_of_steps_are_whole_and_each_is_there_once() -> None:
    assert step_ticks(3, 10) == [0, 1, 2, 3]
    assert step_ticks(400, 8) == [0, 50, 100, 150, 200, 250, 300, 350, 400]


@pytest.mark.parametrize(
    ("rate", "text"),
    [(2e-5, "2e-5"), (1.5e-4, "1.5e-4"), (0.001, "0.001"), (1e-8, "1e-8"), (0.0, "0")],
)
def test_rates_are_written_as_in_commands(rate: float, text: str) -> None:
    assert rate_text(rate) == text


def test_losses_have_the_digits_that_mean_something() -> None:
    assert (loss_text(0.12345), loss_text(2.34567)) == ("0.1235", "2.346")


def test_events_of_two_runs_make_one_curve() -> None:
    first, again = step(2, loss=5.0), step(2, loss=3.0)

    curve = curve_of([step(1, loss=4.0), first, "a note", again])

    assert [(one.step, one.loss) for one in curve.points] == [(1, 4.0), (2, 3.0)]
    known = Curve((CurvePoint(1, 2.0, 0.1),), (EvaluationPoint(1, 3.0),))
    assert ThinnedCurve.of(known, 9).evaluations[0].loss == 3.0
