"""Verifying a model or an adapter, as a job: it reads, and works beside the chat."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

from typing_extensions import override

from backends.events import JobStep
from backends.phrases import Phrase
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.bytes_meter import BytesMeter
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords
from baichuan_desktop.services.jobs.time_left import left_in_all
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.sentences import summary
from baichuan_desktop.services.library.integrity.values import KnownHash, Verified
from baichuan_desktop.services.library.integrity.verifying import verify
from baichuan_desktop.services.library.registry import Listed

WORDS = JobWords(Phrase("Verify the files"), Phrase("Verifying the files"))


def verify_job(
    manifests: ManifestStore,
    model: Listed,
    *,
    is_listed: bool = True,
    against: Mapping[str, KnownHash] | None = None,
) -> Job:
    """Reads every file of a model once; finds a `Verification`, which is kept of a listed model.

    `against` is a site's list that holds for this time.
    """

    def steps(_run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        manifest = None
        if is_listed:
            manifests.require_writable(model.id)  # before 15 GB are read
            manifest = manifests.read(model.id)
        for event in verify(model, manifest, cancel, against):
            if not isinstance(event, Verified):
                yield event
                continue
            if is_listed:
                manifests.keep(event)
            name = model.shown_name
            found = event.verification
            yield JobResult(summary(name.en, found), name, found)

    return Job(WORDS, model.shown_name, steps, VerifyMeter)


class VerifyMeter(BytesMeter):
    """Reads the progress of a job of one step."""

    def __init__(self) -> None:
        super().__init__({JobStep.CHECK: WORDS.running})

    @property
    @override
    def step(self) -> Phrase | None:
        return None if self._last is None else WORDS.running

    @property
    @override
    def time_left(self) -> Phrase:
        return left_in_all(self.seconds_left)
