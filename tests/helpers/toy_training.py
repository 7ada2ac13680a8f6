"""A training that takes milliseconds and has all that a real one keeps: for tests of what is kept.

It learns an adapter for a golden model by AdamW under a schedule, from random numbers of torch, of
Python and of numpy, in an order that is drawn anew in each epoch.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from backends.training.events import TrainingBegan, TrainingReady, TrainingStep
from backends.training.keeping.checkpoints import Tell, read_checkpoint, write_checkpoint
from backends.training.keeping.output import claimed_output
from backends.training.keeping.result import write_result
from backends.training.keeping.resume import newest_checkpoint
from backends.training.keeping.tensors import (
    optimizer_state,
    random_states,
    restore_optimizer,
    restore_random,
    restore_weights,
)
from backends.training.keeping.values import LossCurve, Snapshot, SourceFile, Sources
from backends.training.values import (
    Cadence,
    Data,
    Keeping,
    Lora,
    Method,
    Optimization,
    TrainingRequest,
)
from tests.helpers import goldens

MODEL = "b2-7b"
STEPS_OF_EPOCH = 4
EPOCHS = 2
STEPS = STEPS_OF_EPOCH * EPOCHS
SOURCES = Sources(
    base=(SourceFile("config.json", 700, "aa"), SourceFile("model.safetensors", 486_744, "bb")),
    data=(SourceFile("data.json", 900, "cc", 16), SourceFile("more.json", 100, "dd", 2)),
)


def request(output: Path, **keeping: object) -> TrainingRequest:
    """What is asked for, with other values of `Keeping`."""
    kept = Keeping(output=str(output), save=Cadence.STEPS, save_steps=3)
    return TrainingRequest(
        model=str(goldens.folder(MODEL, "safetensors")),
        data=Data(files=("/data/data.json", "/data/more.json")),
        keeping=replace(kept, **keeping),  # type: ignore[arg-type]
        method=Method.LORA,
        lora=Lora(rank=2, alpha=4.0),
        optimization=Optimization(learning_rate=0.01, epochs=EPOCHS, batch_size=4),
        model_name="Golden 7B",
        licence="apache-2.0",
    )


class Toy:
    """A training on its way."""

    def __init__(self, asked: TrainingRequest, *, fused: bool = False) -> None:
        sizes = goldens.checkpoint(MODEL, "safetensors").config
        hidden = sizes.hidden_size
        torch.manual_seed(7)
        random.seed(7)
        np.random.seed(7)
        self.request = asked
        self.named: dict[str, nn.Parameter] = {}
        for layer in range(sizes.num_layers):
            name = f"base_model.model.model.layers.{layer}.self_attn.W_pack.lora_"
            self.named[f"{name}A.default.weight"] = nn.Parameter(torch.randn(2, hidden))
            self.named[f"{name}B.default.weight"] = nn.Parameter(torch.zeros(3 * hidden, 2))
        self.optimizer = torch.optim.AdamW(
            [
                {"params": self._named_with("_A."), "weight_decay": 0.1},
                {"params": self._named_with("_B."), "weight_decay": 0.0},
            ],
            lr=0.01,
            betas=(0.9, 0.98),
            fused=fused,
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: 1 - step / STEPS
        )
        self.step = 0
        self.curve = LossCurve()

    def _named_with(self, part: str) -> list[nn.Parameter]:
        return [one for name, one in self.named.items() if part in name]

    def go_on_from(self, kept: Snapshot) -> None:
        """Be where a training was when it was kept."""
        restore_weights(self.named.items(), kept.weights)
        restore_optimizer(self.optimizer, self.named.items(), kept.optimizer)
        self.schedule.load_state_dict(dict(kept.scheduler))
        self.step, self.curve = kept.step, kept.curve
        restore_random(kept.random[0])

    def learn(self) -> None:
        """One step."""
        epoch, place = divmod(self.step, STEPS_OF_EPOCH)
        order = torch.randperm(STEPS_OF_EPOCH, generator=torch.Generator().manual_seed(epoch))
        example = int(order[place])
        shift = random.gauss(0, 1) + float(np.random.normal()) + example
        loss = torch.stack([
            (nn.functional.dropout(one, 0.2) - 0.1 * shift).square().mean()
            for one in self.named.values()
        ]).sum()  # fmt: skip
        self.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.named.values(), 1.0)
        self.optimizer.step()
        rate = float(self.schedule.get_last_lr()[0])
        self.schedule.step()
        self.step += 1
        self.curve.steps.append(
            TrainingStep(
                step=self.step,
                total_steps=STEPS,
                epoch=self.step / STEPS_OF_EPOCH,
                loss=float(loss.detach()),
                gradient_norm=float(norm),
                learning_rate=rate,
                tokens=100 + example,
                seconds=0.5,
            )
        )

    def snapshot(self) -> Snapshot:
        """All that decides the next step."""
        return Snapshot(
            request=self.request,
            sources=SOURCES,
            began=began(),
            step=self.step,
            epoch=self.step / STEPS_OF_EPOCH,
            curve=self.curve,
            weights={name: one.detach() for name, one in self.named.items()},
            optimizer=optimizer_state(self.optimizer, self.named.items()),
            scheduler=self.schedule.state_dict(),
            random=[random_states()],
            trainer={"global_step": self.step, "epoch": self.step / STEPS_OF_EPOCH},
        )

    @staticmethod
    def copied(kept: Snapshot) -> Snapshot:
        """The same, which no later step reaches."""
        return copy.deepcopy(kept)

    def losses(self) -> list[float]:
        return [one.loss for one in self.curve.steps]


def began(**changes: object) -> TrainingBegan:
    """As it is told at the beginning."""
    told = TrainingBegan(
        total_steps=STEPS,
        first_step=0,
        examples=18,
        eval_examples=0,
        trained_tokens=800,
        cut_examples=0,
        cut_tokens=0,
        trained_parameters=512,
        all_parameters=243_008,
        device="cpu",
        compute="fp32",
        processes=1,
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def after(steps: int, output: Path, **keeping: object) -> Snapshot:
    """A training after so many steps."""
    toy = Toy(request(output, **keeping))
    for _ in range(steps):
        toy.learn()
    return toy.snapshot()


def train(
    output: Path, *, resume: bool, tell: Tell = lambda _: None
) -> tuple[list[float], TrainingReady]:
    """Train to the end, with a checkpoint after each third step: all losses, and the result."""
    toy = Toy(request(output))
    with claimed_output(output, resume=resume) as claim:
        if claim.finished is not None:
            return undisturbed()[0], claim.finished
        if resume:
            newest = newest_checkpoint(output)
            assert newest is not None
            toy.go_on_from(read_checkpoint(newest))
        while toy.step < STEPS:
            toy.learn()
            if toy.step % 3 == 0:
                write_checkpoint(output, toy.snapshot(), tell)
        return toy.losses(), write_result(output, toy.snapshot(), tell)


@cache
def undisturbed() -> tuple[list[float], Mapping[str, Tensor]]:
    """The losses of a training that nobody interrupts, and the weights it comes to."""
    toy = Toy(request(Path("/nowhere")))
    for _ in range(STEPS):
        toy.learn()
    return toy.losses(), toy.snapshot().weights
