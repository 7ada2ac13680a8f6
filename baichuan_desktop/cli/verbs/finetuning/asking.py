"""From the flags to the training that they ask for."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backends.errors import TrainingSettingsError
from backends.machine.hardware import Machine, detect
from backends.model_config import ModelConfig
from backends.phrases import Phrase
from backends.training.data.datasets import resolve_datasets
from backends.training.several.deepspeed_configuration import configuration_file
from backends.training.values import (
    Cadence,
    Compute,
    Data,
    Device,
    Keeping,
    Masking,
    Schedule,
    Several,
    TrainingRequest,
)
from baichuan_desktop.cli.verbs.finetuning.effects import (
    Given,
    method_of,
    require_agreement,
    without_effect,
)
from baichuan_desktop.cli.verbs.finetuning.projects import Project, begun
from baichuan_desktop.services.training.presets import preset_of
from baichuan_desktop.services.training.rehearsal import (
    forgetting_note,
    rehearsal_note,
    rehearsed,
)

#: As LLaMA-Efficient-Tuning has it.
_DATASET_FOLDER = Path("data")

#: By flag, the field that it sets of a part of the request.
_LORA = {
    "lora_rank": "rank",
    "lora_alpha": "alpha",
    "lora_dropout": "dropout",
    "lora_target": "targets",
}
_OPTIMIZATION = {
    "learning_rate": "learning_rate",
    "lr_scheduler_type": "schedule",
    "warmup_ratio": "warmup_ratio",
    "adam_beta1": "beta1",
    "adam_beta2": "beta2",
    "adam_epsilon": "epsilon",
    "weight_decay": "weight_decay",
    "max_grad_norm": "max_grad_norm",
    "num_train_epochs": "epochs",
    "max_steps": "max_steps",
    "per_device_train_batch_size": "batch_size",
    "gradient_accumulation_steps": "accumulation",
    "per_device_eval_batch_size": "eval_batch_size",
    "gradient_checkpointing": "gradient_checkpointing",
    "seed": "seed",
}
_DATA = {"model_max_length": "max_length", "masking": "masking", "dev_ratio": "dev_ratio"}
_KEEPING = {
    "save_strategy": "save",
    "save_steps": "save_steps",
    "save_total_limit": "save_limit",
    "evaluation_strategy": "evaluate",
    "eval_steps": "eval_steps",
    "load_best_model_at_end": "load_best",
    "logging_steps": "logging_steps",
}
#: What a word of a flag stands for in a request.
_MEANS: Mapping[str, Callable[[Any], object]] = {
    "lr_scheduler_type": Schedule,
    "masking": Masking,
    "save_strategy": Cadence,
    "evaluation_strategy": Cadence,
    "max_steps": lambda steps: None if steps == -1 else steps,
}


@dataclass(frozen=True, slots=True)
class Base:
    """What is known of the model that is fine-tuned."""

    config: ModelConfig
    own_answers: Path | None  #: a file of data with what it answers already


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command line asks for."""

    request: TrainingRequest  #: `model` as it was written
    notes: tuple[Phrase, ...]  #: what of it has no effect here, and why
    name: str  #: of the result in the list; empty: after its base
    draws_loss: bool


def given_of(arguments: argparse.Namespace) -> Given:
    """The flags that were given, by name."""
    return {name: value for name, value in vars(arguments).items() if value is not None}


def asked(
    arguments: argparse.Namespace,
    base_of: Callable[[str], Base],
    machine: Callable[[], Machine] = detect,
) -> Asked:
    """What the flags ask for; `base_of` gets the model as the person named it.

    Raises TrainingSettingsError, TrainingDataError, DeepSpeedFileError, and what `base_of` does.
    """
    given = given_of(arguments)
    require_agreement(given)
    project = next(one for one in Project if one.value.removeprefix("--") in given)
    preset = preset_of(given.get("preset", ""))
    method = method_of(given, project, preset)
    data, notes = _data(given, project)
    several, own_file = _several(given, machine)
    base = base_of(given["model"])
    request = begun(project, _bare(given, data), method, base.config, preset)
    request = replace(_with_flags(request, given, project), several=several)
    notes = (*notes, *own_file, *without_effect(given, request))
    request, more = _rehearsed(request, given, project, base.own_answers)
    notes = (*notes, *more)
    return Asked(request, notes, given.get("name", ""), bool(given.get("plot_loss")))


