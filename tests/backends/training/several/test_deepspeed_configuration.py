from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.errors import DeepSpeedFileError
from backends.training.several.deepspeed_configuration import (
    SHIPPED_NAMES,
    DeepSpeedConfiguration,
    computed_in,
    configuration_file,
    read_configuration,
    require_agreement,
)
from backends.training.values import Compute, Data, Keeping, Optimization, TrainingRequest

PLAIN = {"zero_optimization": {"stage": 2}}


def _request(**changes: Any) -> TrainingRequest:
    whole = TrainingRequest("model", Data(("data.json",)), Keeping("out"))
    return replace(whole, **changes)


def _configuration(folder: Path, values: object) -> DeepSpeedConfiguration:
    file = folder / "own.json"
    file.write_text(values if isinstance(values, str) else json.dumps(values), encoding="utf-8")
    return read_configuration(file)


def test_the_published_configurations_ship_with_the_app() -> None:
    first, second = (read_configuration(configuration_file(name)) for name in SHIPPED_NAMES)

    assert first.stage == 3
    assert first.values["bf16"] == {"enabled": "auto"}
    assert first.values["zero_optimization"] == {
        "stage": 3,
        "overlap_comm": True,
        "stage3_gather_16bit_weights_on_model_save": True,
    }
    assert second.stage == 2
    assert second.values["zero_allow_untested_optimizer"] is True
    assert second.values["fp16"]["initial_scale_power"] == 16
    assert second.values["zero_optimization"]["reduce_bucket_size"] == 5e8
    assert second.values["zero_optimization"]["overlap_comm"] is False
    for configuration in (first, second):
        assert configuration.values["train_micro_batch_size_per_gpu"] == "auto"
        require_agreement(configuration, _request())
        assert configuration.notes == ()


def test_a_file_of_the_persons_own_comes_before_one_of_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ds_config.json").write_text(json.dumps(PLAIN), encoding="utf-8")

    assert read_configuration(configuration_file("ds_config.json")).stage == 2


def test_a_file_that_is_not_there_names_those_of_the_app() -> None:
    with pytest.raises(DeepSpeedFileError) as raised:
        configuration_file("zero.json")

    assert "called ds_config.json and deepspeed.json" in raised.value.message


def test_keys_that_are_not_known_go_to_deepspeed_as_they_are(tmp_path: Path) -> None:
    values = {**PLAIN, "flops_profiler": {"enabled": True}, "steps_per_print": 7}

    assert _configuration(tmp_path, values).values == values


def test_zero_3_gathers_its_weights_in_any_case_and_says_so(tmp_path: Path) -> None:
    values = {"zero_optimization": {"stage": 3, "overlap_comm": True}}

    read = _configuration(tmp_path, values)

    assert read.values["zero_optimization"] == {
        "stage": 3,
        "overlap_comm": True,
        "stage3_gather_16bit_weights_on_model_save": True,
    }
    (note,) = read.notes
    assert "stage3_gather_16bit_weights_on_model_save is taken as true" in str(note)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "it is not readable as JSON"),
        ('{"a": NaN}', "it is not readable as JSON"),
        ("// no\n{}", "it is not readable as JSON"),
        ("[" * 100_000, "it is not readable as JSON"),
        ("[]", "it is not a JSON object"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "“c” stands in it twice"),
        ("{}", "zero_optimization.stage is not 1, 2 or 3"),
        ('{"zero_optimization": 2}', "zero_optimization is no object"),
        ('{"zero_optimization": {"stage": 4}}', "stage is 4, and not 0, 1, 2 or 3"),
        ('{"zero_optimization": {"stage": true}}', "stage is true, and not 0, 1, 2 or 3"),
        ('{"bf16": {"enabled": "yes"}}', 'bf16.enabled is "yes", and not true, false or “auto”'),
        ('{"gradient_clipping": -1}', "gradient_clipping is -1, and not a number or “auto”"),
        (
            '{"train_micro_batch_size_per_gpu": 0}',
            "train_micro_batch_size_per_gpu is 0, and not a whole number from 1 on or “auto”",
        ),
        ('{"fp16": {"enabled": true}, "bf16": {"enabled": true}}', "enables both fp16 and bf16"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_said(
    tmp_path: Path, content: str, said: str
) -> None:
    with pytest.raises(DeepSpeedFileError) as raised:
        _configuration(tmp_path, content)

    assert said in raised.value.message


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"gradient_accumulation_steps": 2}, "gradient_accumulation_steps is 2 there, and 1 in"),
        ({"optimizer": {"params": {"lr": 0.1}}}, "optimizer.params.lr is 0.1 there, and 2e-05 in"),
        ({"optimizer": {"params": {"betas": [0.9, 0.9]}}}, "betas is [0.9, 0.9] there, and [0.9,"),
    ],
)
def test_numbers_that_contradict_the_settings_are_named(
    tmp_path: Path, values: dict[str, Any], said: str
) -> None:
    request = _request(optimization=Optimization(learning_rate=2e-5))
    configuration = _configuration(tmp_path, {**PLAIN, **values})

    with pytest.raises(DeepSpeedFileError) as raised:
        require_agreement(configuration, request)

    assert said in raised.value.message


def test_numbers_that_say_the_same_are_no_contradiction(tmp_path: Path) -> None:
    values = {
        "train_micro_batch_size_per_gpu": 8,
        "gradient_clipping": 1,
        "optimizer": {"type": "AdamW", "params": {"lr": "auto", "eps": 1e-8}},
    }

    require_agreement(_configuration(tmp_path, {**PLAIN, **values}), _request())


@pytest.mark.parametrize(
    ("sections", "asked", "computed"),
    [
        ({"bf16": {"enabled": True}}, Compute.AUTO, Compute.BF16),
        ({"bf16": {"enabled": True}}, Compute.BF16, Compute.BF16),
        ({"bf16": {"enabled": True}}, Compute.FP16, None),
        ({"fp16": {"enabled": "auto"}}, Compute.AUTO, Compute.FP16),
        ({"fp16": {"enabled": "auto"}}, Compute.FP32, Compute.FP32),
        ({"fp16": {"enabled": "auto"}}, Compute.BF16, None),
        ({"fp16": {"enabled": "auto"}, "bf16": {"enabled": "auto"}}, Compute.AUTO, Compute.BF16),
        ({}, Compute.AUTO, Compute.FP32),
        ({}, Compute.FP16, None),
    ],
)
def test_the_configuration_may_decide_in_what_is_computed(
    tmp_path: Path, sections: dict[str, Any], asked: Compute, computed: Compute | None
) -> None:
    configuration = _configuration(tmp_path, {**PLAIN, **sections})

    if computed is None:
        with pytest.raises(DeepSpeedFileError):
            computed_in(configuration, asked)
    else:
        assert computed_in(configuration, asked) is computed


@pytest.mark.parametrize("who", ["wandb", "comet", "tensorboard", "csv_monitor"])
def test_nothing_is_reported_to_anybody(tmp_path: Path, who: str) -> None:
    with pytest.raises(DeepSpeedFileError, match=f"{who}.enabled is true, and not false: nothing"):
        _configuration(tmp_path, PLAIN | {who: {"enabled": True}})

    assert _configuration(tmp_path, PLAIN | {who: {"enabled": False}}).stage == 2
