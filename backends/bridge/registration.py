"""How transformers comes to know the models."""

from __future__ import annotations

from transformers import AutoConfig, AutoModelForCausalLM

from .config import BaichuanConfig
from .distrust import register_distrust
from .model import BaichuanForCausalLM
from .text.auto_tokenizer import register_tokenizer


def register() -> None:
    """Have transformers' Auto classes make our classes of folders whose model type is “baichuan”.

    A class that is registered is taken before any that a folder's `auto_map` names, whatever
    `trust_remote_code` says. Calling it again changes nothing; models of other types are as before.
    """
    AutoConfig.register(BaichuanConfig.model_type, BaichuanConfig, exist_ok=True)
    AutoModelForCausalLM.register(BaichuanConfig, BaichuanForCausalLM, exist_ok=True)
    register_tokenizer(BaichuanConfig)
    register_distrust(BaichuanConfig)
