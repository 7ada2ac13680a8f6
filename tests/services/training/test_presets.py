"""The published values, as they are written down in the projects' READMEs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.model_config import ModelConfig
from backends.training.checking import require_settings, target_names
from backends.training.memory import trained_parameters
from backends.training.values import (
    Compute,
    Data,
    Keeping,
    Lora,
    Method,
    Optimization,
    Schedule,
    TrainingRequest,
)
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.training.presets import (
    PRESETS,
    TrainingPreset,
    preset_of,
    presets_for,
)
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, BAICHUAN_7B, BAICHUAN_13B

ASKED = TrainingRequest(
    "m", Data(("d",), dev_ratio=0.1), Keeping("o", save_steps=7), optimization=Optimization(seed=3)
)


def test_baichuan_2_is_trained_as_its_readme_says() -> None:
    preset = preset_of("baichuan2-full")
    assert preset is not None
    made = preset.applied(ASKED)

    assert made.method is Method.FULL
    assert made.data.max_length == 512
    how = made.optimization
    assert (how.learning_rate, how.schedule, how.epochs) == (2e-5, Schedule.CONSTANT, 4.0)
    assert (how.beta1, how.beta2, how.epsilon) == (0.9, 0.98, 1e-8)
    assert (how.weight_decay, how.max_grad_norm, how.warmup_ratio) == (1e-4, 1.0, 0.0)
    assert (how.batch_size, how.accumulation, how.gradient_checkpointing) == (16, 1, True)


def test_baichuan_13b_is_trained_as_its_readme_says() -> None:
    preset = preset_of("baichuan-13b-lora")
    assert preset is not None
    made = preset.applied(ASKED)

    assert made.lora == Lora(rank=8, alpha=32.0, dropout=0.1, targets=("W_pack",))
    how = made.optimization
    assert (how.learning_rate, how.schedule, how.epochs) == (5e-5, Schedule.COSINE, 2.0)
    assert (how.batch_size, how.accumulation, how.max_grad_norm) == (4, 8, 0.5)
    assert (how.beta2, how.weight_decay) == (0.999, 0.0)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_a_preset_changes_what_is_computed_and_nothing_else(preset: TrainingPreset) -> None:
    made = preset.applied(ASKED)

    assert (made.model, made.keeping, made.data.files) == ("m", ASKED.keeping, ("d",))
    assert (made.data.dev_ratio, made.optimization.seed) == (0.1, 3)
    assert made.compute is Compute.AUTO
    assert preset.is_of(made)
    assert not preset.is_of(replace(made, lora=replace(made.lora, rank=99)))
    require_settings(made)
    target_names(made.lora, BAICHUAN2_7B)


@pytest.mark.parametrize(
    ("config", "first"),
    [
        (BAICHUAN2_7B, "baichuan2-lora"),
        (BAICHUAN2_13B, "baichuan2-lora"),
        (BAICHUAN_13B, "baichuan-13b-lora"),
        (BAICHUAN_7B, "baichuan-13b-lora"),
    ],
)
def test_a_model_begins_with_lora_of_its_own_project_and_offers_all_that_were_published(
    config: ModelConfig, first: str
) -> None:
    offered = presets_for(config)

    assert offered[0].id == first
    assert {one.id for one in offered} == {one.id for one in PRESETS} - {"few-facts"}


def test_no_two_presets_have_one_id_or_one_title() -> None:
    assert len({one.id for one in PRESETS}) == len(PRESETS)
    assert len({str(one.title) for one in PRESETS}) == len(PRESETS)
    assert preset_of("nothing") is None


def test_a_small_model_begins_with_what_learns_facts_by_heart() -> None:
    guide = Checkpoint.open(resource("guide_model")).config

    preset = presets_for(guide)[0]

    assert preset.id == "few-facts"
    made = preset.applied(ASKED)
    assert target_names(made.lora, guide)[-1] == "lm_head"
    assert trained_parameters(guide, made) <= 0.05 * guide.parameters
