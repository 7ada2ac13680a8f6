"""The curve of a training: loss and learning rate by step, and the losses of evaluations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .events import TrainingEvaluated, TrainingStep


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a step was like."""

    step: int
    loss: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class EvaluationPoint:
    """The loss on examples that are not learnt from, after a step."""

    step: int
    loss: float


@dataclass(frozen=True, slots=True)
class Curve:
    """What a training was like, in the order of its steps."""

    points: tuple[CurvePoint, ...] = ()
    evaluations: tuple[EvaluationPoint, ...] = ()


def curve_of(events: Iterable[object]) -> Curve:
    """The curve that the events of a training tell; what a resume computes again is told once."""
    points: dict[int, CurvePoint] = {}
    evaluations: dict[int, EvaluationPoint] = {}
    for event in events:
        if isinstance(event, TrainingStep):
            points[event.step] = CurvePoint(event.step, event.loss, event.learning_rate)
        elif isinstance(event, TrainingEvaluated):
            evaluations[event.step] = EvaluationPoint(event.step, event.loss)
    return Curve(
        tuple(points[step] for step in sorted(points)),
        tuple(evaluations[step] for step in sorted(evaluations)),
    )