def _data(given: Given, project: Project) -> tuple[Data, tuple[Phrase, ...]]:
    """The files, and what is told of them."""
    eval_files = _whole(given.get("eval_data", ()))
    if project is not Project.EFFICIENT:
        return Data(_whole(given[project.value.removeprefix("--")]), eval_files=eval_files), ()
    found = resolve_datasets(given["dataset"], given.get("dataset_dir", _DATASET_FOLDER))
    files = _whole([Path(file) for file in found.files])
    return Data(files, eval_files=eval_files, columns=found.columns), found.notes


def _rehearsed(
    request: TrainingRequest, given: Given, project: Project, answers: Path | None
) -> tuple[TrainingRequest, Sequence[Phrase]]:
    """With what the model answers already among the data, where that is known and wanted."""
    wanted = given.get("rehearse", project is Project.OWN)
    if answers is None:
        if given.get("rehearse"):
            what = Phrase("Only of the guide it is known what it answers")
            hint = "Add a file of answers that shall stay to --data, and leave out --rehearse."
            raise TrainingSettingsError(what, hint=hint)
        return request, ()
    if wanted:
        return rehearsed(request, answers), [rehearsal_note()]
    return request, [forgetting_note()]


def _bare(given: Given, data: Data) -> TrainingRequest:
    """The request of files and folders alone."""
    return TrainingRequest(
        model=given["model"],
        data=data,
        keeping=Keeping(str(Path(given["output"]).absolute())),
        resume=bool(given.get("resume")),
    )


def _with_flags(request: TrainingRequest, given: Given, project: Project) -> TrainingRequest:
    """The request with everything that was said of it."""
    request = replace(
        request,
        lora=replace(request.lora, **_fields(given, _LORA)),
        optimization=replace(request.optimization, **_fields(given, _OPTIMIZATION)),
        data=replace(request.data, **_fields(given, _DATA)),
        device=Device(given.get("device", request.device.value)),
        tf32=bool(given.get("tf32")),
        compute=_compute(request, given),
    )
    return replace(request, keeping=_keeping(request, given, project))


def _several(given: Given, machine: Callable[[], Machine]) -> tuple[Several, Sequence[Phrase]]:
    """Which processes share it, and whether DeepSpeed's file is one of the app's."""
    hostfile = str(Path(given["hostfile"]).absolute()) if given.get("hostfile") else None
    processes = given.get("nproc_per_node", 1)
    if "deepspeed" not in given:
        return Several(processes, hostfile), ()
    name = str(given["deepspeed"])
    file = configuration_file(name)
    if hostfile is None and "nproc_per_node" not in given:
        here = machine()  # one for each card, as DeepSpeed's launcher starts them
        processes = max(len(here.gpus) if here.torch_cuda is not None else 0, 1)
    if file != Path(name):
        note = Phrase("There is no “{name}” here: the published one is taken.", name=name)
        return Several(processes, hostfile, name), [note]
    return Several(processes, hostfile, str(file.absolute())), ()


def _compute(request: TrainingRequest, given: Given) -> Compute:
    """What is computed in: as asked, or in 32 bits where 16 were said no to."""
    if given.get("bf16"):
        return Compute.BF16
    if given.get("fp16"):
        return Compute.FP16
    refused = {
        compute
        for name, compute in (("bf16", Compute.BF16), ("fp16", Compute.FP16))
        if given.get(name) is False
    }
    is_refused = request.compute in refused or (refused and request.compute is Compute.AUTO)
    return Compute.FP32 if is_refused else request.compute


def _keeping(request: TrainingRequest, given: Given, project: Project) -> Keeping:
    """When something is kept and evaluated; a number of steps alone says that steps are meant."""
    kept = _fields(given, _KEEPING)
    if "save_steps" in given and project is Project.OWN:
        kept.setdefault("save", Cadence.STEPS)
    own_share = project is Project.OWN and request.data.dev_ratio > 0
    if request.data.eval_files or own_share:
        kept.setdefault("evaluate", Cadence.STEPS if "eval_steps" in given else Cadence.EPOCH)
    if kept.get("evaluate") is Cadence.STEPS:  # as transformers has it
        kept.setdefault("eval_steps", kept.get("logging_steps", request.keeping.logging_steps))
    return replace(request.keeping, **kept)


def _fields(given: Given, names: Mapping[str, str]) -> dict[str, Any]:
    """What the flags set of one part of a request, by field."""
    return {
        field: _MEANS[flag](given[flag]) if flag in _MEANS else given[flag]
        for flag, field in names.items()
        if flag in given
    }


def _whole(files: Sequence[Path]) -> tuple[str, ...]:
    """Paths that mean the same wherever a training is gone on with."""
    return tuple(str(file.absolute()) for file in files)
