"""What a training is refused for before anything is loaded. Imports no torch."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..adapters.configuration import MAX_RANK
from ..checkpoint.allowed import open_allowed
from ..checkpoint.folder import Checkpoint
from ..errors.training import TrainingSettingsError
from ..files.small_files import read_json
from ..model_config import ModelConfig, shown
from ..phrases import Phrase
from ..policy.decisions import require, require_precision
from ..policy.site_policy import site_policy
from ..policy.values import Feature
from ..precision import Precision
from ..text.tokenizer import Tokenizer
from .data.preparing import require_one_evaluation
from .values import ALL_MATRICES, HEAD, Compute, Lora, Method, Optimization, TrainingRequest

#: Of a seed; numpy takes no larger one.
_MOST_SEED = 2**32 - 1
_FOUR_BITS = (Precision.NF4, Precision.FP4)


@dataclass(frozen=True, slots=True)
class Base:
    """A model that may be fine-tuned as is asked; nothing of its weights is read yet."""

    checkpoint: Checkpoint
    tokenizer: Tokenizer  #: not `steered` yet


def open_base(request: TrainingRequest) -> Base:
    """Open the model of a request, once all is checked that needs no data.

    Raises PolicyError, CheckpointError, TrainingError.
    """
    policy = site_policy()
    require(policy, Feature.FINE_TUNING)
    require_settings(request)
    require_one_evaluation(request.data)
    checkpoint, tokenizer = open_allowed(Path(request.model), policy)
    require_trainable(checkpoint, request.method)
    _require_apart(Path(request.keeping.output), checkpoint.folder)
    _require_z_loss(checkpoint.folder)
    if request.method.makes_adapter:
        target_names(request.lora, checkpoint.config)
    return Base(checkpoint, tokenizer)


def _require_apart(output: Path, model: Path) -> None:
    """Raise TrainingSettingsError for a result that would lie in the folder of its model."""
    if output.resolve().is_relative_to(model.resolve()):
        raise _wrong(
            Phrase(
                "The result would lie in the folder of “{name}”, which stays as it is",
                name=model.name,
            ),
            Phrase("Choose another folder."),
        )


def _require_z_loss(model: Path) -> None:
    """Raise TrainingSettingsError for a weight of the z-loss that is none."""
    found = read_json(model / "config.json").get("z_loss_weight")
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if found is None or (is_number and 0 <= found < math.inf):  # type: ignore[operator]
        return
    raise _wrong(
        Phrase(
            "The config.json of “{name}” says that z_loss_weight is {value}, and it must be a "
            "number from 0 on",
            name=model.name,
            value=shown(found),
        ),
        Phrase("Take config.json as it was published."),
    )


def require_trainable(checkpoint: Checkpoint, method: Method) -> None:
    """Raise TrainingSettingsError for a folder whose weights are not what a method trains."""
    name = checkpoint.folder.name
    if checkpoint.export is not None:
        raise _wrong(
            Phrase("“{name}” is an export for ONNX Runtime, which cannot be fine-tuned", name=name),
            Phrase("Choose the model that it was made from."),
        )
    if checkpoint.stored is None or method in methods_of(checkpoint.stored):
        return
    if method is not Method.QLORA:
        raise _wrong(
            Phrase(
                "“{name}” is stored in {precision}, and only weights in 16 or 32 bits are "
                "fine-tuned by “{method}”",
                name=name,
                precision=checkpoint.stored.label,
                method=method.value,
            ),
            Phrase("Choose the model in 16 bits, or QLoRA, which takes it in 4 bits."),
        )
    raise _wrong(
        Phrase(
            "“{name}” is stored in {precision}, and QLoRA needs 4 or 16 bits",
            name=name,
            precision=checkpoint.stored.label,
        ),
        Phrase("Choose the model in 16 bits, which is brought to 4 bits as it is loaded."),
    )


def methods_of(stored: Precision | None) -> Sequence[Method]:
    """What a model can be trained with that is stored so; None: in 16 or 32 bits."""
    if stored is None:
        return tuple(Method)
    return (Method.QLORA,) if stored in _FOUR_BITS else ()


def require_allowed_numbers(method: Method, compute: Compute) -> None:
    """Raise PolicyError where weights may not be held as a method holds them; `compute` is known.

    A whole training counts as what it computes in, though its weights are in 32 bits meanwhile.
    """
    precision = Precision.NF4 if method is Method.QLORA else Precision(compute.value)
    require_precision(site_policy(), precision)


def require_computable(compute: Compute, *, on_card: bool, has_bf16: bool) -> None:
    """Raise TrainingSettingsError for what a processor, or this card, does not train in.

    `has_bf16` is said of cards.
    """
    if compute is Compute.FP16 and not on_card:
        raise _wrong(Phrase("A processor does not train in fp16"), "Choose bf16 or fp32.")
    if compute is Compute.BF16 and on_card and not has_bf16:
        raise _wrong(Phrase("This card does not compute in bf16"), "Choose fp16 or fp32.")


def target_names(lora: Lora, config: ModelConfig) -> tuple[str, ...]:
    """The names of the layers that an adapter is trained on: matrices in order, then the head.

    Raises TrainingSettingsError for a name that none has.
    """
    layers = {name.rpartition(".")[2]: name for name in config.layer_matrices()}
    known = {**layers, HEAD: HEAD}
    wanted: set[str] = set()
    for target in lora.targets:
        short = target.rpartition(".")[2]
        if target == ALL_MATRICES:
            wanted |= layers.keys()
        elif short in known and target in (short, known[short]):
            wanted.add(short)
        else:
            raise _unknown_target(target, tuple(known))
    if not wanted:
        raise _unknown_target("", tuple(known))
    return tuple(name for name in known if name in wanted)


def _unknown_target(target: str, known: tuple[str, ...]) -> TrainingSettingsError:
    near = difflib.get_close_matches(target, (*known, ALL_MATRICES), n=1)
    names = ", ".join((*known, ALL_MATRICES))
    if near:
        what = Phrase(
            "The model has no matrices “{target}”; the nearest is “{near}”, and there are {names}",
            target=target[:60],
            near=near[0],
            names=names,
        )
    else:
        what = Phrase(
            "The model has no matrices “{target}”; there are {names}",
            target=target[:60],
            names=names,
        )
    return _wrong(what)


def require_settings(request: TrainingRequest) -> None:
    """Raise TrainingSettingsError for a number that nothing can be computed with."""
    how, keeping = request.optimization, request.keeping
    _require_whole(Phrase("batch size"), how.batch_size)
    _require_whole(Phrase("batch size of evaluation"), how.eval_batch_size)
    _require_whole(Phrase("accumulation"), how.accumulation)
    _require_between(Phrase("seed"), how.seed, 0, _MOST_SEED)
    _require_whole(Phrase("number of steps between checkpoints"), keeping.save_steps)
    _require_whole(Phrase("number of steps between evaluations"), keeping.eval_steps)
    _require_whole(Phrase("number of steps between lines"), keeping.logging_steps)
    _require_whole(Phrase("number of checkpoints that are kept"), keeping.save_limit)
    _require_whole(Phrase("number of tokens of an example"), request.data.max_length, 2)
    if how.max_steps is None:
        _require_above_0(Phrase("number of epochs"), how.epochs)
    else:
        _require_whole(Phrase("number of steps"), how.max_steps)
    _require_optimizer(how)
    if request.method.makes_adapter:
        _require_adapter(request.lora)


def _require_optimizer(how: Optimization) -> None:
    _require_above_0(Phrase("learning rate"), how.learning_rate)
    _require_above_0(Phrase("epsilon of AdamW"), how.epsilon)
    _require_0_or_more(Phrase("weight decay"), how.weight_decay)
    _require_0_or_more(Phrase("greatest norm of gradients"), how.max_grad_norm)
    _require_below_1(Phrase("first beta of AdamW"), how.beta1)
    _require_below_1(Phrase("second beta of AdamW"), how.beta2)
    _require_below_1(Phrase("share of steps that warm up"), how.warmup_ratio)


def _require_adapter(lora: Lora) -> None:
    _require_between(Phrase("rank"), lora.rank, 1, MAX_RANK)
    _require_above_0(Phrase("alpha"), lora.alpha)
    _require_below_1(Phrase("dropout"), lora.dropout)


def _require_whole(name: Phrase, value: int, low: int = 1) -> None:
    if value < low:
        raise _wrong(
            Phrase(
                "The {name} is {value}, and must be at least {low}", name=name, value=value, low=low
            )
        )


def _require_between(name: Phrase, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise _wrong(
            Phrase(
                "The {name} is {value}, and must be from {low} to {high}",
                name=name,
                value=value,
                low=low,
                high=high,
            )
        )


def _require_above_0(name: Phrase, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise _wrong(
            Phrase("The {name} is {value}, and must be above 0", name=name, value=str(value))
        )


def _require_0_or_more(name: Phrase, value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise _wrong(
            Phrase("The {name} is {value}, and must not be below 0", name=name, value=str(value))
        )


def _require_below_1(name: Phrase, value: float) -> None:
    if not 0 <= value < 1:
        raise _wrong(
            Phrase(
                "The {name} is {value}, and must be from 0 to less than 1",
                name=name,
                value=str(value),
            )
        )


def _wrong(what: Phrase, hint: str | Phrase = "") -> TrainingSettingsError:
    return TrainingSettingsError(what, hint=hint)
