"""A kind of job that the app does not have, in one module."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from backends.events import JobStep
from backends.phrases import Phrase
from backends.protocol.engine_requests import CopyRequest
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords
from baichuan_desktop.services.jobs.pace import JobPace
from baichuan_desktop.services.library.registry_schema import Names

WORDS = JobWords(Phrase("Count the weights"), Phrase("Counting the weights"))


def counting_job(name: str) -> Job:
    """Counts the weights of a model, in an engine of its own."""
    of = Names(en=name, zh=name)

    def steps(run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        yield from run(CopyRequest(name, "/count"), cancel)
        if not cancel.is_set():
            yield JobResult(Phrase("{name} has {count} weights.", name=name, count=7), of)

    return Job(WORDS, of, steps, lambda: JobPace({JobStep.CHECK: Phrase("Counting")}))
