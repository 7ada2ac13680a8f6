"""Writes the trained guide as a model folder in the layout of a released Baichuan 2 chat model."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from backends.modeling.baichuan import BaichuanForCausalLM, NormHead

from .vocabulary import ASSISTANT_TOKEN, USER_TOKEN

_IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
_PIECES = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<unk>", "unk_token": "<unk>"}


def write_checkpoint(folder: Path, model: BaichuanForCausalLM, tokenizer: bytes) -> None:
    """Write the whole folder: bf16 weights with the head's rows normalised, tokenizer, settings."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(model.lm_head, NormHead):
        model.lm_head.fold()
    tensors = {
        name: tensor.detach().to(torch.bfloat16).contiguous()
        for name, tensor in model.state_dict().items()
    }
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "tokenizer.model").write_bytes(tokenizer)
    for name, content in _settings(model).items():
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")


def _settings(model: BaichuanForCausalLM) -> dict[str, dict[str, object]]:
    config = model.config
    return {
        "config.json": {
            "architectures": ["BaichuanForCausalLM"],
            "model_type": "baichuan",
            "tokenizer_class": "BaichuanTokenizer",
            **_IDS,
            "hidden_act": "silu",
            "hidden_size": config.hidden_size,
            "initializer_range": 0.02,
            "intermediate_size": config.intermediate_size,
            "max_position_embeddings": config.context_length,
            "model_max_length": config.context_length,
            "num_attention_heads": config.num_heads,
            "num_hidden_layers": config.num_layers,
            "rms_norm_eps": config.rms_norm_eps,
            "tie_word_embeddings": False,
            "torch_dtype": "bfloat16",
            "use_cache": True,
            "vocab_size": config.vocab_size,
        },
        "generation_config.json": {
            **_IDS,
            "user_token_id": USER_TOKEN,
            "assistant_token_id": ASSISTANT_TOKEN,
            "max_new_tokens": 160,
            "do_sample": True,
            "temperature": 0.3,
            "top_k": 5,
            "top_p": 0.85,
            "repetition_penalty": 1.0,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "BaichuanTokenizer",
            "add_bos_token": False,
            "add_eos_token": False,
            "clean_up_tokenization_spaces": False,
            "model_max_length": config.context_length,
            "use_fast": False,
            **_PIECES,
        },
        "special_tokens_map.json": dict(_PIECES),
    }
