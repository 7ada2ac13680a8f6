"""The curve of a training in a bounded number of points, however many steps it has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backends.training.curve import Curve

#: As many as a wide screen has pixels for; a training may have a million steps.
MOST_POINTS = 1024
_SMOOTHED_SHARE = 40  # a smoothed point looks back over a fortieth of the curve
_FEWEST_TO_SMOOTH = 60  # points; fewer are read one by one


@dataclass(frozen=True, slots=True)
class Mean:
    """Some steps one after the other; what is said of them is their mean."""

    first: int
    last: int
    loss: float
    rate: float = 0.0
    count: int = 1

    def and_after(self, other: Mean) -> Mean:
        """Both together."""
        count = self.count + other.count
        return Mean(
            self.first,
            other.last,
            (self.loss * self.count + other.loss * other.count) / count,
            (self.rate * self.count + other.rate * other.count) / count,
            count,
        )


class ThinnedCurve:
    """Takes steps and evaluations as they come; two neighbours become one where there are many."""

    def __init__(self, total_steps: int = 0, most: int = MOST_POINTS) -> None:
        self.total_steps = total_steps  #: of the training; 0 while nobody knows
        self.points: list[Mean] = []
        self.evaluations: list[Mean] = []
        self.lowest: Mean | None = None  #: the one step with the least loss
        self.latest: Mean | None = None  #: the step that came last
        self._most = most
        self._stride = 1  # steps that a point stands for, once it is whole

    @classmethod
    def of(cls, curve: Curve, total_steps: int = 0) -> ThinnedCurve:
        """A curve that is known already."""
        made = cls(total_steps)
        for point in curve.points:
            made.add(point.step, point.loss, point.learning_rate)
        for one in curve.evaluations:
            made.evaluate(one.step, one.loss)
        return made

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.points and not self.evaluations

    @property
    def last_step(self) -> int:
        """The last step there is anything of; 0 where there is nothing."""
        return max((one[-1].last for one in (self.points, self.evaluations) if one), default=0)

    def add(self, step: int, loss: float, rate: float) -> None:
        """A step was computed. One that was computed before, and is again, takes its place."""
        if self.points and step <= self.points[-1].last:
            self.rewind(step - 1)
        new = Mean(step, step, loss, rate)
        self.latest = new
        if math.isfinite(loss) and (self.lowest is None or loss < self.lowest.loss):
            self.lowest = new
        if self.points and self.points[-1].count < self._stride:
            self.points[-1] = self.points[-1].and_after(new)
        else:
            self.points.append(new)
        if len(self.points) > self._most:
            self.points = _halved(self.points)
            self._stride *= 2

    def evaluate(self, step: int, loss: float) -> None:
        """The loss of an evaluation after a step."""
        self.evaluations = [one for one in self.evaluations if one.last < step]
        self.evaluations.append(Mean(step, step, loss))
        if len(self.evaluations) > self._most:
            self.evaluations = _halved(self.evaluations)

    def rewind(self, step: int) -> None:
        """Forget what came after a step: the training goes on from there."""
        self.points = [_until(one, step) for one in self.points if one.first <= step]
        self.evaluations = [one for one in self.evaluations if one.last <= step]
        self.latest = self.points[-1] if self.points else None
        if self.lowest is not None and self.lowest.last > step:
            self.lowest = min(self.points, key=lambda one: one.loss, default=None)

    def nearest(self, step: float) -> Mean | None:
        """The point that is nearest to a step."""
        return min(self.points, key=lambda one: abs(middle(one) - step), default=None)

    def smoothed(self) -> Sequence[float]:
        """A loss for each point in which the noise of single batches is gone; empty for few."""
        if len(self.points) < _FEWEST_TO_SMOOTH:
            return ()
        share = 2 / (len(self.points) / _SMOOTHED_SHARE + 1)
        found: list[float] = []
        for number, one in enumerate(self.points):
            # The first ones are a plain mean: one alone would pull the curve for long.
            weight = max(min(share, 1.0), 1 / (number + 1))
            before = found[-1] if found else one.loss
            found.append(before + weight * (one.loss - before))
        return found


def middle(mean: Mean) -> float:
    """Where a point is drawn."""
    return (mean.first + mean.last) / 2


def _halved(points: Sequence[Mean]) -> list[Mean]:
    pairs = zip(points[::2], points[1::2], strict=False)
    return [one.and_after(other) for one, other in pairs] + list(points[len(points) // 2 * 2 :])


def _until(mean: Mean, step: int) -> Mean:
    return mean if mean.last <= step else replace(mean, last=step, count=step - mean.first + 1)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from `low` to `high`, at most so many, a constant 1, 2 or 5 apart."""
    span = high - low
    if most < 1 or not math.isfinite(span) or span <= 0:
        return [low] if math.isfinite(low) else []
    rough = span / most
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * one for one in (1, 2, 5, 10) if unit * one >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def step_ticks(last: int, most: int) -> list[int]:
    """The same for numbers of steps, which are whole."""
    return sorted({round(tick) for tick in ticks(0, max(last, 1), most) if tick >= 0})


def loss_text(loss: float) -> str:
    """A loss with as many digits as mean something."""
    return f"{loss:.4f}" if abs(loss) < 1 else f"{loss:.3f}"


def rate_text(rate: float) -> str:
    """A learning rate as it is written in commands: 2e-5."""
    if rate == 0 or not math.isfinite(rate):
        return f"{rate:g}"
    mantissa, exponent = f"{rate:.2e}".split("e")
    short = mantissa.rstrip("0").rstrip(".")
    return f"{short}e{int(exponent)}" if abs(int(exponent)) > 3 else f"{rate:.3g}"
