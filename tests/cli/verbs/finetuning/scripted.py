"""A training that computes nothing, in place of the process of one; all checks are real."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from backends.training.events import CheckpointKept, TrainingEvent, TrainingPaused
from backends.training.values import TrainingRequest
from baichuan_desktop.services.training.client import ClientEvent, TrainingClient
from tests.helpers import adapters
from tests.helpers.scripted_training import STEPS, began, ready, step

#: What a training does: events, by the request and whether a pause is wanted.
Script = Callable[[TrainingRequest, threading.Event], Iterator[TrainingEvent]]


class ScriptedClient(TrainingClient):
    """Does what the test says that a training does."""

    script: Script
    asked: list[TrainingRequest]
    ended: int = 0  #: trainings whose process is gone

    def run(
        self,
        request: TrainingRequest,
        cancel: threading.Event,
        pause: threading.Event | None = None,
    ) -> Iterator[ClientEvent]:
        """The events of the script."""
        del cancel
        assert pause is not None
        kind = type(self)
        kind.asked.append(request)
        try:
            yield from kind.script(request, pause)
        finally:
            kind.ended += 1


def whole(request: TrainingRequest, _pause: threading.Event) -> Iterator[TrainingEvent]:
    """All steps, and an adapter of the goldens as the result."""
    yield began()
    yield from map(step, range(1, STEPS + 1))
    shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), request.keeping.output)
    yield ready(request.keeping.output)


def interrupt(kind: signal.Signals = signal.SIGINT) -> None:
    """Press Ctrl+C; the handler has run when this returns."""
    os.kill(os.getpid(), kind)


def pausing(kind: signal.Signals) -> Script:
    """A script in which the person interrupts once, and a checkpoint is kept."""

    def script(request: TrainingRequest, pause: threading.Event) -> Iterator[TrainingEvent]:
        yield began()
        yield step(1)
        interrupt(kind)
        assert pause.is_set()
        yield step(2)
        yield CheckpointKept(2, str(Path(request.keeping.output) / "checkpoint-2"))
        yield TrainingPaused(2)

    return script
