"""Steps of torch alone, with every value of AdamW and its schedule, compute the same."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("transformers")
pytest.importorskip("peft")

import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor

from backends.bridge.model import BaichuanForCausalLM
from backends.checkpoint.folder import Checkpoint
from backends.training import running
from backends.training.adapters import add_trained_adapter
from backends.training.data.masking import coding_of
from backends.training.data.values import Example
from backends.training.events import TrainingStep
from backends.training.loading import recompute_layers
from backends.training.steps.batches import Order
from backends.training.values import Lora, Schedule, TrainingRequest
from tests.helpers.training_data import prepare
from tests.helpers.trainings import asked, of, some_rows, trained

LORA = Lora(rank=4, alpha=8.0, dropout=0.0, targets=("all", "lm_head"))
STEPS = 6
WARMUP = 2


def request(folder: Path) -> TrainingRequest:
    """Seven examples of different lengths, three a step: the last step of an epoch has one."""
    found = asked(
        folder,
        "b2-13b",
        some_rows(7),
        max_steps=STEPS,
        learning_rate=1e-2,
        schedule=Schedule.COSINE,
        warmup_ratio=0.3,  # 1.8 of 6 steps, which are rounded up
        beta1=0.5,
        beta2=0.7,
        epsilon=1e-2,
        weight_decay=5.0,
        max_grad_norm=0.5,
        batch_size=3,
        seed=5,
    )
    return replace(found, lora=LORA)


def rate(step: int) -> float:
    """The learning rate of a step, from 0, as transformers has it."""
    if step < WARMUP:
        return 1e-2 * step / WARMUP
    return 1e-2 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP))) / 2


def summed(model: torch.nn.Module, example: Example) -> Tensor:
    """The loss of all trained tokens of an example, by itself, from all its logits."""
    logits = model(torch.tensor([list(example.ids)])).logits[0, :-1]
    return F.cross_entropy(logits, torch.tensor(list(example.labels)[1:]), reduction="sum")


def test_steps_are_those_of_a_plain_loop(tmp_path: Path) -> None:
    asked_for = request(tmp_path)
    examples = prepare(
        asked_for.data, coding_of(*Checkpoint.open_with_tokenizer(Path(asked_for.model)))
    ).examples
    base = BaichuanForCausalLM.from_pretrained(asked_for.model, dtype=torch.float32)
    model = add_trained_adapter(base, LORA, seed=5)
    learnt = [one for one in model.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(learnt, betas=(0.5, 0.7), eps=1e-2, weight_decay=5.0)
    numbers = [
        [*Order(7, 3, seed=5, epoch=lambda epoch=epoch: epoch)][first : first + 3]  # type: ignore[misc]
        for epoch in (0, 1)
        for first in (0, 3, 6)
    ]
    expected = []
    for step, some in enumerate(numbers):
        batch = [examples[number] for number in some]
        count = sum(one.trained_tokens for one in batch)
        loss = torch.stack([summed(model, one) for one in batch]).sum() / count
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(learnt, 0.5)
        optimizer.param_groups[0]["lr"] = rate(step)
        optimizer.step()
        expected.append((float(loss.detach()), float(norm), rate(step)))

    steps = of(trained(asked_for), TrainingStep)

    for told, (a_loss, a_norm, a_rate) in zip(steps, expected, strict=True):
        assert told.loss == pytest.approx(a_loss, abs=1e-5)
        assert told.gradient_norm == pytest.approx(a_norm, rel=1e-4)
        assert told.learning_rate == pytest.approx(a_rate, rel=1e-9)
    made = safetensors.torch.load_file(tmp_path / "out" / "adapter_model.safetensors")
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            torch.testing.assert_close(
                made[name.replace(".default.", ".")], weight.detach(), atol=1e-6, rtol=1e-4
            )


@pytest.mark.parametrize("is_asked", [True, False])
def test_layers_are_computed_again_where_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_asked: bool
) -> None:
    """Which changes no number, and so is only seen here."""
    told: list[bool] = []

    def recompute(model: BaichuanForCausalLM) -> None:
        recompute_layers(model)
        told.append(bool(model.gradient_checkpointing))

    monkeypatch.setattr(running, "recompute_layers", recompute)
    trained(asked(tmp_path, max_steps=1, gradient_checkpointing=is_asked))

    assert told == [True] * is_asked
