"""The files of an adapter that was trained, as PEFT writes them: this app and others read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from ...adapters.base_names import model_name, released_base
from ...adapters.fitting import require_fitting
from ...adapters.folder import CONFIGURATION, open_adapter
from ...checkpoint.folder import Checkpoint
from ...copying.safetensors_writer import Shard, TensorSpec
from ...phrases import Phrase
from ..values import TrainingRequest
from .sealed import json_bytes
from .tensors import raw

TENSORS: Final = "adapter_model.safetensors"
#: How PEFT calls an adapter that was given no name, inside of a model; not in a file.
_NAME = ".default."
_PREFIX = "base_model.model."


class AdapterFiles:
    """What the folder of an adapter holds of it."""

    def __init__(
        self, request: TrainingRequest, checkpoint: Checkpoint, weights: Mapping[str, Tensor]
    ) -> None:
        self._checkpoint = checkpoint
        self._weights = {_published(name): tensor for name, tensor in weights.items()}
        specs = [TensorSpec(name, "F32", tuple(t.shape)) for name, t in self._weights.items()]
        self.shards = [Shard(TENSORS, tuple(specs))]
        self.notes: tuple[Phrase, ...] = ()
        configuration = adapter_configuration(
            request, stated_base(checkpoint), tuple(self._weights)
        )
        self.files = {CONFIGURATION: json_bytes(configuration)}

    def raw(self, name: str) -> memoryview:
        """The bytes of a tensor, in fp32."""
        return raw(self._weights[name].to(torch.float32))

    def require_whole(self, folder: Path) -> None:
        """Raise AdapterError unless the folder opens as an adapter of the model."""
        require_fitting(open_adapter(folder), self._checkpoint)


def stated_base(checkpoint: Checkpoint) -> str:
    """What an adapter says that it was made for: never a path, which means nothing elsewhere.

    The name that the model was published under, as its folder has it; otherwise the folder's.
    Nothing where the folder bears the name of another model, for which it would be refused.
    """
    name = model_name(checkpoint.folder)
    released = released_base(name)
    if released is None:
        return name
    is_so = (released.family, released.kind) == (checkpoint.config.family, checkpoint.kind)
    return f"baichuan-inc/{released.name}" if is_so else ""


def adapter_configuration(
    request: TrainingRequest, base: str, names: Sequence[str]
) -> dict[str, object]:
    """The content of adapter_config.json, for a base of this name and tensors of these names.

    It has the options that PEFT 0.2 knew and no other: readers refuse those that they do not know.
    """
    lora = request.lora
    # Those that were trained, whatever word asked for them.
    matrices = {name.partition(".lora_")[0].rpartition(".")[2] for name in names}
    alpha = int(lora.alpha) if lora.alpha == int(lora.alpha) else lora.alpha
    return {
        "base_model_name_or_path": base,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "lora_alpha": alpha,
        "lora_dropout": lora.dropout,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": lora.rank,
        "target_modules": sorted(matrices),
        "task_type": "CAUSAL_LM",
    }


def _published(name: str) -> str:
    """The name that PEFT gives a tensor in a file."""
    plain = name.replace(_NAME, ".", 1)
    return plain if plain.startswith(_PREFIX) else f"{_PREFIX}{plain}"
