"""A tuner that trains nothing: a test says what it finds, tells and waits for."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.errors import UserFacingError
from backends.events import JobProgress, JobStep, ModelReady
from backends.model_config import ModelConfig
from backends.training.data.values import Counts, ShownExample, ShownToken
from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingPaused,
    TrainingStep,
    TrainingStopped,
)
from backends.training.values import Data, TrainingRequest
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.training.preview import DataPreview
from baichuan_desktop.services.training.runs import TrainingRuns, UnfinishedRun
from baichuan_desktop.services.training.tuner import Checked, Tuner, TunerEvent
from baichuan_desktop.services.training.verdict import Verdict, require_fitting, verdict
from tests.helpers.gate import Gate
from tests.helpers.machines import machine

EXAMPLES = 40

#: What a script is made of.
Told = TunerEvent | UserFacingError | Gate


def began(total: int = 8, *, first: int = 0, examples: int = EXAMPLES) -> TrainingBegan:
    return TrainingBegan(
        total_steps=total,
        first_step=first,
        examples=examples,
        eval_examples=4,
        trained_tokens=900,
        cut_examples=1,
        cut_tokens=12,
        trained_parameters=4_096,
        all_parameters=1_000_000,
        device="cpu",
        compute="fp32",
        processes=1,
    )


def step(number: int, total: int = 8, *, loss: float | None = None) -> TrainingStep:
    return TrainingStep(
        step=number,
        total_steps=total,
        epoch=number / total,
        loss=4.0 / number if loss is None else loss,
        gradient_norm=1.0,
        learning_rate=2e-5,
        tokens=640,
        seconds=0.5,
    )


def steps(first: int, last: int, total: int = 8) -> list[TrainingStep]:
    return [step(number, total) for number in range(first, last + 1)]


def kept(number: int) -> CheckpointKept:
    return CheckpointKept(number, f"checkpoint-{number}")


def token(text: str, *, is_trained: bool, token_id: int = 7, learns: str = "") -> ShownToken:
    return ShownToken(token_id, text, text.startswith("<"), is_trained, learns)


def example(question: str = "Where is it?", answer: str = "On the shelf.") -> ShownExample:
    """What a conversation becomes: its question is read, its answer learnt."""
    asked = [token("<user>", is_trained=False, token_id=195)]
    asked += [token(word + " ", is_trained=False) for word in question.split()]
    said = [token("<assistant>", is_trained=False, token_id=196)]
    said += [token(word + " ", is_trained=True) for word in answer.split()]
    said.append(token("</s>", is_trained=True, token_id=2))
    return ShownExample((*asked, *said), 0, "data.json", 1)


PREVIEW = DataPreview(
    (example(), example("And the key?", "In the drawer.")),
    Counts(
        rows=EXAMPLES,
        examples=EXAMPLES,
        tokens=1_200,
        trained_tokens=900,
        longest_tokens=48,
        cut_examples=1,
        cut_tokens=12,
    ),
)


class ScriptedTuner(Tuner):
    """Each check raises the next of `refusals`, and each run gives the next of `scripts`."""

    def __init__(self, store: ModelStore, runs: TrainingRuns) -> None:
        self._store = store
        self.runs = runs
        self.machine = machine(bf16=True)
        self.refusals: list[UserFacingError] = []
        self.scripts: list[Sequence[Told]] = []
        self.asked: list[TrainingRequest] = []  #: of runs
        self.names: list[str] = []
        self.checks = 0
        self.held: Gate | None = None  #: where a check waits
        self.takes_all = False  #: the memory, so that the chat's model makes room
        self.previews: list[Data] = []
        self.preview: DataPreview | UserFacingError | Gate = PREVIEW
        self.step = 0

    # --- what the window asks -----------------------------------------------------------------

    def checking(self, request: TrainingRequest) -> Generator[JobProgress, None, Checked]:
        yield JobProgress(JobStep.CHECK, 1, 2)
        self.checks += 1
        if self.held is not None:
            self.held.reached.set()
            while not self.held.open.is_set():
                time.sleep(0.002)
        if self.refusals:
            raise self.refusals.pop(0)
        base = self._store.model(request.model)
        config = Checkpoint.open(base.path).config
        found = verdict(config, request, self.machine, longest=48)
        return Checked(request, base, config, PREVIEW.counts, found, None)

    def estimate(
        self, request: TrainingRequest, config: ModelConfig, longest: int | None = None
    ) -> Verdict:
        return verdict(config, request, self.machine, longest=longest)

    def needs_room(
        self, request: TrainingRequest, config: ModelConfig, aside: ModelReady | None
    ) -> bool:
        return self.takes_all

    def run(
        self,
        request: TrainingRequest,
        cancel: threading.Event,
        pause: threading.Event | None = None,
        name: str = "",
    ) -> Generator[TunerEvent, None, None]:
        checked = yield from self.checking(request)
        yield checked
        require_fitting(checked.verdict)
        self.asked.append(request)
        self.names.append(name)
        kept_step = None
        for one in self.scripts.pop(0):
            match one:
                case Gate():
                    one.reached.set()
                    ends = (cancel, *([pause] if pause is not None else []))
                    while not (one.open.is_set() or any(end.is_set() for end in ends)):
                        time.sleep(0.002)
                    if cancel.is_set():  # as of a real one, a stop counts more than a pause
                        yield TrainingStopped(self.step, kept_step)
                        return
                    if pause is not None and pause.is_set():
                        yield TrainingPaused(self.step)
                        return
                case UserFacingError():
                    raise one
                case _:
                    if isinstance(one, TrainingStep):
                        self.step = one.step
                    if isinstance(one, CheckpointKept):
                        kept_step = one.step
                    yield one

    def kill(self) -> None:
        pass

    def make_preview(
        self, model: Path, data: Data, *, seed: int, count: int, cancel: threading.Event
    ) -> DataPreview | None:
        self.previews.append(data)
        found = self.preview
        if isinstance(found, Gate):
            found.reached.set()
            while not (found.open.is_set() or cancel.is_set()):
                time.sleep(0.002)
            return None if cancel.is_set() else PREVIEW
        if isinstance(found, UserFacingError):
            raise found
        return found


class ScriptedRuns(TrainingRuns):
    """Trainings that can go on, as a test says."""

    def __init__(self, found: Sequence[UnfinishedRun] = ()) -> None:
        self.found = list(found)
        self.discarded: list[Path] = []
        self.refusal: UserFacingError | None = None

    def unfinished(self) -> Sequence[UnfinishedRun]:
        return list(self.found)

    def discard(self, run: UnfinishedRun) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.discarded.append(run.folder)
        self.found = [one for one in self.found if one.folder != run.folder]


def unfinished(request: TrainingRequest, *, at: int = 3, name: str = "Letters") -> UnfinishedRun:
    then = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC)
    return UnfinishedRun(replace(request, resume=False), at, 8, then, name)
