"""The job that moves a model from one model folder into another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from backends.phrases import Phrase
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords
from baichuan_desktop.services.jobs.model_files.importing import ImportMeter
from baichuan_desktop.services.library.importing.relocating import relocate
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel, Listed
from baichuan_desktop.services.library.store import ModelStore

_WORDS = JobWords(Phrase("Move a model"), Phrase("Moving a model"))


def relocate_job(
    store: ModelStore, manifests: ManifestStore, listed: Listed, model_folder: Path
) -> Job:
    """Moves it; finds what is listed then."""

    def steps(_run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        for event in relocate(store, manifests, listed, model_folder, cancel):
            if isinstance(event, InstalledModel | InstalledAdapter):
                sentence = Phrase(
                    "“{name}” lies in “{folder}” now.",
                    name=event.shown_name.en,
                    folder=str(event.path.parent),
                )
                yield JobResult(sentence, event.shown_name, event)
            else:
                yield event

    return Job(
        _WORDS,
        listed.shown_name,
        steps,
        ImportMeter,
        when_ended=Phrase("It stays where it is."),
    )
