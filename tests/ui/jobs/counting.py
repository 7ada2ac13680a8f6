"""A kind of job that the app does not have, in one module, and its line in the menu."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from backends.events import JobStep
from backends.phrases import Phrase
from backends.protocol.engine_requests import CopyRequest
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.bytes_meter import BytesMeter
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.jobs.entry import JobEntry, plain_entry

WORDS = JobWords(Phrase("Count the weights"), Phrase("Counting the weights"))


def counting_job(name: str) -> Job:
    """Counts the weights of a model, in an engine of its own."""
    of = Names(en=name, zh=name)

    def steps(run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        yield from run(CopyRequest(name, "/count"), cancel)
        if not cancel.is_set():
            yield JobResult(Phrase("{name} has {count} weights.", name=name, count=7), of)

    return Job(WORDS, of, steps, lambda: BytesMeter({JobStep.CHECK: Phrase("Counting")}))


def entry(name: str) -> JobEntry:
    """Its line in the menu."""
    return plain_entry(lambda: "Count the &weights…", lambda _asked: counting_job(name))
