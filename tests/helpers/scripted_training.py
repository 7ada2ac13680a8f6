"""A training that computes nothing: `python -m tests.helpers.scripted_training`.

It speaks the frames of a real one and needs no torch. What it does is named by the folder of the
result, which may be called as one of `SCRIPTS`; nothing is written into it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO

from backends.errors.training import TrainingDivergedError
from backends.operating_system import die_with_parent
from backends.phrases import Phrase
from backends.protocol.frames import Alive, Done, Failed
from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingEvaluated,
    TrainingEvent,
    TrainingNote,
    TrainingPaused,
    TrainingReady,
    TrainingStep,
    TrainingStopped,
)
from backends.training.values import TrainingRequest
from backends.training.wire import (
    PauseTraining,
    StopTraining,
    TrainingPayload,
    read_training,
    write_training,
)
from tests.helpers.patience import PATIENCE_SECONDS

#: What can be asked of it.
SCRIPTS = (
    "plain",  #: a note, four steps, an evaluation, a checkpoint, and the result
    "wait",  #: after the second step, until it is asked to end
    "deaf",  #: likewise, but it hears nothing, and says nothing
    "hung",  #: it hears nothing, and says that it lives
    "crash",  #: it is killed after the second step
    "exit",  #: it ends by itself after the second step
    "error",  #: the loss is no number after the second step
    "garbage",  #: what comes after the second step is no frame
    "print",  #: a library prints after the second step
)
COMMAND = [sys.executable, "-m", "tests.helpers.scripted_training"]
STEPS = 4


def began(first_step: int = 0) -> TrainingBegan:
    """How it begins."""
    return TrainingBegan(
        total_steps=STEPS,
        first_step=first_step,
        examples=8,
        eval_examples=2,
        trained_tokens=300,
        cut_examples=1,
        cut_tokens=12,
        trained_parameters=1_000,
        all_parameters=100_000,
        device="cpu",
        compute="fp32",
        processes=1,
    )


def step(number: int) -> TrainingStep:
    """A step as it is told."""
    return TrainingStep(
        step=number,
        total_steps=STEPS,
        epoch=number / STEPS,
        loss=5.0 - number,
        gradient_norm=1.0,
        learning_rate=1e-3,
        tokens=100,
        seconds=0.01,
    )


def ready(folder: str | Path, *, is_adapter: bool = True) -> TrainingReady:
    """How it ends."""
    return TrainingReady(str(folder), is_adapter, 4_000, STEPS, 1.0, None)


class _Training:
    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source, self._sink = source, sink
        self._lock = threading.Lock()
        self._heard = threading.Event()
        self._order: TrainingPayload | None = None

    def tell(self, payload: TrainingPayload) -> None:
        with self._lock:
            write_training(self._sink, payload)

    def run(self) -> None:
        request = read_training(self._source)
        assert isinstance(request, TrainingRequest)
        name = Path(request.keeping.output).name
        script = name if name in SCRIPTS else "plain"
        threading.Thread(target=self._listen, daemon=True).start()
        self.tell(TrainingNote(Phrase("One example was cut.")))
        self.tell(began(2 if request.resume else 0))
        for number in range(3 if request.resume else 1, STEPS + 1):
            self.tell(step(number))
            if number == 2:
                self.tell(CheckpointKept(2, str(Path(request.keeping.output) / "checkpoint-2")))
                if (ended := self._act(script)) is not None:
                    self.tell(ended)
                    self.tell(Done())
                    return
        self.tell(TrainingEvaluated(STEPS, 1.5))
        self.tell(ready(request.keeping.output, is_adapter=request.method.makes_adapter))
        self.tell(Done())

    def _listen(self) -> None:
        while True:
            order = read_training(self._source)
            self._order = order
            self._heard.set()
            if order is None:
                return

    def _act(self, script: str) -> TrainingEvent | None:
        match script:
            case "wait":
                self._heard.wait(PATIENCE_SECONDS)
                if isinstance(self._order, PauseTraining):
                    return TrainingPaused(2)
                if isinstance(self._order, StopTraining):
                    return TrainingStopped(2, 2)
                os._exit(0)  # its owner is gone
            case "deaf":
                time.sleep(PATIENCE_SECONDS)
            case "hung":
                while True:
                    self.tell(Alive(2))
                    time.sleep(0.05)
            case "crash":
                os.kill(os.getpid(), signal.SIGKILL)
            case "exit":
                os._exit(3)
            case "error":
                self.tell(Failed.of(TrainingDivergedError(3)))
                os._exit(0)
            case "garbage":
                self._sink.write(b"\0\0\0\5hello")
                self._sink.flush()
                time.sleep(PATIENCE_SECONDS)
            case "print":
                print("a stray line", flush=True)
        return None


def main() -> None:
    """Be the training of whoever holds the other ends of the pipes."""
    die_with_parent()
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _Training(source, sink).run()


if __name__ == "__main__":
    main()
