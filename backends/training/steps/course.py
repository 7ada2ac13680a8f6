"""What the steps of a training go by, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..commands import Asked, Commands
from ..data.values import Example
from ..events import TrainingBegan, TrainingEvent
from ..keeping.values import Snapshot, Sources
from ..values import TrainingRequest
from .sharing import Sharing


@dataclass(slots=True)
class Course:
    """Everything that a training goes by, besides the model."""

    request: TrainingRequest
    sources: Sources
    examples: Sequence[Example]
    eval_examples: Sequence[Example]
    #: What is told at the beginning, of a number of steps and the first one.
    began: Callable[[int, int], TrainingBegan]
    tell: Callable[[TrainingEvent], None]
    commands: Commands
    #: Writes a checkpoint; only the first process calls it.
    keep: Callable[[Snapshot], object]
    sharing: Sharing = field(default_factory=Sharing)
    kept: Snapshot | None = None  #: that it goes on from


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the steps ended."""

    asked: Asked  #: why they ended before the last one; NOTHING: they did not
    step: int  #: the last that was computed
    kept_step: int | None  #: of the newest checkpoint
    snapshot: Snapshot | None  #: after the last step of all
