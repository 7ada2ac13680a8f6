"""What an adapter's folder holds is read as PEFT reads it, or refused in a sentence."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from backends.adapters.allowed import open_allowed_adapter
from backends.adapters.configuration import read_configuration
from backends.adapters.folder import open_adapter
from backends.adapters.layer_names import plain_name
from backends.policy.values import Policy
from tests.helpers import adapters, goldens


@pytest.mark.parametrize(("name", "case"), adapters.CASES)
def test_a_golden_is_read_and_fits_its_checkpoint(name: str, case: str) -> None:
    folder = adapters.folder(name, case)

    adapter, notes = open_allowed_adapter(folder, goldens.checkpoint(name), Policy())

    assert adapter.folder == folder
    assert adapter.provenance.base_name == f"baichuan-golden/{name}"
    assert [note.template.partition(";")[0] for note in notes] == [
        "The adapter was made for “{base}”"
    ] or not notes
    assert adapter.ranks[0] == int(case.partition("_bin")[0][-1])
    assert adapter.bytes_on_disk < adapter.file.stat().st_size


def test_rslora_divides_by_the_root_of_the_rank() -> None:
    adapter = open_adapter(adapters.folder("b2-7b", "rslora_r4"))

    scales = {matrix.scale for matrix in adapter.matrices.values()}
    assert scales == {8 / math.sqrt(4)}


def test_a_written_adapter_is_read(tmp_path: Path) -> None:
    config = goldens.checkpoint("b2-7b").config
    folder = adapters.write_adapter(
        tmp_path / "a",
        config,
        targets=["W_pack", "o_proj"],
        rank=2,
        ranks={"o_proj": 3},
        dora=True,
        saved=["lm_head.weight", "model.norm.weight"],
        changes={"alpha_pattern": {"o_proj": 6}},
    )

    adapter, _ = open_allowed_adapter(folder, goldens.checkpoint("b2-7b"), Policy())

    assert adapter.ranks == (2, 3)
    assert all(one.magnitude is not None for one in adapter.matrices.values())
    assert adapter.matrices["model.layers.1.self_attn.o_proj"].scale == 2
    assert set(adapter.saved) == {"lm_head.weight", "model.norm.weight"}


# --- names of layers ---------------------------------------------------------------------

LAYERS = [
    f"model.layers.{number}.{name}"
    for number in (0, 1, 11)
    for name in goldens.checkpoint("b2-7b").config.layer_matrices()
] + ["lm_head"]
PATTERNS = [
    "W_pack", "self_attn.W_pack", "layers.1.self_attn.W_pack", "1.self_attn.W_pack", "_pack",
    "model.layers.0.self_attn.W_pack", "^model.layers.0.mlp.up_proj", "^W_pack", "down_proj$",
    r"model\.layers\.11\.mlp\.down_proj", "lm_head", "^lm_head$", "q_proj",
]  # fmt: skip


def peft_rank(patterns: dict[str, int], layer: str) -> int:
    """As `get_pattern_key` of PEFT 0.21.2 finds the key, which runs it as an expression."""
    for key in patterns:
        if re.match(rf"(.*\.)?({key})$", layer):
            return patterns[key]
    return patterns.get(layer, 8)


@pytest.mark.parametrize("first", PATTERNS)
def test_ranks_of_layers_are_found_as_peft_finds_them(first: str) -> None:
    for second in PATTERNS:
        patterns = {first: 2} | {second: 3}
        options = adapters.options(r=8, rank_pattern=patterns)

        config = read_configuration(Path("adapter_config.json"), options)

        for layer in LAYERS:
            assert config.ranks.of(layer) == peft_rank(patterns, layer), (patterns, layer)


@pytest.mark.parametrize(
    "pattern", [".*", "layers.[0-9]", "(a|b)", "a+", "", "$", "a b", "x" * 501, "\\d", "a\\", "^^a"]
)
def test_an_expression_is_told_from_a_name(pattern: str) -> None:
    assert plain_name(pattern) is None


# --- what earlier versions wrote ---------------------------------------------------------

_OF_0_2 = {
    "base_model_name_or_path": "baichuan-inc/baichuan-7B", "bias": "none", "enable_lora": None,
    "fan_in_fan_out": False, "inference_mode": True, "lora_alpha": 32.0, "lora_dropout": 0.1,
    "merge_weights": False, "modules_to_save": None, "peft_type": "LORA", "r": 4,
    "target_modules": ["W_pack"], "task_type": "CAUSAL_LM",
}  # fmt: skip
_OF_0_4 = {
    "auto_mapping": None, "base_model_name_or_path": "baichuan-inc/baichuan-7B", "bias": "none",
    "fan_in_fan_out": False, "inference_mode": True, "init_lora_weights": True,
    "layers_pattern": None, "layers_to_transform": None, "lora_alpha": 32.0, "lora_dropout": 0.1,
    "modules_to_save": None, "peft_type": "LORA", "r": 4, "revision": None,
    "target_modules": ["W_pack"], "task_type": "CAUSAL_LM",
}  # fmt: skip
_OF_0_6: dict[str, Any] = _OF_0_4 | {"alpha_pattern": {}, "rank_pattern": {}}


@pytest.mark.parametrize("found", [_OF_0_2, _OF_0_4, _OF_0_6], ids=["0.2", "0.4", "0.6"])
def test_what_earlier_versions_wrote_is_read(tmp_path: Path, found: dict[str, Any]) -> None:
    checkpoint = goldens.checkpoint("b1-7b")
    folder = adapters.write(tmp_path / "a", found, adapters.tensors(checkpoint.config))

    adapter, notes = open_allowed_adapter(folder, checkpoint, Policy())

    assert {matrix.scale for matrix in adapter.matrices.values()} == {8.0}
    assert notes == ()
