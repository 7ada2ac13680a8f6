"""Five steps of the published code, from the texts of its data on, within what fp32 rounds."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.torch

pytest.importorskip("transformers")
pytest.importorskip("peft")

import torch
from torch import nn

from backends.bridge.model import BaichuanForCausalLM
from backends.training import running
from backends.training.adapters import add_trained_adapter
from backends.training.events import TrainingStep
from backends.training.steps import trainer
from backends.training.steps.batches import Order
from backends.training.values import Lora, Method, Optimization, Schedule, TrainingRequest
from tests.helpers import adapters, goldens
from tests.helpers.trainings import CURVE_ROWS, asked, of, said, trained

#: Of the loss, and of the gradient's norm before it is clipped.
TOLERANCES = np.array([1e-6, 5e-6])


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversations stay in the golden's order: another one moves the last bits of sums."""
    monkeypatch.setattr(trainer, "Order", partial(_in_order, Order))


def _in_order(order: type[Order], count: int, batch_size: int, **options: Any) -> Order:
    return order(count, batch_size, **{**options, "seed": None})


def golden() -> dict[str, object]:
    facts: dict[str, object] = goldens.facts("finetune", "loss_curve_b2-13b.json")
    return facts


def curve_request(folder: Path, method: Method) -> TrainingRequest:
    """The settings of the golden; each epoch is one step of all four conversations."""
    facts = goldens.facts("finetune", "loss_curve_b2-13b.json")
    request = asked(folder, rows=said(CURVE_ROWS), method=method)
    return replace(
        request,
        data=replace(request.data, max_length=256),
        lora=Lora(rank=1, alpha=32.0, dropout=0.0, targets=("W_pack",)),
        optimization=Optimization(
            learning_rate=facts["lora_lr" if method is Method.LORA else "full_lr"],
            schedule=Schedule.CONSTANT,
            beta1=facts["betas"][0],
            beta2=facts["betas"][1],
            epsilon=facts["eps"],
            weight_decay=facts["weight_decay"],
            max_grad_norm=facts["clip"],
            epochs=len(facts["full"]),
            batch_size=4,
        ),
    )


def curve(request: TrainingRequest) -> npt.NDArray[np.float64]:
    """Loss and gradient norm of each step."""
    return np.array([
        [step.loss, step.gradient_norm] for step in of(trained(request), TrainingStep)
    ])  # fmt: skip


def apart(request: TrainingRequest, which: str) -> npt.NDArray[np.float64]:
    """How far each step is from the golden, in tolerances."""
    distances: npt.NDArray[np.float64] = (
        np.abs(curve(request) - np.array(golden()[which])) / TOLERANCES
    )
    return distances


@pytest.mark.parametrize("checkpointing", [False, True])
def test_full_training_has_the_published_curve(tmp_path: Path, checkpointing: bool) -> None:
    request = curve_request(tmp_path, Method.FULL)
    how = replace(request.optimization, gradient_checkpointing=checkpointing)

    assert apart(replace(request, optimization=how), "full").max() <= 1


def test_a_planted_epsilon_of_the_norms_is_seen(tmp_path: Path) -> None:
    """1e-5 in place of 1e-6 moves the losses by millionths: a looser tolerance would not tell."""
    request = curve_request(tmp_path, Method.FULL)
    folder = tmp_path / "planted"
    shutil.copytree(request.model, folder)
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    assert config["rms_norm_eps"] == 1e-6
    file.write_text(json.dumps({**config, "rms_norm_eps": 1e-5}), encoding="utf-8")

    distances = apart(replace(request, model=str(folder)), "full")

    assert distances.max() > 1
    assert (distances * TOLERANCES).max() < 1e-4


def test_an_adapter_has_the_published_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a golden adapter on, which is put in the place of the new one's first values."""
    begun = safetensors.torch.load_file(
        adapters.folder("b2-13b", "w_pack_r1") / "adapter_model.safetensors"
    )

    def filled(model: BaichuanForCausalLM, lora: Lora, seed: int) -> nn.Module:
        adapted = add_trained_adapter(model, lora, seed)
        found = dict(adapted.named_parameters())
        with torch.no_grad():
            for name, tensor in begun.items():
                found[name.replace(".weight", ".default.weight")].copy_(tensor)
        return adapted

    monkeypatch.setattr(running, "add_trained_adapter", filled)

    assert apart(curve_request(tmp_path, Method.LORA), "lora").max() <= 1
