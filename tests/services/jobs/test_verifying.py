"""Verifying as a job: what it shows meanwhile, and what it keeps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from backends.events import JobProgress, JobStep
from baichuan_desktop.services.jobs.job import JobResult
from baichuan_desktop.services.jobs.model_files.verifying import VerifyMeter, verify_job
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.values import Verification
from baichuan_desktop.services.library.registry import InstalledModel
from tests.helpers.verified import model_in


def no_engine(*_: object) -> Iterator[object]:
    raise AssertionError("verifying asks no engine")


def run(
    manifests: ManifestStore, model: InstalledModel, *, is_listed: bool = True
) -> tuple[JobResult, int]:
    """The result, and the percentage that was shown last."""
    job = verify_job(manifests, model, is_listed=is_listed)
    meter = job.meter()
    *events, last = job.steps(no_engine, threading.Event())  # type: ignore[arg-type]
    for event in events:
        meter.read(event)
    assert isinstance(last, JobResult)
    return last, meter.percent


def test_what_was_found_is_kept_and_told_in_one_sentence(tmp_path: Path) -> None:
    manifests, model = ManifestStore(tmp_path / "manifests"), model_in(tmp_path / "small")

    first, percent = run(manifests, model)
    (model.path / "LICENSE").unlink()
    second, _ = run(manifests, model)

    assert percent == 100
    assert str(first.sentence).startswith("Of “Model” nothing was known before: its 8 files")
    assert (
        str(second.sentence)
        == "Verifying “Model” failed: one of its files is not what it should be."
    )
    assert isinstance(second.found, Verification)
    assert manifests.failed(model.id).result == second.found.result


def test_of_a_folder_that_is_not_listed_nothing_is_kept(tmp_path: Path) -> None:
    manifests, model = ManifestStore(tmp_path / "manifests"), model_in(tmp_path / "small")

    run(manifests, model, is_listed=False)

    assert not (tmp_path / "manifests").exists()


def test_a_cancelled_job_keeps_nothing(tmp_path: Path) -> None:
    manifests, model = ManifestStore(tmp_path / "manifests"), model_in(tmp_path / "small")
    cancel = threading.Event()
    cancel.set()

    events = list(verify_job(manifests, model).steps(no_engine, cancel))  # type: ignore[arg-type]

    assert not any(isinstance(event, JobResult) for event in events)
    assert manifests.kept(model.id) is None


def test_a_job_of_one_step_counts_no_steps() -> None:
    meter = VerifyMeter()
    assert meter.step is None

    meter.read(JobProgress(JobStep.CHECK, 30, 120))

    assert (str(meter.step), meter.percent) == ("Verifying the files", 25)
