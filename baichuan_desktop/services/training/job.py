"""A training as a job: it waits, pauses, goes on, and makes the chat's model step aside."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.errors import TrainingError
from backends.events import ModelReady
from backends.phrases import Phrase
from backends.training.curve import Curve, curve_of
from backends.training.events import (
    TrainingBegan,
    TrainingEvaluated,
    TrainingPaused,
    TrainingReady,
    TrainingStep,
)
from backends.training.keeping.resume import kept_curve
from backends.training.values import TrainingRequest
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords, Pause
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.training.meter import TrainingMeter
from baichuan_desktop.services.training.tuner import Checked, TrainingListed, Tuner

log = logging.getLogger(__name__)

WORDS = JobWords(Phrase("Fine-tune a model"), Phrase("Fine-tuning a model"))


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training made; the `found` of its `JobResult`."""

    ready: TrainingReady
    base: InstalledModel  #: what was trained
    #: The result in the list; None where it could not be listed, which the sentence says.
    listed: InstalledAdapter | InstalledModel | None
    curve: Curve  #: of all its steps, those before a pause included


def training_job(
    tuner: Tuner, base: InstalledModel, request: TrainingRequest, name: str = ""
) -> Job:
    """Trains as asked, and lists the result under `name`; finds a `Trained`.

    Its events are those of `Tuner.run`. A pause keeps a checkpoint, from which it goes on when its
    steps are begun again; a cancel keeps what was kept last. What is kept is deleted by
    `TrainingRuns.discard` alone.
    """
    pause = Pause(threading.Event(), lambda: None)
    course = _Course(tuner, base, request, name, pause.wanted)

    def needs_room(aside: ModelReady | None) -> bool:
        return tuner.needs_room(request, Checkpoint.open(base.path).config, aside)

    return Job(
        WORDS,
        base.shown_name,
        course.steps,
        TrainingMeter,
        needs_room,
        when_ended=Phrase(
            "The checkpoint that was kept last stays in the folder of the result; the training "
            "can go on from there."
        ),
        pause=pause,
        is_stopped=True,
    )


class _Stop(threading.Event):
    """Is set where a run shall end, and not only let others run."""

    def __init__(self, cancel: threading.Event, pause: threading.Event) -> None:
        super().__init__()
        self._cancel, self._pause = cancel, pause

    def is_set(self) -> bool:
        """Whether nothing is to be kept for later; who pauses sets both."""
        return self._cancel.is_set() and not self._pause.is_set()


class _Course:
    """A training from its first step to its result, with pauses in between."""

    def __init__(
        self,
        tuner: Tuner,
        base: InstalledModel,
        request: TrainingRequest,
        name: str,
        pause: threading.Event,
    ) -> None:
        self._tuner, self._base, self._name = tuner, base, name
        self._request = request
        self._pause = pause
        self._told: list[TrainingStep | TrainingEvaluated] = []  # in all runs

    def steps(self, _run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        """The events of one run; the last one is a `JobResult`, unless it ended early."""
        ready: TrainingReady | None = None
        stop, is_checked = _Stop(cancel, self._pause), False
        run = self._tuner.run(self._request, stop, self._pause, self._name)
        for event in run:
            yield event
            is_checked = is_checked or isinstance(event, Checked)
            if not is_checked and self._pause.is_set():  # there is nothing to keep yet
                run.close()
                return
            match event:
                case TrainingBegan(first_step=first) if first and not self._told:
                    self._told += self._kept()
                case TrainingStep() | TrainingEvaluated():
                    self._told.append(event)
                case TrainingPaused():
                    self._request = replace(self._request, resume=True)
                case TrainingReady():
                    ready = event
                case TrainingListed():
                    assert ready is not None, "it is listed once it is there"
                    yield self._result(ready, event)

    def _kept(self) -> Sequence[TrainingStep | TrainingEvaluated]:
        """What was told of a run before the app was started anew."""
        try:
            kept = kept_curve(Path(self._request.keeping.output))
        except TrainingError as error:  # a curve that starts later is no reason to stop
            log.info("The curve so far is not known: %s", error)
            return ()
        return (*kept.steps, *kept.evaluations)

    def _result(self, ready: TrainingReady, listing: TrainingListed) -> JobResult:
        found = Trained(ready, self._base, listing.listed, curve_of(self._told))
        if listing.listed is not None:
            shown = listing.listed.shown_name
            return JobResult(Phrase("“{name}” is listed.", name=shown.en), shown, found)
        reason = listing.refusal
        sentence = Phrase(
            "What was learnt of “{name}” is whole in “{folder}”, and is not listed: {reason}",
            name=self._base.shown_name.en,
            folder=ready.folder,
            reason="" if reason is None else Phrase(reason.template, **reason.facts),
        )
        return JobResult(sentence, self._base.shown_name, found)
