"""What PEFT, a judge from outside, computes of plain weights with an adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from backends.modeling.baichuan import BaichuanForCausalLM
from tests.helpers.adapters import PREFIX


def with_peft(model: BaichuanForCausalLM, folder: Path) -> BaichuanForCausalLM:
    """The model, changed by PEFT's own layers; its linear layers are torch's."""
    import peft

    config: Any = peft.LoraConfig.from_pretrained(str(folder))
    changed: Any = peft.inject_adapter_in_model(config, model)
    state = safetensors.torch.load_file(folder / "adapter_model.safetensors")
    state = {name.removeprefix(PREFIX): tensor for name, tensor in state.items()}
    result: Any = peft.set_peft_model_state_dict(changed, state)
    assert not result.unexpected_keys
    found: BaichuanForCausalLM = changed.eval()
    return found


def logits_of(model: BaichuanForCausalLM, ids: list[int], rows: int) -> Any:
    """The last rows of the logits after these ids."""
    with torch.no_grad():
        return model(torch.tensor([ids]))[0, -rows:].float().numpy()
