"""How far a training is, and how long it still takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from backends.events import JobProgress, JobStep
from backends.phrases import Phrase
from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingPaused,
    TrainingReady,
    TrainingStep,
    TrainingStopped,
)
from baichuan_desktop.services.jobs.pace import Pace
from baichuan_desktop.services.jobs.time_left import left_for_step, left_in_all
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.services.training.client import TrainingHeard, TrainingSilent

#: What is done with bytes.
_BYTES = {
    JobStep.CHECK: Phrase("Reading the data"),
    JobStep.HASH: Phrase("Reading the model"),
    JobStep.WRITE: Phrase("Writing what was learnt"),
}
#: Until the result is whole, and what is shown is rounded down.
_MOST_PERCENT = 99


class TrainingMeter:
    """Reads the events of a training; a `JobMeter`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = Pace(clock)  # of steps
        self._bytes_pace = Pace(clock)
        self._step = self._total = 0
        self._loss: float | None = None
        self._bytes: JobProgress | None = None  # what is read or written now
        self._silent: int | None = None
        self._ended: Phrase | None = None
        self._is_ready = False

    def read(self, event: object) -> None:
        """Something came; what says nothing of the progress is passed over."""
        match event:
            case TrainingSilent(seconds):
                self._silent = seconds
                return
            case TrainingHeard():
                self._silent = None
                return
            case JobProgress(step, done, total) if step in _BYTES:
                if self._bytes is None or self._bytes.step is not step:
                    self._bytes_pace.begin_anew()
                self._bytes = event
                self._bytes_pace.read(done, total)
            case TrainingBegan(total_steps=total, first_step=first):
                self._step, self._total, self._bytes = first, total, None
                self._pace.begin_anew()
                self._pace.read(first, total)
            case TrainingStep(step=step, total_steps=total, loss=loss):
                self._step, self._total, self._loss, self._bytes = step, total, loss, None
                self._pace.read(step, total)
            case CheckpointKept():
                self._bytes = None
            case TrainingPaused(step):
                self._ended = Phrase("Paused at step {step}", step=step)
            case TrainingStopped(step, kept):
                self._ended = _stopped(step, kept)
            case TrainingReady():
                self._is_ready = True
        if not isinstance(event, TrainingPaused | TrainingStopped):
            self._ended = None  # it goes on
        self._silent = None

    @property
    def percent(self) -> int:
        """What the bar shows, rounded down."""
        if self._is_ready:
            return 100
        return min(100 * self._step // self._total, _MOST_PERCENT) if self._total else 0

    @property
    def step(self) -> Phrase | None:
        """What is being done now, or how it ended; None before anything is."""
        if self._ended is not None:
            return self._ended
        if self._silent is not None:
            return Phrase("It has not gone on for {seconds} s", seconds=self._silent)
        if self._bytes is not None:
            name = _BYTES[self._bytes.step]
            done, total = size_text(self._bytes.done_bytes), size_text(self._bytes.total_bytes)
            return Phrase("{name}: {done} of {total}", name=name, done=done, total=total)
        if not self._total:
            return None
        if self._loss is None:
            return Phrase("Step {step} of {total}", step=self._step, total=self._total)
        return Phrase(
            "Step {step} of {total}, loss {loss:.3f}",
            step=self._step,
            total=self._total,
            loss=self._loss,
        )

    @property
    def time_left(self) -> Phrase:
        """How long it still takes: all steps, or before the first what is read."""
        if self._bytes is not None and not self._total:
            return left_for_step(self._bytes_pace.steady_seconds_left)
        return left_in_all(self._pace.steady_seconds_left)


def _stopped(step: int, kept: int | None) -> Phrase:
    if kept is None:
        return Phrase("Stopped at step {step}; no checkpoint was kept", step=step)
    return Phrase(
        "Stopped at step {step}; the checkpoint of step {kept} is kept", step=step, kept=kept
    )
