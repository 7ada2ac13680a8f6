"""What config.json says of a model, or the sentence with which it is refused."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.errors import CheckpointError, UnsupportedArchitectureError
from backends.model_config import Family, released_family
from tests.helpers import goldens
from tests.helpers.changed_folders import copy_of, refusal
from tests.helpers.sentences import assert_one_sentence


def change_json(file: Path, **changes: Any) -> None:
    """Set keys of a JSON file; None removes one."""
    data = json.loads(file.read_text())
    data.update(changes)
    file.write_text(json.dumps({k: v for k, v in data.items() if v is not None}))


def test_released_sizes_decide_against_the_fields(tmp_path: Path) -> None:
    """At 4096 and 5120 the width tells the positions; at 64,000 and 125,696 the vocabulary."""
    from backends.model_config import ModelConfig

    base = json.loads((goldens.folder("b2-7b") / "config.json").read_text())
    for hidden, vocab, family in (
        (4096, 64_000, Family.BAICHUAN_7B),
        (5120, 64_000, Family.BAICHUAN_13B),
        (4096, 125_696, Family.BAICHUAN2_7B),
        (5120, 125_696, Family.BAICHUAN2_13B),
    ):
        for drop in ((), ("max_position_embeddings",), ("tokenizer_class",)):
            data = {**base, "hidden_size": hidden, "vocab_size": vocab, "num_attention_heads": 40}
            data["num_attention_heads"] = hidden // 128
            data["model_max_length"] = 4096
            for name in drop:
                data.pop(name, None)
            assert ModelConfig.from_json(data).family is family


def test_what_config_json_leaves_out_is_what_was_released(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    names = ("rms_norm_eps", "hidden_act", "eos_token_id", "tie_word_embeddings")
    change_json(folder / "config.json", **dict.fromkeys(names))

    checkpoint = Checkpoint.open(folder)

    assert (checkpoint.config.rms_norm_eps, checkpoint.config.rope_base) == (1e-6, 10_000)
    assert checkpoint.eos_ids == {2}


@pytest.mark.parametrize(
    "changes",
    [
        {"model_max_length": None, "max_position_embeddings": 256},
        {"model_max_length": 256.0, "max_position_embeddings": None},
        {"hidden_size": 64.0, "vocab_size": 1120.0, "num_hidden_layers": 2.0},
        {"rope_scaling": None},
        {"rope_scaling": {"type": "default"}},
        {"rope_scaling": {"rope_type": "default", "factor": 8.0}},
        {"rope_scaling": {"type": "linear", "factor": 1.0}},
        {"rope_scaling": {}},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
        {"rope_theta": None, "rms_norm_eps": None, "hidden_act": None},
        {"hidden_act": "swish"},
        {"torch_dtype": None, "dtype": "float99"},
        {"torch_dtype": ["bfloat16"], "use_cache": "yes", "_from_model_config": 5},
    ],
    ids=str,
)
def test_what_says_the_same_in_another_way_is_the_same(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    folder = copy_of(tmp_path)
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.config == goldens.checkpoint("b2-7b").config
    assert checkpoint.notes == ()


def test_the_base_of_rotary_positions_may_stand_with_their_scaling(tmp_path: Path) -> None:
    """As transformers 5 writes it."""
    folder = copy_of(tmp_path)
    change_json(
        folder / "config.json", rope_parameters={"rope_type": "default", "rope_theta": 500_000}
    )

    assert Checkpoint.open(folder).config.rope_base == 500_000


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model_type": "llama"}, "its architecture is 'llama', not baichuan"),
        ({"model_type": None}, "model_type is missing"),
        ({"model_type": "\ud800\n"}, "not baichuan"),
        ({"hidden_size": None}, "hidden_size is missing"),
        ({"hidden_size": "64"}, "hidden_size is '64', which is not a whole number"),
        ({"hidden_size": True}, "hidden_size is True"),
        ({"hidden_size": 64.5}, "hidden_size is 64.5"),
        ({"hidden_size": 0}, "hidden_size is 0"),
        ({"hidden_size": 66}, "no multiple of num_attention_heads"),
        ({"num_hidden_layers": -1}, "num_hidden_layers is -1"),
        ({"num_attention_heads": 64}, "odd width"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu', not silu"),
        ({"tie_word_embeddings": True}, "tie_word_embeddings is set"),
        ({"rope_scaling": {"factor": 2}}, "rope_scaling is set"),
        ({"rope_theta": 0.5}, "rope_theta is 0.5"),
        ({"rope_theta": float("nan")}, "rope_theta is nan"),
        ({"rms_norm_eps": -1}, "rms_norm_eps is -1"),
        ({"rms_norm_eps": float("inf")}, "rms_norm_eps is inf"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling is set"),
        ({"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "rope_scaling is set"),
        ({"rope_scaling": "linear"}, "rope_scaling is set"),
        ({"rope_parameters": {"rope_type": "yarn", "factor": 4}}, "rope_parameters is set"),
        (
            {"model_max_length": None, "max_position_embeddings": None},
            "model_max_length is missing",
        ),
        ({"model_max_length": "256"}, "model_max_length is '256'"),
        ({"model_max_length": 10**12}, "model_max_length is 1000000000000"),
        ({"hidden_size": "x" * 10_000}, "…"),
    ],
    ids=str,
)
def test_a_configuration_of_something_else_is_refused(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    folder = copy_of(tmp_path)
    change_json(folder / "config.json", **changes)

    assert sentence in refusal(folder, UnsupportedArchitectureError)


@pytest.mark.parametrize("size", [65_536, 10**9, 10**18, 10**300])
def test_absurd_sizes_cost_no_memory(tmp_path: Path, size: int) -> None:
    folder = copy_of(tmp_path)
    change_json(
        folder / "config.json",
        hidden_size=size,
        num_hidden_layers=min(size, 512),
        num_attention_heads=1,
        intermediate_size=size,
        vocab_size=size,
        model_max_length=min(size, 2**20),
    )
    tracemalloc.start()

    with pytest.raises(CheckpointError) as caught:
        Checkpoint.open(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert_one_sentence(caught.value)
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("vocabulary", "width", "family"),
    [
        (64_000, 4_096, Family.BAICHUAN_7B),
        (64_000, 5_120, Family.BAICHUAN_13B),
        (125_696, 4_096, Family.BAICHUAN2_7B),
        (125_700, 5_120, Family.BAICHUAN2_13B),  # rows were added
        (125_696, 4_097, None),
        (32_000, 4_096, None),
        (0, 0, None),
    ],
)
def test_released_sizes_tell_the_family(vocabulary: int, width: int, family: Family | None) -> None:
    assert released_family(vocabulary, width) is family
