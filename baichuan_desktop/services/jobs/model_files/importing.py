"""The job that brings a model into the library."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from typing_extensions import override

from backends.errors import GIB, ImportRefusedError
from backends.events import JobStep
from backends.files.partial_folder import partial_of
from backends.phrases import Phrase
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.bytes_meter import BytesMeter
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords, Pause
from baichuan_desktop.services.library.importing.running import run_import
from baichuan_desktop.services.library.importing.unfinished import discard, look_at
from baichuan_desktop.services.library.importing.values import ImportPlan, SameWeights, Way
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel, Listed
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.store import ModelStore

#: What is shown while bytes are written, read back, or compared; the figures follow.
_STEPS = {
    JobStep.HASH: Phrase("Comparing with models that are here"),
    JobStep.WRITE: Phrase("Copying the files"),
    JobStep.CHECK: Phrase("Reading the copy back"),
}
_WORDS = {
    Way.LINK: JobWords(Phrase("Link a model"), Phrase("Linking a model")),
    Way.COPY: JobWords(Phrase("Copy a model"), Phrase("Copying a model")),
    Way.MOVE: JobWords(Phrase("Move a model"), Phrase("Moving a model")),
}
_OF_ADAPTERS = {
    Way.LINK: JobWords(Phrase("Link an adapter"), Phrase("Linking an adapter")),
    Way.COPY: JobWords(Phrase("Copy an adapter"), Phrase("Copying an adapter")),
    Way.MOVE: JobWords(Phrase("Move an adapter"), Phrase("Moving an adapter")),
}
_MIB = 2**20


class ImportMeter(BytesMeter):
    """Reads the bytes of an import: how many of how many, how fast, how long still."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(_STEPS, clock)

    @property
    @override
    def step(self) -> Phrase | None:
        if self._last is None:
            return None
        name, speed = _STEPS[self._last.step], self._pace.per_second
        done, total = self._last.done_bytes / GIB, self._last.total_bytes / GIB
        if speed is None:
            return Phrase(
                "{name}: {done:.1f} of {total:.1f} GiB", name=name, done=done, total=total
            )
        return Phrase(
            "{name}: {done:.1f} of {total:.1f} GiB · {speed:.0f} MiB/s",
            name=name,
            done=done,
            total=total,
            speed=speed / _MIB,
        )


def import_job(store: ModelStore, manifests: ManifestStore, plan: ImportPlan) -> Job:
    """Imports what was planned; finds the model or the adapter that is listed then.

    One that is paused goes on from what it copied; so does one that ended with the app.
    """
    pause = Pause(threading.Event(), lambda: _discard(plan))

    def steps(_run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        for event in run_import(store, manifests, plan, cancel, pause.wanted):
            match event:
                case InstalledModel() | InstalledAdapter():
                    yield _result(Phrase("“{name}” is listed.", name=_english(event)), event)
                case SameWeights(model):
                    sentence = Phrase(
                        "“{name}” has the same weights and is here already; nothing was copied.",
                        name=_english(model),
                    )
                    yield _result(sentence, model)
                case _:
                    yield event

    name = plan.name or plan.target.name
    words = _WORDS if plan.base is None else _OF_ADAPTERS
    return Job(
        words[plan.way],
        Names(en=name, zh=name),
        steps,
        ImportMeter,
        when_ended=None
        if plan.way is Way.LINK
        else Phrase("What is copied so far is kept; the import can go on later."),
        pause=None if plan.way is Way.LINK else pause,
    )


def _english(model: Listed) -> str:
    return model.shown_name.en


def _result(sentence: Phrase, model: Listed) -> JobResult:
    return JobResult(sentence, model.shown_name, model)


def _discard(plan: ImportPlan) -> None:
    """Take away what a paused import copied. Raises UserFacingError."""
    if (found := look_at(partial_of(plan.target))) is not None:
        with contextlib.suppress(ImportRefusedError):  # it is whole; nothing half-made is left
            discard(found)
