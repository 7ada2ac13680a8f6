"""What flags do together: which method they ask for, what contradicts, what has no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backends.errors import TrainingSettingsError
from backends.phrases import Phrase
from backends.training.values import Cadence, Method, TrainingRequest
from baichuan_desktop.cli.verbs.finetuning.projects import Project
from baichuan_desktop.services.training.presets import TrainingPreset

#: What was given, by the name of the flag without its hyphens.
Given = Mapping[str, Any]

LORA_FLAGS = ("lora_rank", "lora_alpha", "lora_dropout", "lora_target")


def method_of(given: Given, project: Project, preset: TrainingPreset | None) -> Method:
    """What is trained. Raises TrainingSettingsError for flags that contradict each other."""
    full = _first(given, finetuning_type="full", use_lora=False)
    adapter = _first(given, qlora=True, use_lora=True, finetuning_type="lora")
    if full and adapter:
        raise _contradiction(full, adapter)
    default = project.default_method if preset is None else preset.method
    lora = next((name for name in LORA_FLAGS if name in given), None)
    if full:
        if lora and given.get("use_lora") is False:
            raise _contradiction(full, f"--{lora}")
        method = Method.FULL
    elif adapter:
        method = Method.QLORA if given.get("qlora") or default is Method.QLORA else Method.LORA
    elif lora and default is Method.FULL:
        what = Phrase("“{flag}” is of an adapter, and every weight is trained", flag=f"--{lora}")
        raise TrainingSettingsError(what, hint="For an adapter, add --use_lora True.")
    else:
        method = default
    if preset is not None and preset.method.makes_adapter != method.makes_adapter:
        raise _contradiction(f"--preset {preset.id}", full or adapter or "")
    if method is Method.QLORA and given.get("qlora") is False:
        raise _contradiction(f"--preset {preset.id}" if preset else "", "--qlora False")
    return method


def require_agreement(given: Given) -> None:
    """Raise TrainingSettingsError for flags that can have no meaning together, or none here."""
    for one, other in (("bf16", "fp16"), ("eval_data", "dev_ratio")):
        if given.get(one) and given.get(other):
            raise _contradiction(f"--{one}", f"--{other}")
    stage = given.get("stage", "sft")
    if stage != "sft":
        what = Phrase("The stage “{stage}” is none here", stage=stage)
        raise TrainingSettingsError(what, hint="Examples with answers are learnt: --stage sft.")
    if given.get("report_to", "none").lower() != "none":
        what = Phrase("Nothing is reported to “{name}”", name=given["report_to"])
        raise TrainingSettingsError(
            what,
            hint="Nothing leaves this machine: --report_to none. --plot_loss draws the loss curve.",
        )


def without_effect(given: Given, request: TrainingRequest) -> Iterator[Phrase]:
    """What was given and changes nothing in this training, and why, as whole sentences."""
    for flag, reason in _idle(given, request):
        yield Phrase("{flag} has no effect: {reason}.", flag=flag, reason=reason)


def _idle(given: Given, request: TrainingRequest) -> Iterator[tuple[str, Phrase]]:
    if given.get("do_train") is False:
        yield "--do_train False", Phrase("this command trains")
    if given.get("overwrite_cache"):
        yield "--overwrite_cache", Phrase("data are read anew each time, and nothing is cached")
    if "preprocessing_num_workers" in given:
        yield "--preprocessing_num_workers", Phrase("one process reads the data")
    if "dataset_dir" in given and "dataset" not in given:
        yield "--dataset_dir", Phrase("no name was given by --dataset")
    if request.method is Method.FULL:
        for name in LORA_FLAGS:
            if name in given:
                yield f"--{name}", Phrase("every weight is trained, and no adapter")
    if "num_train_epochs" in given and request.optimization.max_steps is not None:
        yield "--num_train_epochs", Phrase("--max_steps says when the training ends")
    yield from _idle_keeping(given, request)


def _idle_keeping(given: Given, request: TrainingRequest) -> Iterator[tuple[str, Phrase]]:
    keeping = request.keeping
    if "save_steps" in given and keeping.save is not Cadence.STEPS:
        yield (
            "--save_steps",
            Phrase("checkpoints are kept by --save_strategy {when}", when=keeping.save.value),
        )
    if "save_total_limit" in given and keeping.save is Cadence.NO:
        yield "--save_total_limit", Phrase("no checkpoint is kept before the end")
    if keeping.evaluate is Cadence.NO:
        why = Phrase("nothing is evaluated without --evaluation_strategy")
        for name in ("eval_steps", "per_device_eval_batch_size"):
            if name in given:
                yield f"--{name}", why
    elif "eval_steps" in given and keeping.evaluate is Cadence.EPOCH:
        yield "--eval_steps", Phrase("it is evaluated at the end of each epoch")


def _first(given: Given, **wanted: object) -> str | None:
    """The first of some flags that was given so, as a person writes it."""
    for name, value in wanted.items():
        if name in given and given[name] == value:
            return f"--{name}" if value is True else f"--{name} {value}"
    return None


def _contradiction(one: str, other: str) -> TrainingSettingsError:
    return TrainingSettingsError(
        Phrase("{one} and {other} contradict each other", one=one, other=other),
        hint="Leave one of them out; nothing was written.",
    )
