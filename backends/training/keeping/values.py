"""What a training keeps: everything that decides its next step, and what is told of its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..events import TrainingBegan, TrainingEvaluated, TrainingStep
from ..values import TrainingRequest

#: One of torch, which may not even be named here: the window reads these values, too.
Tensor: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a training was made from, as it was then."""

    name: str  #: without its folder
    size: int  #: bytes
    sha256: str
    rows: int | None = None  #: of data


@dataclass(frozen=True, slots=True)
class Sources:
    """What a training is made from; another content is another training."""

    base: tuple[SourceFile, ...]  #: weights, configuration and tokenizer of the model
    data: tuple[SourceFile, ...]  #: in the order of the request
    eval_data: tuple[SourceFile, ...] = ()


@dataclass(slots=True)
class LossCurve:
    """Every step and every evaluation so far, in their order."""

    steps: list[TrainingStep] = field(default_factory=list)
    evaluations: list[TrainingEvaluated] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OptimizerState:
    """The state of an optimiser by names of parameters.

    It is the form of `torch.distributed.checkpoint.state_dict.get_optimizer_state_dict`: so one
    form serves a process alone and shards that were gathered.
    """

    #: By parameter, then by “exp_avg”, “exp_avg_sq”, “step”.
    state: Mapping[str, Mapping[str, Tensor | float]]
    #: Settings of each group; “params” are the names of its parameters.
    groups: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A training after a step: whoever has it computes the same next steps.

    Tensors may lie on any device; those that were read lie on the host. What is called JSON holds
    numbers, texts, None, lists and dicts of them.
    """

    request: TrainingRequest
    sources: Sources
    began: TrainingBegan  #: as it was told; of its device and sizes
    step: int
    epoch: float
    curve: LossCurve
    weights: Mapping[str, Tensor]  #: those that are trained, by their names in the model
    optimizer: OptimizerState
    scheduler: Mapping[str, object]  #: JSON: `state_dict()` of the schedule
    random: Sequence[Mapping[str, Tensor]]  #: of each rank: `tensors.random_states()`
    trainer: Mapping[str, object]  #: JSON: what the loop itself knows (`TrainerState`)
    scaler: Mapping[str, object] | None = None  #: JSON: `state_dict()` of fp16's scaler
    best_step: int | None = None  #: the checkpoint with the least loss of evaluation
