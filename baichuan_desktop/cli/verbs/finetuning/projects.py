"""Whose command line it is, and so what holds for what is not given."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from backends.model_config import ModelConfig
from backends.training.values import Cadence, Compute, Lora, Method, TrainingRequest
from baichuan_desktop.services.training.presets import TrainingPreset, presets_for


class Project(Enum):
    """The values are the flags that name the data, which tell them apart."""

    OWN = "--data"
    FINE_TUNE = "--data_path"  #: of Baichuan 2
    EFFICIENT = "--dataset"  #: LLaMA-Efficient-Tuning, which Baichuan-13B names

    @property
    def default_method(self) -> Method:
        """What is trained where no flag says it."""
        return Method.FULL if self is Project.FINE_TUNE else Method.LORA


#: For the help text and the handbook; what a test holds against `begun`.
RULE = """\
Defaults. What is not given is as in the project that the command line is of, which the flag that
names the data tells. --data: this app's own: what the window begins with: an adapter with the
values published for the model, for one of less than a billion parameters those of the preset
few-facts (--finetuning_type full and --qlora: the first preset of that kind); a checkpoint at the
end of each epoch, a line each 10 steps; the loss on --eval_data or --dev_ratio is computed at the
end of each epoch. --data_path: those of Baichuan 2's fine-tune.py, which trains every weight, with
--use_lora True an adapter (rank 1, alpha 32, dropout 0.1, on W_pack), examples of 512 tokens.
--dataset: those of LLaMA-Efficient-Tuning: an adapter (rank 8, alpha 32, dropout 0.1, on W_pack),
examples of 1,024 tokens. Both have those of transformers for the rest: learning rate 5e-5, falling
linearly, 3 epochs, batches of 8, fp32, a checkpoint each 500 steps, a line each 500 steps, no
evaluation. Examples are at most as long as the model's context. Only the two newest checkpoints
are kept meanwhile. --preset NAME begins with the values of a preset in place of all that.
"""

_LINES = 500  #: of transformers: steps that share a line
_OWN_LINES = 10


def begun(
    project: Project,
    request: TrainingRequest,
    method: Method,
    config: ModelConfig,
    preset: TrainingPreset | None,
) -> TrainingRequest:
    """The request with all defaults; its model, data and output stay as they are.

    What the app begins with by itself is a preset of the model, which `config` is of.
    """
    published = project is not Project.OWN
    if published:
        rank, length = (1, 512) if project is Project.FINE_TUNE else (8, 1024)
        request = replace(
            request,
            lora=Lora(rank=rank),
            data=replace(request.data, max_length=length),
            keeping=replace(request.keeping, save=Cadence.STEPS, logging_steps=_LINES),
            compute=Compute.FP32,
        )
    else:
        keeping = replace(request.keeping, save=Cadence.EPOCH, logging_steps=_OWN_LINES)
        request = replace(request, keeping=keeping)
        offered = presets_for(config)
        # QLoRA learns with the values of LoRA.
        alike = (one for one in offered if one.method.makes_adapter is method.makes_adapter)
        preset = preset or next(alike)
    request = replace(request if preset is None else preset.applied(request), method=method)
    length = min(request.data.max_length, config.context_length)
    return replace(request, data=replace(request.data, max_length=length))
