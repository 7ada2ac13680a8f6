"""What is printed of a training while it runs: what will be done, a line for some steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from backends.events import JobProgress
from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingEvaluated,
    TrainingStep,
)
from backends.training.values import Lora, Method, Optimization, Schedule, TrainingRequest
from baichuan_desktop.services.jobs.time_left import left_in_all
from baichuan_desktop.services.training.client import TrainingSilent
from baichuan_desktop.services.training.meter import TrainingMeter
from baichuan_desktop.services.training.tuner import Checked

_METHODS = {Method.FULL: "every weight", Method.LORA: "LoRA", Method.QLORA: "QLoRA"}
_HEAD = ("step", "epoch", "loss", "gradient norm", "learning rate", "tokens/s", "time left")
_WIDTHS = (7, 6, 9, 13, 13, 8)
#: So many lines of steps below the names of their columns.
_PAGE = 40


def what_is_asked(checked: Checked) -> Iterator[str]:
    """What will be done, before anything is."""
    request, counts = checked.request, checked.counts
    base = f"{checked.base.shown_name.en} ({checked.base.path})"
    yield f"Fine-tuning {base}: {_method(request)}"
    held_back = f", {counts.eval_examples:,} held back" if counts.eval_examples else ""
    yield (
        f"  data: {counts.examples:,} examples{held_back}, "
        f"{counts.trained_tokens:,} of {counts.tokens:,} tokens are learnt"
    )
    if counts.cut_examples:
        yield (
            f"  cut: {counts.cut_examples:,} examples are longer than "
            f"{request.data.max_length:,} tokens and lose {counts.cut_tokens:,} at their ends"
        )
    yield f"  steps: {_steps(request, counts.examples)}"
    yield f"  rate: {_rate(request.optimization)}"
    yield f"  memory: {checked.verdict.sentence}"
    yield f"  result: {request.keeping.output}"
    if checked.resumes_at is not None:
        yield f"  goes on from the checkpoint of step {checked.resumes_at:,}"


def when_it_begins(event: TrainingBegan) -> str:
    """What the first step is computed with."""
    share = 100 * event.trained_parameters / max(event.all_parameters, 1)
    processes = f", {event.processes} processes" if event.processes > 1 else ""
    return (
        f"{event.trained_parameters:,} of {event.all_parameters:,} parameters are trained "
        f"({share:.3g} %), {event.total_steps:,} steps, on {event.device} in {event.compute}"
        f"{processes}."
    )


def between_steps(event: TrainingEvaluated | CheckpointKept) -> str:
    """A line between those of the steps."""
    if isinstance(event, TrainingEvaluated):
        return f"{event.step:>7,}  loss of evaluation {event.loss:.4f}"
    return f"{event.step:>7,}  a checkpoint is kept: {event.folder}"


def _method(request: TrainingRequest) -> str:
    words = _METHODS[request.method]
    return f"{words}, {_adapter(request.lora)}" if request.method.makes_adapter else words


def _adapter(lora: Lora) -> str:
    return (
        f"rank {lora.rank}, alpha {lora.alpha:g}, dropout {lora.dropout:g}, "
        f"on {', '.join(lora.targets)}"
    )


def _steps(request: TrainingRequest, examples: int) -> str:
    how = request.optimization
    parts = [f"batches of {how.batch_size:,}"]
    if how.accumulation > 1:
        parts.append(f"{how.accumulation:,} batches a step")
    if request.several.processes > 1:
        parts.append(f"{request.several.processes} processes")
    if how.max_steps is None:
        parts.append(f"{how.epochs:g} epochs")
    if how.max_steps is not None or request.several.hostfile is None:
        parts.append(f"{_total_steps(request, examples):,} steps in all")
    return ", ".join(parts)


def _total_steps(request: TrainingRequest, examples: int) -> int:
    """Of all epochs, by the processes of this machine."""
    how = request.optimization
    if how.max_steps is not None:
        return how.max_steps
    batches = math.ceil(examples / (how.batch_size * request.several.processes))
    return math.ceil(math.ceil(batches / how.accumulation) * how.epochs)


def _rate(how: Optimization) -> str:
    """How the learning rate goes."""
    told = f"{how.learning_rate:g}, {how.schedule.value}"
    if how.warmup_ratio and how.schedule is not Schedule.CONSTANT:
        told += f", rising in the first {100 * how.warmup_ratio:g} % of the steps"
    return told


@dataclass(slots=True)
class StepTable:
    """Lines of steps: each of a few steps, whose mean loss it has."""

    logging_steps: int  #: that share a line
    _since: list[TrainingStep] = field(default_factory=list)
    _lines: int = 0

    def lines(self, event: TrainingStep, meter: TrainingMeter) -> Iterator[str]:
        """What is printed once this step is done: often nothing."""
        self._since.append(event)
        if event.step % self.logging_steps and event.step < event.total_steps:
            return
        if self._lines % _PAGE == 0:
            yield _row(_HEAD)
        self._lines += 1
        since, self._since = self._since, []
        seconds = sum(one.seconds for one in since)
        speed = sum(one.tokens for one in since) / seconds if seconds > 0 else 0.0
        yield _row(
            (
                f"{event.step:,}",
                f"{event.epoch:.2f}",
                f"{sum(one.loss for one in since) / len(since):.4f}",
                f"{event.gradient_norm:.4f}",
                f"{event.learning_rate:.2e}",
                f"{speed:,.0f}",
                _left(event, meter),
            )
        )


def _left(event: TrainingStep, meter: TrainingMeter) -> str:
    """How long it still takes; nothing where that is not known, or over."""
    left = meter.time_left
    return "" if event.step == event.total_steps or left == left_in_all(None) else str(left)


def _row(cells: tuple[str, ...]) -> str:
    padded = [cell.rjust(width) for cell, width in zip(cells, _WIDTHS, strict=False)]
    return "  ".join([*padded, cells[-1]]).rstrip()


def live_line(event: object, meter: TrainingMeter, *, is_pausing: bool) -> str | None:
    """What stands in the last line of a terminal meanwhile; None: as before."""
    if isinstance(event, TrainingSilent):
        return f"nothing was heard of the training for {event.seconds} s; Ctrl+C ends it"
    if is_pausing:
        return "a checkpoint is kept, then it ends; Ctrl+C again ends it at once"
    if not isinstance(event, JobProgress | TrainingStep):
        return None
    share, left = f"{meter.percent} %", str(meter.time_left)
    return " · ".join([str(meter.step or "Fine-tuning"), share, left])
