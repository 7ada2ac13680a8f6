"""The Trainer of transformers, which tells of each step, keeps snapshots, and ends when asked to.

It writes nothing itself, and no pickle of it is ever read: what a resume needs comes as a
`Snapshot`. Every sum over examples is made over all processes that share the training.
"""

from __future__ import annotations

import itertools
import json
import math
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import AutocastKwargs
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from typing_extensions import override

from ...errors.training import TrainingDivergedError
from ..commands import Asked
from ..data.values import IGNORED, Example
from ..events import TrainingBegan, TrainingEvaluated, TrainingStep
from ..keeping.checkpoints import TRAINER_STATE, restoring
from ..keeping.values import LossCurve, Snapshot
from ..values import Cadence
from .batches import PAD_ID, Batch, ExampleRows, Order, padded
from .course import Course, Outcome


@dataclass(frozen=True, slots=True)
class _Counts:
    """Of all batches of a step, in all processes."""

    items: Tensor  #: labels that are learnt
    positions: Tensor  #: positions that are followed by one
    tokens: int  #: that are no pads


class FineTuner(Trainer):
    """Trains a model by a `Course`."""

    def __init__(self, model: nn.Module, arguments: TrainingArguments, course: Course) -> None:
        self._course = course
        self._counts: _Counts | None = None
        self._curve = LossCurve()
        self._best: TrainingEvaluated | None = None
        self._kept_step: int | None = None
        if course.kept is not None:
            self._curve = course.kept.curve
            self._kept_step = course.kept.step
            self._best = _best_of(self._curve, course.kept.best_step)
        self._began: TrainingBegan | None = None
        self._ended_by = Asked.NOTHING
        self._step_began = time.monotonic()
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=ExampleRows(course.examples),
            data_collator=padded,
            callbacks=[_Steps(self)],
        )
        self.remove_callback(PrinterCallback)  # which prints
        # Each matrix is multiplied once in a pass. Kept until its end, the copies in 16 bits of all
        # matrices would be there at a time, also where layers are computed again to save memory.
        self.accelerator.autocast_handler = AutocastKwargs(cache_enabled=False)

    def train_by_course(self) -> Outcome:
        """Train to the end, or until something is asked. Raises TrainingError."""
        kept = self._course.kept
        if kept is None:
            self.train()
        else:
            with self._restoring():
                TrainerState(**kept.trainer)  # type: ignore[arg-type]
            # Trainer reads how far it was from a file; all else it asks us for.
            with tempfile.TemporaryDirectory(prefix="baichuan-desktop-") as folder:
                text = json.dumps(dict(kept.trainer))
                (Path(folder) / TRAINER_STATE).write_text(text, encoding="utf-8")
                self.train(resume_from_checkpoint=folder)
        whole = self.snapshot() if self._ended_by is Asked.NOTHING else None
        return Outcome(self._ended_by, self.state.global_step, self._kept_step, whole)

    # --- batches -----------------------------------------------------------------------------

    @override
    def get_train_dataloader(self) -> DataLoader[Any]:
        sharing, how = self._course.sharing, self._course.request.optimization
        order = Order(
            len(self._course.examples),
            how.batch_size,
            number=sharing.number,
            processes=sharing.count,
            seed=how.seed,
            epoch=lambda: int(self.state.epoch or 0),
        )
        return self._loader(order, self._course.examples, how.batch_size)

    def _loader(
        self, order: Order, examples: Sequence[Example], batch_size: int
    ) -> DataLoader[Any]:
        # A generator of its own: the one of dropout must not be drawn from.
        return DataLoader(
            ExampleRows(examples),
            batch_size=batch_size,
            sampler=order,
            collate_fn=padded,
            generator=torch.Generator(),
        )

    @override
    def get_batch_samples(
        self, epoch_iterator: Iterator[Batch], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], Tensor | int | None]:
        self._step_began = time.monotonic()
        batches = list(itertools.islice(epoch_iterator, num_batches))
        self._counts = self._counted(batches)
        return batches, self._counts.items

    def _counted(self, batches: Iterable[Batch]) -> _Counts:
        items = positions = tokens = 0
        for batch in batches:
            labels = batch["labels"][:, 1:]
            items += int(labels.ne(IGNORED).sum())
            positions += labels.numel()
            tokens += int(batch["input_ids"].ne(PAD_ID).sum())
        found = torch.tensor([items, positions, tokens], device=self.args.device)
        found = self._course.sharing.summed(found)
        return _Counts(found[0], found[1], int(found[2]))

    @override
    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """The part of this batch in the mean over the trained tokens of a step."""
        assert self._counts is not None
        loss = self._loss(model, inputs, self._counts)
        if self._course.sharing.averages_gradients:
            loss = loss * self._course.sharing.count
        return loss

    def _loss(self, model: nn.Module, inputs: Mapping[str, Any], counts: _Counts) -> Tensor:
        output = model(
            **inputs,
            use_cache=False,
            with_logits=False,
            num_items_in_batch=counts.items,
            num_positions_in_batch=counts.positions,
        )
        loss: Tensor = output["loss"]
        return loss

    # --- gradients ---------------------------------------------------------------------------

    def _clip_grad_norm(self, model: nn.Module) -> Any:
        if self.is_deepspeed_enabled:
            return super()._clip_grad_norm(model)  # type: ignore[no-untyped-call]
        self.accelerator.unscale_gradients()
        return self._course.sharing.clipped_norm(model, self.args.max_grad_norm)

    def _get_grad_norm(self, model: nn.Module, grad_norm: Any = None) -> Any:
        if self.is_deepspeed_enabled or grad_norm is not None:
            return super()._get_grad_norm(model, grad_norm)  # type: ignore[no-untyped-call]
        self.accelerator.unscale_gradients()
        return self._course.sharing.clipped_norm(model, 0.0)

    # --- what is told ------------------------------------------------------------------------

    def begin(self) -> None:
        """Tell that the first step comes."""
        self._began = self._course.began(self.state.max_steps, self.state.global_step)
        self._course.tell(self._began)

    @override
    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Tell of a step. Raises TrainingDivergedError."""
        if "loss" not in logs:  # what Trainer says of itself at the end
            return
        sharing = self._course.sharing
        loss = float(sharing.summed(torch.tensor(logs["loss"], device=self.args.device)))
        if sharing.averages_gradients:
            loss /= sharing.count
        step = self.state.global_step
        if not math.isfinite(loss):
            raise TrainingDivergedError(step)
        told = TrainingStep(
            step=step,
            total_steps=self.state.max_steps,
            epoch=float(self.state.epoch or 0.0),
            loss=loss,
            gradient_norm=float(logs.get("grad_norm", 0.0)),
            learning_rate=float(logs["learning_rate"]),
            tokens=0 if self._counts is None else self._counts.tokens,
            seconds=time.monotonic() - self._step_began,
        )
        self._curve.steps.append(told)
        self._course.tell(told)

    @override
    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The mean loss over the trained tokens of all examples that are held back."""
        loss = self._evaluated_loss()
        told = TrainingEvaluated(self.state.global_step, loss)
        self._curve.evaluations.append(told)
        self._course.tell(told)
        if math.isfinite(loss) and (self._best is None or loss < self._best.loss):
            self._best = told
            is_last = told.step >= self.state.max_steps
            if self._course.request.keeping.load_best and not is_last:
                self.control.should_save = True  # it may be what is wanted in the end
        metrics = {"eval_loss": loss}
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    @torch.no_grad()
    def _evaluated_loss(self) -> float:
        sharing, how = self._course.sharing, self._course.request.optimization
        order = Order(
            len(self._course.eval_examples),
            how.eval_batch_size,
            number=sharing.number,
            processes=sharing.count,
        )
        model = self.model_wrapped
        model.eval()
        sums = torch.zeros(2, dtype=torch.float64, device=self.args.device)
        one = torch.ones((), device=self.args.device)
        for batch in self._loader(order, self._course.eval_examples, how.eval_batch_size):
            inputs = self._prepare_inputs(batch)
            items = inputs["labels"][:, 1:].ne(IGNORED).sum()
            # Divided by one it is a sum, of the learnt tokens alone.
            sums[0] += self._loss(model, inputs, _Counts(one, one, 0)).double()
            sums[1] += items
        model.train()
        total, count = map(float, sharing.summed(sums).tolist())
        return total / max(count, 1.0)

    # --- what is kept ------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The training as it is after this step. All processes call it."""
        assert self._began is not None
        sharing, state = self._course.sharing, self.state
        scaler = getattr(self.accelerator, "scaler", None)
        best = self._best.step if self._course.request.keeping.load_best and self._best else None
        return Snapshot(
            request=self._course.request,
            sources=self._course.sources,
            began=self._began,
            step=state.global_step,
            epoch=float(state.epoch or 0.0),
            curve=self._curve,
            weights=sharing.trained_weights(self._module),
            optimizer=sharing.optimizer_state(self._module, self._bare_optimizer()),
            scheduler=_plain(self._schedule.state_dict()),
            random=sharing.random_states(),
            trainer={
                "global_step": state.global_step,
                "epoch": state.epoch,
                "max_steps": state.max_steps,
                "num_train_epochs": state.num_train_epochs,
                "train_batch_size": state.train_batch_size,
            },
            scaler=None if scaler is None else _plain(scaler.state_dict()),
            best_step=best,
        )

    @property
    def _module(self) -> nn.Module:
        model = self.model
        assert model is not None
        return model

    @property
    def _schedule(self) -> Any:
        return self.lr_scheduler

    def _bare_optimizer(self) -> torch.optim.Optimizer:
        wrapped: Any = self.optimizer
        bare: torch.optim.Optimizer = getattr(wrapped, "optimizer", wrapped)
        return bare

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        snapshot = self.snapshot()
        if self._course.sharing.is_first:
            self._course.keep(snapshot)
        self._kept_step = snapshot.step

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        assert self._course.kept is not None
        with self._restoring():
            self._course.sharing.restore_weights(self._module, self._course.kept.weights)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if (kept := self._course.kept) is None:
            return
        own = self._bare_optimizer()
        with self._restoring():
            self._course.sharing.restore_optimizer(self._module, own, kept.optimizer)
            self._schedule.load_state_dict(dict(kept.scheduler))

    def _load_scaler(self, checkpoint: str | None) -> None:
        kept, scaler = self._course.kept, getattr(self.accelerator, "scaler", None)
        if kept is not None and kept.scaler is not None and scaler is not None:
            with self._restoring():
                scaler.load_state_dict(dict(kept.scaler))

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if self._course.kept is not None:
            with self._restoring():
                self._course.sharing.restore_random(self._course.kept.random)

    def _restoring(self) -> AbstractContextManager[None]:
        assert self._course.kept is not None
        return restoring(Path(self._course.request.keeping.output), self._course.kept)

    # --- after each step ---------------------------------------------------------------------

    def decide(self, control: TrainerControl) -> None:
        """What is done after the step that was computed."""
        keeping, step = self._course.request.keeping, self.state.global_step
        is_last = step >= self.state.max_steps
        epoch = float(self.state.epoch or 0.0)
        ends_epoch = is_last or epoch == int(epoch)
        control.should_log = True
        if self._course.eval_examples:
            control.should_evaluate = _is_due(
                keeping.evaluate, keeping.eval_steps, step, ends_epoch, is_last
            )
        # The last one is kept with the result.
        is_due = _is_due(keeping.save, keeping.save_steps, step, ends_epoch, is_last=False)
        control.should_save = is_due and not is_last
        if not is_last:
            asked = self._course.sharing.agreed(self._course.commands.asked)
            self._ended_by = asked
            control.should_training_stop = asked is not Asked.NOTHING
            control.should_save = control.should_save or asked is Asked.PAUSE


class _Steps(TrainerCallback):
    """What Trainer calls between steps."""

    def __init__(self, tuner: FineTuner) -> None:
        self._tuner = tuner

    @override
    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._tuner.begin()

    @override
    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._tuner.decide(control)


def _is_due(cadence: Cadence, every: int, step: int, ends_epoch: bool, is_last: bool) -> bool:
    match cadence:
        case Cadence.NO:
            return False
        case Cadence.STEPS:
            return step % every == 0 or is_last
        case Cadence.EPOCH:
            return ends_epoch


def _best_of(curve: LossCurve, step: int | None) -> TrainingEvaluated | None:
    found = [one for one in curve.evaluations if step is None or one.step == step]
    return min(found, key=lambda one: one.loss, default=None)


def _plain(state: Mapping[str, Any]) -> dict[str, object]:
    """Those entries of a state that JSON can hold; functions and objects are made anew."""
    return {
        key: value
        for key, value in state.items()
        if isinstance(value, int | float | str | list | None)
    }
