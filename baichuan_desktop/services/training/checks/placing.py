"""Where a training is computed on this machine, in what, and by how many: facts in, decision out.

What is asked for and has no effect here is left out of the request, and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from backends.errors.training import TrainingSettingsError
from backends.machine.cards.values import Gpu
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.phrases import Phrase
from backends.training.checking import require_computable
from backends.training.memory import Sharing, TrainingShape
from backends.training.several.checks import settled
from backends.training.values import Cadence, Compute, Device, Schedule, TrainingRequest

_BF16_CARDS = (8, 0)  #: compute capability
_ALL_PARTS = 3  #: the stage of ZeRO that shares weights, too


@dataclass(frozen=True, slots=True)
class Shared:
    """The processes that share a training, as a hostfile and a configuration say."""

    here: int = 1  #: on this machine
    in_all: int = 1
    stage: int | None = None  #: of ZeRO; None: without DeepSpeed


@dataclass(frozen=True, slots=True)
class Placement:
    """Where, in what, by how many."""

    request: TrainingRequest  #: without what has no effect
    cards: Sequence[Gpu]  #: one for each process of this machine; none: on the processor
    compute: Compute  #: not AUTO
    shared: Shared
    notes: Sequence[Phrase]

    def shape(self, config: ModelConfig, longest: int) -> TrainingShape:
        """What its bytes are counted from; `longest` is the tokens of the longest example."""
        stage, several = self.shared.stage, self.shared.in_all > 1
        sharing = Sharing.NOTHING
        if several:
            is_all = stage is None or stage >= _ALL_PARTS
            sharing = Sharing.ALL if is_all else Sharing.OPTIMIZER
        return TrainingShape(
            config=config,
            request=self.request,
            longest=longest,
            on_card=bool(self.cards),
            compute_bytes=4 if self.compute is Compute.FP32 else 2,
            processes=self.shared.in_all,
            sharing=sharing,
        )


def placed(request: TrainingRequest, machine: Machine, shared: Shared) -> Placement:
    """Decide it. Raises TrainingSettingsError for what contradicts itself or the machine.

    DeepSpeedFileError for a configuration that cannot be used, or computes otherwise than asked.
    """
    has_cards = machine.torch_cuda is not None and bool(machine.gpus)
    on_card = has_cards and request.device is Device.AUTO
    notes: list[Phrase] = []
    request, shared = _without_deepspeed(request, shared, notes, on_card=on_card)
    request = replace(request, compute=settled(request).compute)
    _require_evaluation(request)
    cards = tuple(machine.gpus[: shared.here]) if on_card else ()
    request, compute = _computed(request, cards, machine, notes)
    request = _without_idle(request, notes)
    return Placement(request, cards, compute, shared, tuple(notes))


def _require_evaluation(request: TrainingRequest) -> None:
    keeping, data = request.keeping, request.data
    if keeping.evaluate is not Cadence.NO and not (data.dev_ratio or data.eval_files):
        raise TrainingSettingsError(
            Phrase("An evaluation is asked for, and no examples are held back for it"),
            hint="Hold a share of the data back (--dev_ratio 0.1), or name a file of its own.",
        )
    if not keeping.load_best:
        return
    if keeping.evaluate is Cadence.NO:
        raise TrainingSettingsError(
            Phrase("The best checkpoint is asked for, and nothing is evaluated"),
            hint="Evaluate at each checkpoint: --evaluation_strategy epoch, or steps.",
        )
    is_same = keeping.save is keeping.evaluate
    if is_same and keeping.save is Cadence.STEPS:
        is_same = keeping.save_steps % keeping.eval_steps == 0
    if not is_same:
        raise TrainingSettingsError(
            Phrase("The best checkpoint is asked for, and not each checkpoint is evaluated"),
            hint="Keep checkpoints when it is evaluated: the same strategy, and --save_steps a "
            "multiple of --eval_steps.",
        )


def _without_deepspeed(
    request: TrainingRequest, shared: Shared, notes: list[Phrase], *, on_card: bool
) -> tuple[TrainingRequest, Shared]:
    keeping = request.keeping
    is_left_out = not on_card and shared.in_all == 1
    if request.several.deepspeed is not None and not is_left_out and keeping.load_best:
        notes.append(
            Phrase(
                "The result is that of the last step: with DeepSpeed no checkpoints are kept, "
                "among which one could be the best."
            )
        )
        request = replace(request, keeping=replace(keeping, load_best=False))
    if request.several.deepspeed is None or not is_left_out:
        return request, shared
    notes.append(
        Phrase(
            "DeepSpeed is left out: it shares a training among several, and this is one process on "
            "a processor."
        )
    )
    several = replace(request.several, deepspeed=None)
    return replace(request, several=several), replace(shared, stage=None)


def _computed(
    request: TrainingRequest, cards: Sequence[Gpu], machine: Machine, notes: list[Phrase]
) -> tuple[TrainingRequest, Compute]:
    """What is computed in, and the request with that where it asks for what is none here."""
    compute = request.compute
    has_bf16 = bool(cards) and all(card.compute_capability >= _BF16_CARDS for card in cards)
    if compute is Compute.AUTO:
        return _tf32(request, has_bf16, notes), Compute.BF16 if has_bf16 else Compute.FP32
    if compute is Compute.FP16 and not cards:
        notes.append(Phrase("fp16 is for cards: on a processor it is computed in fp32."))
        compute = Compute.FP32
    elif compute is Compute.BF16 and not cards and not machine.multiplies_bf16:
        notes.append(
            Phrase(
                "This processor has no instruction for bf16 products: it computes in bf16 as "
                "asked, in less memory than fp32 and more slowly."
            )
        )
    require_computable(compute, on_card=bool(cards), has_bf16=has_bf16)
    return _tf32(replace(request, compute=compute), has_bf16, notes), compute


def _tf32(request: TrainingRequest, has_tf32: bool, notes: list[Phrase]) -> TrainingRequest:
    if not request.tf32 or has_tf32:  # cards have both since the same generation
        return request
    notes.append(Phrase("tf32 has no effect: it is of cards from Ampere on, and there is none."))
    return replace(request, tf32=False)


def _without_idle(request: TrainingRequest, notes: list[Phrase]) -> TrainingRequest:
    data, how, keeping = request.data, request.optimization, request.keeping
    if keeping.evaluate is Cadence.NO and (data.dev_ratio or data.eval_files):
        notes.append(Phrase("No example is held back, as nothing is evaluated."))
        data = replace(data, dev_ratio=0.0, eval_files=())
    if how.schedule is Schedule.CONSTANT and how.warmup_ratio:
        notes.append(
            Phrase("The learning rate is constant from the first step on: there is no warm-up.")
        )
        how = replace(how, warmup_ratio=0.0)
    notes.extend(_doubtful(request))
    return replace(request, data=data, optimization=how)


def _doubtful(request: TrainingRequest) -> Iterator[Phrase]:
    """What is done as asked, and a person may not have meant."""
    if request.keeping.save is Cadence.NO:
        yield Phrase("No checkpoint is kept before the end: if it is interrupted, it begins anew.")
