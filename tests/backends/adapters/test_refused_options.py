"""What the configuration of an adapter says, and what of it is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backends.adapters.folder import open_adapter
from backends.errors import (
    DamagedAdapterError,
    UnsupportedAdapterError,
)
from tests.helpers import adapters
from tests.helpers.refused_adapters import (
    CONFIG,
    refusal,
    with_options,
)

UNSUPPORTED: list[tuple[dict[str, Any], str]] = [
    ({"peft_type": "IA3"}, "is of the kind 'IA3', and this app runs LORA only."),
    ({"peft_type": "ADALORA"}, "is of the kind 'ADALORA'"),
    ({"task_type": "SEQ_CLS"}, "was made for the task 'SEQ_CLS', and not to write text."),
    ({"bias": "all"}, "sets “bias” to 'all', which this app does not compute."),
    ({"lora_bias": True}, "sets “lora_bias” to True"),
    ({"fan_in_fan_out": True}, "sets “fan_in_fan_out” to True"),
    ({"layer_replication": [[0, 1]]}, "sets “layer_replication” to [[0, 1]]"),
    ({"target_parameters": ["x"]}, "sets “target_parameters” to ['x']"),
    ({"trainable_token_indices": [5]}, "sets “trainable_token_indices” to [5]"),
    ({"alora_invocation_tokens": [5]}, "sets “alora_invocation_tokens”"),
    ({"use_qalora": True}, "sets “use_qalora” to True"),
    ({"enable_lora": [True, False]}, "sets “enable_lora” to [True, False]"),
    ({"megatron_config": {"a": 1}}, "sets “megatron_config”"),
    ({"future_option": 0.5}, "sets “future_option” to 0.5, which this app does not compute."),
    ({"x" * 500: True}, f"sets “{'x' * 100}” to True"),
    ({"init_lora_weights": "pissa_niter_4"}, "trained on a base that “init_lora_weights”"),
    ({"init_lora_weights": "OLoRA"}, "trained on a base that “init_lora_weights” 'OLoRA' had"),
    ({"init_lora_weights": "next"}, "sets “init_lora_weights” to 'next'"),
    ({"rank_pattern": {"(a+)+$": 4}}, "names layers in “rank_pattern” by the pattern “(a+)+$”"),
    ({"alpha_pattern": {"layers.[0-9]": 4}}, "names layers in “alpha_pattern” by the pattern"),
    ({"layers_to_transform": [0], "layers_pattern": "h"}, "sets “layers_pattern” to 'h'"),
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"peft_type": None}, "“peft_type” is missing."),
    ({"r": 0}, "“r” is 0, which is not a whole number from 1 to 16,384."),
    ({"r": -4}, "“r” is -4, which"),
    ({"r": True}, "“r” is True, which"),
    ({"r": 2_500_000_000}, "“r” is 2500000000, which"),
    ({"r": 8}, ".lora_A.weight” is of rank 4, and adapter_config.json says 8."),
    ({"rank_pattern": {"W_pack": 0}}, "“rank_pattern of W_pack” is 0"),
    ({"rank_pattern": {"layers.1.self_attn.W_pack": 3}}, "is of rank 4, and adapter_config.json"),
    ({"rank_pattern": ["W_pack"]}, "“rank_pattern” is ['W_pack'], which is not a mapping of names"),
    ({"lora_alpha": "8"}, "“lora_alpha” is '8', which is not a number that can be computed with."),
    ({"lora_alpha": float("nan")}, "“lora_alpha” is nan"),
    ({"lora_alpha": 10**60}, "“lora_alpha” is 1000"),
    ({"use_rslora": 1}, "“use_rslora” is 1, which is not true or false."),
    ({"use_dora": True}, "it lacks “lora_magnitude_vector” of the layer “model.layers.0"),
    ({"target_modules": {"a": 1}}, "“target_modules” is {'a': 1}, which is not a list of names."),
    ({"target_modules": ["o_proj"]}, "a layer that adapter_config.json does not name."),
    ({"target_modules": ["W_pack", "o_proj"]}, "nothing for “model.layers.0.self_attn.o_proj"),
    ({"exclude_modules": ["W_pack"]}, "a layer that adapter_config.json does not name."),
    ({"layers_to_transform": [0]}, "layers.1.self_attn.W_pack.lora_A.weight”, a layer that"),
    ({"layers_to_transform": ["a"]}, "“layers_to_transform” is ['a'], which is not"),
    ({"modules_to_save": ["lm_head"]}, "it lacks the weights of “lm_head”, which it replaces."),
    ({"modules_to_save": [5]}, "“modules_to_save” is 5, which is not a name."),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "sentence"), UNSUPPORTED)
def test_an_option_that_is_not_computed_is_refused_by_its_name(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    message = refusal(with_options(tmp_path / "a", **changes), UnsupportedAdapterError)

    assert sentence in message


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_a_value_that_cannot_be_is_said(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(with_options(tmp_path / "a", **changes), DamagedAdapterError)


@pytest.mark.parametrize(
    "changes",
    [
        {"future_option": None, "another": False, "third": [], "fourth": {}, "fifth": ""},
        {"init_lora_weights": "gaussian", "lora_dropout": 0.5, "inference_mode": False},
        {"merge_weights": True, "enable_lora": None},  # PEFT 0.2
        {"loftq_config": {"loftq_bits": 4}, "eva_config": {"rho": 2.0}},
        {"auto_mapping": {"base_model_class": "BaichuanForCausalLM", "parent_library": "x"}},
        {"task_type": None, "bias": "none", "revision": "v2.0"},
        {"target_modules": ".*W_pack"},  # which is not run
        {"target_modules": ["q_proj", "W_pack"], "layers_to_transform": [0, 1]},
        {"exclude_modules": "^nothing$"},
    ],
)
def test_an_option_without_effect_is_left_out(tmp_path: Path, changes: dict[str, Any]) -> None:
    adapter = open_adapter(with_options(tmp_path / "a", **changes))

    assert len(adapter.matrices) == CONFIG.num_layers


@pytest.mark.parametrize("missing", ["alpha_pattern", "rank_pattern", "use_rslora", "bias"])
def test_an_option_that_older_versions_did_not_write_is_at_its_default(
    tmp_path: Path, missing: str
) -> None:
    found = adapters.options()
    del found[missing]

    adapter = open_adapter(adapters.write(tmp_path / "a", found, adapters.tensors(CONFIG)))

    assert {matrix.scale for matrix in adapter.matrices.values()} == {2.0}
