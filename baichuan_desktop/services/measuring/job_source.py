"""The long jobs of the window: a request of one engine, or a measurement that needs several."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.protocol.requests import Request
from baichuan_desktop.services.engines.port import ClientEvent, RunRequest
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.measuring.quality import (
    DEFAULT_TOKENS,
    QualityEvent,
    QualityJob,
    compare,
    quality_texts,
)
from baichuan_desktop.services.measuring.speed import BenchmarkEvent, SpeedJob, benchmark
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish


@dataclass(frozen=True, slots=True)
class TextJob:
    """Compare precisions on a text that is still to be read."""

    model: InstalledModel
    wishes: Sequence[LoadWish]  #: the reference first
    text: Path | None  #: a file or a folder; None: the sample that ships with the app


Job = Request | SpeedJob | TextJob
JobEvent = ClientEvent | BenchmarkEvent | QualityEvent


class JobSource:
    """Makes the events of jobs, one job after the other."""

    def __init__(self, run: RunRequest, measurements: Measurements, cache: Path) -> None:
        """`run` is that of a `JobEngine`; `cache` is a folder for what is only kept meanwhile."""
        self._run = run
        self._measurements = measurements
        self._cache = cache

    def run(self, job: Job, cancel: threading.Event) -> Iterator[JobEvent]:
        """The events of a job, which ends early when `cancel` is set. Raises UserFacingError."""
        match job:
            case SpeedJob():
                yield from benchmark(job, self._measurements, self._run, cancel)
            case TextJob(model, wishes, text):
                texts = quality_texts(text, DEFAULT_TOKENS)
                comparison = QualityJob(model, wishes, texts, DEFAULT_TOKENS)
                yield from compare(comparison, self._measurements, self._run, self._cache, cancel)
            case _:
                yield from self._run(job, cancel)
