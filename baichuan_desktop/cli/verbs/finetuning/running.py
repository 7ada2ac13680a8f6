"""A training in the terminal: what will be done, its steps, its result, until Ctrl+C."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from backends.errors import UserFacingError
from backends.printable import one_line
from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingEvaluated,
    TrainingNote,
    TrainingPaused,
    TrainingReady,
    TrainingStep,
    TrainingStopped,
)
from backends.training.values import HEAD
from baichuan_desktop.cli.library import is_listed, print_notes
from baichuan_desktop.cli.progress import leave_unread, progress
from baichuan_desktop.cli.tables import print_json, say
from baichuan_desktop.cli.verbs.finetuning.asking import Asked
from baichuan_desktop.cli.verbs.finetuning.drawing import draw_loss
from baichuan_desktop.cli.verbs.finetuning.interrupting import interrupt_pauses
from baichuan_desktop.cli.verbs.finetuning.results import (
    result_json,
    result_lines,
    resume_command,
)
from baichuan_desktop.cli.verbs.finetuning.telling import (
    StepTable,
    between_steps,
    live_line,
    what_is_asked,
    when_it_begins,
)
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.training.meter import TrainingMeter
from baichuan_desktop.services.training.tuner import Checked, TrainingListed, Tuner


@dataclass(slots=True)
class _Told:
    """What was told of a training so far, and where it is printed."""

    stream: TextIO | None  #: None: there is none
    table: StepTable
    pause: threading.Event
    meter: TrainingMeter = field(default_factory=TrainingMeter)
    checked: Checked | None = None
    has_begun: bool = False
    kept_step: int | None = None  #: of the newest checkpoint
    ready: TrainingReady | None = None
    listed: InstalledAdapter | InstalledModel | None = None
    refusal: UserFacingError | None = None  #: why it could not be listed

    def hear(self, event: object) -> None:
        """Keep of an event what is needed at the end, and print it while anybody reads that."""
        self.meter.read(event)
        match event:
            case Checked():
                self.checked, self.kept_step = event, event.resumes_at
            case TrainingBegan():
                self.has_begun = True
            case CheckpointKept(step) | TrainingPaused(step):
                self.kept_step = step
            case TrainingStopped():
                self.kept_step = event.kept_step
            case TrainingReady():
                self.ready = event
            case TrainingListed(listed, refusal):
                self.listed, self.refusal = listed, refusal
        try:
            self._tell(event)
        except OSError:  # `| head` has seen enough, or a drive is full: no reason to end it
            leave_unread()

    def _tell(self, event: object) -> None:
        """Print an event. Raises OSError."""
        checked = self.checked
        match event:
            case Checked():
                print_notes(event.notes)
                self._say(*what_is_asked(event))
            case TrainingNote(text) if checked is None or text not in checked.notes:
                progress("")
                print_notes([text])
            case TrainingBegan():
                self._say(when_it_begins(event))
            case TrainingStep():
                self._say(*self.table.lines(event, self.meter))
            case TrainingEvaluated() | CheckpointKept():
                self._say(between_steps(event))
        line = live_line(event, self.meter, is_pausing=self.pause.is_set())
        if line is not None:
            progress(line)

    def _say(self, *lines: str) -> None:
        if lines:
            progress("")
        for line in lines:
            say(one_line(line), self.stream)
        if self.stream is not None:
            self.stream.flush()


def run_training(
    tuner: Tuner, store: ModelStore, asked: Asked, words: Sequence[str], *, as_json: bool
) -> int:
    """Train as asked and print it; the exit code. Raises UserFacingError.

    `words` are those of the command line, which goes on with it later.
    """
    pause, cancel = threading.Event(), threading.Event()
    stream = sys.stderr if as_json else sys.stdout
    told = _Told(stream, StepTable(asked.request.keeping.logging_steps), pause)
    try:
        with (
            interrupt_pauses(pause, lambda: told.has_begun and told.ready is None),
            contextlib.closing(tuner.run(asked.request, cancel, pause, asked.name)) as events,
        ):
            for event in events:
                told.hear(event)
    finally:
        progress("")
        if told.ready is None:
            _tell_resume(told, words)
    if told.ready is None:
        raise KeyboardInterrupt
    _print_result(told, told.ready, store, asked, as_json=as_json)
    return 0


def _tell_resume(told: _Told, words: Sequence[str]) -> None:
    """Say how it goes on, where it can."""
    if not told.has_begun:
        return
    if told.kept_step is None:
        say("No checkpoint was kept before it ended; nothing can go on.", sys.stderr)
        return
    say(f"The checkpoint of step {told.kept_step:,} is kept. It goes on with:", sys.stderr)
    print(one_line(f"  {resume_command(words)}"), file=sys.stderr)


def _print_result(
    told: _Told, ready: TrainingReady, store: ModelStore, asked: Asked, *, as_json: bool
) -> None:
    assert told.checked is not None
    base, plot = told.checked.base, None
    print_notes(ready.notes)
    if told.refusal is not None:
        say(f"It is not in the list of models. {told.refusal.message}", sys.stderr)
    if asked.draws_loss:
        plot = _drawn(Path(ready.folder))
    if as_json:
        print_json(result_json(ready, base, told.listed, plot))
        return
    lines = result_lines(
        ready,
        base,
        told.listed,
        base_is_listed=is_listed(store, base),
        trains_head=HEAD in asked.request.lora.targets,
    )
    for line in lines:
        print(one_line(line))  # a command that is broken into lines could not be copied
    if plot is not None:
        print(one_line(f"The loss curve: {plot}"))


def _drawn(folder: Path) -> Path | None:
    """The picture of the loss; None where it cannot be drawn, which costs nothing else."""
    try:
        return draw_loss(folder)
    except (ImportError, OSError, ValueError) as error:
        say(one_line(f"Note: the loss curve was not drawn ({error})."), sys.stderr)
        return None
