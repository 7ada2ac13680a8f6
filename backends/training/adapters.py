"""An adapter that is trained: put on the matrices of a model by PEFT."""

from __future__ import annotations

import warnings

import torch
from peft import LoraConfig, PeftModel, get_peft_model

from ..bridge.model import BaichuanForCausalLM
from .checking import target_names
from .values import Lora


def add_trained_adapter(model: BaichuanForCausalLM, lora: Lora, seed: int) -> PeftModel:
    """The model with a new adapter, whose weights alone are trained, in fp32.

    Its first values come from the seed. It changes nothing yet: one factor of each pair is 0.
    """
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]  # any number, whatever it says
        lora_dropout=lora.dropout,
        target_modules=list(target_names(lora, model.config.shapes)),
    )
    torch.manual_seed(seed)
    with warnings.catch_warnings():  # PEFT asks for what transformers is about to rename
        warnings.filterwarnings("ignore", category=FutureWarning)
        adapted = get_peft_model(model, config)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return adapted
