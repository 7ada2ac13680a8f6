"""What a training is refused for before anything is loaded or written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.errors import CheckpointError, PolicyError, TrainingSettingsError
from backends.training.checking import open_base, require_trainable, target_names
from backends.training.values import Data, Keeping, Lora, Method, Optimization, TrainingRequest
from tests.helpers import exports, goldens, quantized
from tests.helpers.copies import copy
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence


def request(name: str = "b2-13b", method: Method = Method.LORA, **changes: Any) -> TrainingRequest:
    asked = TrainingRequest(
        model=str(goldens.folder(name, "safetensors")),
        data=Data(("/no/data.json",), max_length=64),
        keeping=Keeping("/no/output"),
        method=method,
    )
    return replace(asked, **changes)


# --- targets -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        (("W_pack",), ("W_pack",)),
        (("self_attn.o_proj", "W_pack", "W_pack"), ("W_pack", "o_proj")),
        (("down_proj", "all"), ("W_pack", "o_proj", "gate_proj", "up_proj", "down_proj")),
        (("lm_head", "W_pack"), ("W_pack", "lm_head")),
    ],
)
def test_targets_are_the_names_of_matrices_in_the_order_of_the_layer(
    targets: tuple[str, ...], names: tuple[str, ...]
) -> None:
    assert target_names(Lora(targets=targets), goldens.checkpoint("b1-7b").config) == names


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("w_pack", "W_pack"), ("q_proj", "o_proj"), ("embed_tokens", None),
        ("mlp.W_pack", "W_pack"), (".*", None), ("", None),
    ],
)  # fmt: skip
def test_a_target_that_no_matrix_has_is_named_with_the_nearest(
    target: str, near: str | None
) -> None:
    with pytest.raises(TrainingSettingsError) as raised:
        open_base(request(lora=Lora(targets=(target,))))

    assert_one_sentence(raised.value)
    assert f"“{target}”" in raised.value.message
    assert (f"nearest is “{near}”" in raised.value.message) == (near is not None)
    assert "W_pack, o_proj, gate_proj, up_proj, down_proj, lm_head, all" in raised.value.message


def test_no_target_is_refused_for_an_adapter_alone() -> None:
    with pytest.raises(TrainingSettingsError):
        open_base(request(lora=Lora(targets=())))
    open_base(request(method=Method.FULL, lora=Lora(targets=())))


# --- what is stored --------------------------------------------------------------------------


@pytest.mark.parametrize("method", [Method.FULL, Method.LORA])
def test_a_quantised_folder_is_refused_by_name_but_for_qlora(method: Method) -> None:
    four_bits = Checkpoint.open(quantized.published("b2-7b-4bits"))

    with pytest.raises(TrainingSettingsError) as raised:
        require_trainable(four_bits, method)

    assert_one_sentence(raised.value)
    assert f"“{four_bits.folder.name}” is stored in 4-bit" in raised.value.message
    require_trainable(four_bits, Method.QLORA)


def test_eight_bits_and_exports_are_refused_for_all(tmp_path: Path) -> None:
    eight_bits = quantized.write_v1_int8(tmp_path / "int8", goldens.checkpoint("b1-13b"))
    for method in Method:
        with pytest.raises(TrainingSettingsError, match="8-bit"):
            require_trainable(Checkpoint.open(eight_bits), method)
        with pytest.raises(TrainingSettingsError, match="export for ONNX"):
            require_trainable(exports.of_golden("b2-7b"), method)


# --- numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "setting", "value", "said"),
    [
        ("optimization", "learning_rate", 0.0, "learning rate is 0.0, and must be above 0"),
        ("optimization", "learning_rate", float("nan"), "learning rate is nan"),
        ("optimization", "learning_rate", float("inf"), "learning rate is inf"),
        ("optimization", "epochs", -1.0, "number of epochs is -1.0"),
        ("optimization", "max_steps", 0, "number of steps is 0, and must be at least 1"),
        ("optimization", "batch_size", 0, "batch size is 0"),
        ("optimization", "accumulation", -2, "accumulation is -2"),
        ("optimization", "beta2", 1.0, "second beta of AdamW is 1.0, and must be from 0 to less"),
        ("optimization", "epsilon", 0.0, "epsilon of AdamW is 0.0"),
        ("optimization", "weight_decay", -0.1, "weight decay is -0.1, and must not be below 0"),
        ("optimization", "max_grad_norm", float("nan"), "greatest norm of gradients is nan"),
        ("optimization", "warmup_ratio", 1.0, "share of steps that warm up is 1.0"),
        (
            "optimization",
            "seed",
            2**32,
            "seed is 4,294,967,296, and must be from 0 to 4,294,967,295",
        ),
        ("optimization", "seed", -1, "seed is -1"),
        ("lora", "rank", 0, "rank is 0, and must be from 1 to 16,384"),
        ("lora", "alpha", 0.0, "alpha is 0.0"),
        ("lora", "dropout", 1.0, "dropout is 1.0"),
        ("data", "max_length", 1, "number of tokens of an example is 1"),
        ("data", "dev_ratio", -0.5, "share that is held back is -0.5"),
        ("keeping", "save_steps", 0, "number of steps between checkpoints is 0"),
        ("keeping", "save_limit", 0, "number of checkpoints that are kept is 0"),
    ],
)
def test_a_number_that_nothing_can_be_computed_with_is_named(
    where: str, setting: str, value: float, said: str
) -> None:
    asked = request()
    changed = replace(asked, **{where: replace(getattr(asked, where), **{setting: value})})

    with pytest.raises(TrainingSettingsError) as raised:
        open_base(changed)

    assert_one_sentence(raised.value)
    assert said in raised.value.message


def test_the_numbers_of_an_adapter_do_not_count_for_a_full_training() -> None:
    open_base(request(method=Method.FULL, lora=Lora(rank=0, dropout=2.0)))


def test_the_published_values_are_taken() -> None:
    how = Optimization(2e-5, beta2=0.98, weight_decay=1e-4, epochs=4.0, batch_size=16)
    assert open_base(request(optimization=how)).checkpoint.config.num_layers == 3


# --- who may ---------------------------------------------------------------------------------


def test_a_policy_may_turn_fine_tuning_off_or_allow_other_models_alone(tmp_path: Path) -> None:
    write_policy(tmp_path, "fine_tuning: false\n")
    with pytest.raises(PolicyError):
        open_base(request())
    write_policy(tmp_path, "fine_tuning: true\nmodels: [baichuan2-7b-chat]\n")
    with pytest.raises(PolicyError):
        open_base(request())
    write_policy(tmp_path, "fine_tuning: true\n")
    open_base(request())


def test_a_folder_that_is_no_model_is_refused_as_ever(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        open_base(request(model=str(tmp_path)))


def test_a_copy_of_four_bits_that_the_app_wrote_is_taken_for_qlora(tmp_path: Path) -> None:
    made = copy(goldens.folder("b2-7b"), tmp_path / "nf4")

    require_trainable(made, Method.QLORA)


@pytest.mark.parametrize("inside", [".", "adapters/mine", "config.json/.."])
def test_a_result_in_the_folder_of_its_model_is_refused(inside: str, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(model := goldens.folder("b2-7b", "safetensors"))
    wanted = request(model=str(model), keeping=Keeping(str(link / inside)))

    with pytest.raises(TrainingSettingsError, match="which stays as it is"):
        open_base(wanted)


@pytest.mark.parametrize("value", ["0.1", -1, True, [], float("nan"), float("inf")])
def test_a_weight_of_the_z_loss_that_is_none_is_refused(value: object, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), model)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    (model / "config.json").write_text(json.dumps({**config, "z_loss_weight": value}))

    with pytest.raises(TrainingSettingsError, match="it must be a number from 0 on") as raised:
        open_base(request(model=str(model)))
    assert_one_sentence(raised.value)
