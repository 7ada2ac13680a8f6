"""An import as a job: what is shown of it, pausing, going on, taking away."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from backends.events import JobProgress, JobStep
from baichuan_desktop.cli.jobs import no_engine
from baichuan_desktop.services.jobs.job import Job, JobResult
from baichuan_desktop.services.jobs.model_files.importing import ImportMeter, import_job
from baichuan_desktop.services.library.importing import copying
from baichuan_desktop.services.library.importing.values import Resumed, Way
from baichuan_desktop.services.library.registry import InstalledModel
from tests.helpers import imports

GIB = 2**30


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> imports.Library:
    monkeypatch.setattr(copying, "_BLOCK_BYTES", 16_384)
    return imports.library(tmp_path)


def run(job: Job, stop_at: int | None = None) -> list[object]:
    """The events; stopped once so many bytes were written."""
    cancel, events = threading.Event(), []
    for event in job.steps(no_engine, cancel):
        events.append(event)
        match event:
            case JobProgress(_, done) if stop_at is not None and done >= stop_at:
                cancel.set()
    return events


def test_bytes_and_speed_are_shown_and_time_left_from_them() -> None:
    now = 0.0
    meter = ImportMeter(lambda: now)
    assert (meter.percent, meter.step) == (0, None)

    meter.read(JobProgress(JobStep.WRITE, 0, 10 * GIB))
    assert str(meter.step) == "Copying the files: 0.0 of 10.0 GiB"
    now = 10.0
    meter.read(JobProgress(JobStep.WRITE, 1 * GIB, 10 * GIB))

    assert meter.percent == 10
    assert str(meter.step) == "Copying the files: 1.0 of 10.0 GiB · 102 MiB/s"
    assert str(meter.time_left) == "About 2 min left for this step"  # 9 GiB at 1 GiB in 10 s
    meter.read(JobProgress(JobStep.CHECK, 0, 10 * GIB))
    assert str(meter.step) == "Reading the copy back: 0.0 of 10.0 GiB"


def test_what_is_listed_is_found(library: imports.Library) -> None:
    job = import_job(library.store, library.manifests, library.plan(Way.COPY))

    result = run(job)[-1]

    assert isinstance(result, JobResult)
    assert isinstance(result.found, InstalledModel)
    assert str(result.sentence) == "“Model” is listed."
    assert job.can_pause


def test_a_link_takes_a_moment_and_is_not_paused(library: imports.Library) -> None:
    job = import_job(library.store, library.manifests, library.plan(Way.LINK))

    assert not job.can_pause
    assert job.when_ended is None


def test_a_paused_job_goes_on_with_the_same_steps(library: imports.Library) -> None:
    job = import_job(library.store, library.manifests, library.plan(Way.COPY))
    assert job.pause is not None
    job.pause.wanted.set()
    events = run(job, stop_at=200_000)
    assert not any(isinstance(event, JobResult) for event in events)
    job.pause.wanted.clear()

    events = run(job)

    assert any(isinstance(event, Resumed) for event in events)
    assert isinstance(events[-1], JobResult)


def test_what_a_paused_job_kept_is_discarded(library: imports.Library) -> None:
    job = import_job(library.store, library.manifests, library.plan(Way.COPY))
    assert job.pause is not None
    job.pause.wanted.set()
    run(job, stop_at=200_000)
    assert list(library.folder.iterdir()) != []

    job.pause.discard()

    assert list(library.folder.iterdir()) == []
    job.pause.discard()  # there is nothing, and that is no error


def test_a_cancelled_job_keeps_nothing(library: imports.Library) -> None:
    job = import_job(library.store, library.manifests, library.plan(Way.COPY))

    run(job, stop_at=200_000)

    assert not library.folder.exists()


def test_the_same_weights_are_told_by_the_name_of_the_model_that_is_here(
    library: imports.Library,
) -> None:
    first = library.bring(Way.COPY, name="Here already")

    result = run(import_job(library.store, library.manifests, library.plan(Way.COPY)))[-1]

    assert isinstance(result, JobResult)
    assert "“Here already” has the same weights" in str(result.sentence)
    assert isinstance(result.found, InstalledModel)
    assert result.found.id == first.id
