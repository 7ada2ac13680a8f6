"""The long jobs of the window: a request of one engine, or a measurement that needs several."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from backends.events import EngineEvent
from backends.requests import Request

from .benchmark import BenchmarkEvent, SpeedJob, benchmark
from .job_engine import RunRequest
from .measurements import Measurements

Job = Request | SpeedJob
JobEvent = EngineEvent | BenchmarkEvent


class JobSource:
    """Makes the events of jobs, one job after the other."""

    def __init__(self, run: RunRequest, measurements: Measurements) -> None:
        """`run` is that of a `JobEngine`."""
        self._run = run
        self._measurements = measurements

    def run(self, job: Job, cancel: threading.Event) -> Iterator[JobEvent]:
        """The events of a job, which ends early when `cancel` is set. Raises UserFacingError."""
        if isinstance(job, SpeedJob):
            yield from benchmark(job, self._measurements, self._run, cancel)
        else:
            yield from self._run(job, cancel)
