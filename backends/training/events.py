"""What a training tells of itself, in its order."""

from __future__ import annotations

from dataclasses import dataclass

from ..events import JobProgress
from ..phrases import Phrase


@dataclass(frozen=True, slots=True)
class TrainingNote:
    """Something the person should know: what is ignored and why, what was cut."""

    text: Phrase


@dataclass(frozen=True, slots=True)
class TrainingBegan:
    """Data and model are ready; the first step comes."""

    total_steps: int
    first_step: int  #: 0, or the step of the checkpoint that it goes on from
    examples: int
    eval_examples: int
    trained_tokens: int  #: in an epoch
    cut_examples: int  #: they were longer than max_length
    cut_tokens: int
    trained_parameters: int
    all_parameters: int
    device: str  #: of torch: “cpu”, “cuda:0”
    compute: str  #: “fp32”, “bf16”, “fp16”
    processes: int


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """One step of the optimiser."""

    step: int  #: from 1
    total_steps: int
    epoch: float
    loss: float  #: mean over the trained tokens of the step
    gradient_norm: float  #: before clipping
    learning_rate: float
    tokens: int  #: read in the step, by all processes, without pads
    seconds: float


@dataclass(frozen=True, slots=True)
class TrainingEvaluated:
    """The loss on examples that are not learnt from."""

    step: int
    loss: float


@dataclass(frozen=True, slots=True)
class CheckpointKept:
    """The training can go on from here, whatever comes."""

    step: int
    folder: str


@dataclass(frozen=True, slots=True)
class TrainingPaused:
    """It was asked to pause, kept a checkpoint, and ended."""

    step: int


@dataclass(frozen=True, slots=True)
class TrainingStopped:
    """It was asked to stop and ended; `kept_step` is of the newest checkpoint, if there is one."""

    step: int
    kept_step: int | None


@dataclass(frozen=True, slots=True)
class TrainingReady:
    """The result is whole, in `folder`."""

    folder: str
    is_adapter: bool
    bytes_on_disk: int
    steps: int
    last_loss: float
    best_step: int | None  #: whose weights these are, where the best was wanted
    notes: tuple[Phrase, ...] = ()


#: `JobProgress` is told while the model is hashed and loaded, and the result is written.
TrainingEvent = (
    JobProgress
    | TrainingNote
    | TrainingBegan
    | TrainingStep
    | TrainingEvaluated
    | CheckpointKept
    | TrainingPaused
    | TrainingStopped
    | TrainingReady
)
