"""What a fine-tuning is asked for: one value, whoever asks, kept with every checkpoint.

It goes over pipes and into files by `protocol.typed_json`, so fields are numbers, texts, enums,
tuples of one type, and such values again. Paths are texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum


class Method(Enum):
    """What is trained."""

    FULL = "full"  #: every weight
    LORA = "lora"  #: an adapter on a model in 16 or 32 bits
    QLORA = "qlora"  #: an adapter on a model whose matrices are held in 4 bits (NF4)

    @property
    def makes_adapter(self) -> bool:
        """The result is an adapter; otherwise a whole model."""
        return self is not Method.FULL


class Masking(Enum):
    """Which tokens of a conversation are learnt."""

    #: As the published fine-tune.py does: each answer, and the end of text in place of the control
    #: id that begins a later question, which teaches an answer to end.
    PUBLISHED = "published"
    #: As chat models are prompted: each answer and the end of text right after it.
    CHAT = "chat"


class Layout(Enum):
    """How rows of a file become conversations."""

    AUTO = "auto"  #: found out from the first row
    CONVERSATIONS = "conversations"  #: `conversations`, a list of `from` and `value`
    ALPACA = "alpaca"  #: `instruction`, `input`, `output`
    EXPORTED = "exported"  #: conversations that this app exported, as JSON or as a zip


class Cadence(Enum):
    """When something is done in a training."""

    NO = "no"
    STEPS = "steps"
    EPOCH = "epoch"


class Schedule(Enum):
    """How the learning rate goes; the names are those of transformers."""

    CONSTANT = "constant"
    CONSTANT_WITH_WARMUP = "constant_with_warmup"
    LINEAR = "linear"
    COSINE = "cosine"


class Compute(Enum):
    """What is computed in."""

    AUTO = "auto"  #: bf16 on a card that has it, otherwise fp32
    BF16 = "bf16"
    FP16 = "fp16"
    FP32 = "fp32"


class Device(Enum):
    """Where it is computed."""

    AUTO = "auto"  #: the card, if there is one
    CPU = "cpu"


#: What an adapter can be trained on, beside the names of a layer's matrices.
ALL_MATRICES = "all"  #: every matrix of a layer
HEAD = "lm_head"  #: what makes logits; it is no matrix of a layer


@dataclass(frozen=True, slots=True)
class Lora:
    """An adapter that is trained. The defaults are those of the published fine-tune.py."""

    rank: int = 1
    alpha: float = 32.0
    dropout: float = 0.1
    #: Names of matrices of a layer, or `all` of them; `lm_head` for the output head.
    targets: tuple[str, ...] = ("W_pack",)


@dataclass(frozen=True, slots=True)
class Optimization:
    """AdamW and its schedule. The defaults are those of transformers."""

    learning_rate: float = 5e-5
    schedule: Schedule = Schedule.LINEAR
    warmup_ratio: float = 0.0  #: of all steps
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0  #: 0: gradients are not clipped
    epochs: float = 3.0
    max_steps: int | None = None  #: instead of epochs
    batch_size: int = 8  #: examples of a step, for each process, before accumulation
    accumulation: int = 1
    eval_batch_size: int = 8
    gradient_checkpointing: bool = False
    seed: int = 42


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the fields of an alpaca row. Those of LLaMA-Efficient-Tuning are the default."""

    prompt: str = "instruction"
    query: str = "input"  #: is joined to the prompt by a newline, where there is one
    response: str = "output"
    history: str = "history"  #: earlier rounds, pairs of a question and its answer


@dataclass(frozen=True, slots=True)
class Data:
    """What is learnt from."""

    files: tuple[str, ...]
    layout: Layout = Layout.AUTO
    masking: Masking = Masking.PUBLISHED
    max_length: int = 512  #: tokens of an example; what is longer is cut from the right
    dev_ratio: float = 0.0  #: share of examples held back for evaluation
    eval_files: tuple[str, ...] = ()  #: instead of a share
    columns: tuple[Columns, ...] = ()  #: of each of `files`; none where all have the usual names

    def with_files(self, files: Sequence[str]) -> Data:
        """The same of other files, of which those that stay have the columns that they had."""
        own = dict(zip(self.files, self.columns, strict=False))
        columns = tuple(own.get(file, Columns()) for file in files) if self.columns else ()
        return replace(self, files=tuple(files), columns=columns)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where the result goes, and what is kept on the way."""

    output: str  #: the folder of the result; checkpoints are kept in it meanwhile
    save: Cadence = Cadence.EPOCH
    save_steps: int = 500
    save_limit: int = 2  #: checkpoints that are kept; the oldest goes
    evaluate: Cadence = Cadence.NO
    eval_steps: int = 500
    load_best: bool = False  #: the result is the checkpoint with the least loss of evaluation
    logging_steps: int = 1


@dataclass(frozen=True, slots=True)
class Several:
    """Several processes that share a training."""

    processes: int = 1  #: on this machine
    hostfile: str | None = None  #: the machines, a line each: ADDRESS slots=N
    deepspeed: str | None = (
        None  #: a configuration of DeepSpeed; None: FSDP2 where there are several
    )


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """Everything that decides what a training computes."""

    model: str  #: the folder of the model
    data: Data
    keeping: Keeping
    method: Method = Method.LORA
    lora: Lora = field(default_factory=Lora)
    optimization: Optimization = field(default_factory=Optimization)
    compute: Compute = Compute.AUTO
    device: Device = Device.AUTO
    tf32: bool = False
    several: Several = field(default_factory=Several)
    resume: bool = False  #: go on from the newest whole checkpoint in the output folder
    model_name: str = ""  #: what the person calls the model; for provenance
    licence: str = ""  #: id of the model's licence, for the note that goes with the result
