"""A job in the terminal: what its progress line says, and what Ctrl+C ends."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from backends.errors import EngineCrashedError, InsufficientMemoryError
from backends.events import JobProgress, JobStep, LoadProgress
from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import Request
from baichuan_desktop.cli import jobs
from baichuan_desktop.cli.jobs import run_job, run_measurement
from baichuan_desktop.services.engines.one_shot import PrecisionBegun, PrecisionFailed
from baichuan_desktop.services.engines.port import ClientEvent, RunRequest
from baichuan_desktop.services.engines.silence import EngineSilent
from baichuan_desktop.services.jobs.bytes_meter import BytesMeter
from baichuan_desktop.services.jobs.job import Job, JobMeter, JobResult, JobWords
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.measuring.precisions_meter import PrecisionsMeter, speed_steps

SEVEN = Names(en="Seven", zh="七")
DONE = JobResult(Phrase("“{name}” is listed.", name="Seven"), SEVEN)
LOST = Phrase("What is written so far stays.")
TOO_LARGE = InsufficientMemoryError(device="the processor", needed_bytes=2, free_bytes=1)


def no_engine(_request: Request, _cancel: threading.Event) -> Iterator[ClientEvent]:
    raise AssertionError("these jobs need none")
    yield


def copying() -> JobMeter:
    return BytesMeter({JobStep.WRITE: Phrase("Writing the copy")})


def measuring() -> JobMeter:
    return PrecisionsMeter(speed_steps())


def job(meter: object, *events: object) -> Job:
    """Yields events; an exception among them is raised, and a signal is sent to this process."""

    def steps(_run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        for event in events:
            if isinstance(event, Exception):
                raise event
            if isinstance(event, signal.Signals):
                os.kill(os.getpid(), event)
                cancel.wait()
                return
            yield event

    words = JobWords(Phrase("Write a copy"), Phrase("Writing"))
    return Job(words, SEVEN, steps, copying if meter is copying else measuring, when_ended=LOST)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands on the progress line, one after the other."""
    lines: list[str] = []
    monkeypatch.setattr(jobs, "progress", lines.append)
    return lines


@pytest.fixture
def remarks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(jobs, "remark", lines.append)
    return lines


def test_the_line_tells_step_percentage_and_time_left(shown: list[str], remarks: list[str]) -> None:
    result = run_job(job(copying, JobProgress(JobStep.WRITE, 37, 100), DONE), no_engine)

    assert result is DONE
    assert shown == [
        "Writing · 0 % · Time left: not known yet",
        "Step 1 of 1: Writing the copy · 37 % · Time left: not known yet",
        "",
    ]
    assert remarks == [], "nothing is lost"


def test_a_step_that_tells_no_percentage_gets_that_of_the_whole(shown: list[str]) -> None:
    begun = PrecisionBegun(Precision.BF16, 2, 2)

    run_job(job(measuring, begun, LoadProgress(1, 2), EngineSilent(11), DONE), no_engine)

    assert shown[1:] == [
        "bf16 (2 of 2): starting · 50 % · Less than a minute left",
        "bf16 (2 of 2): loading, 50 % · 53 % · Less than a minute left",
        "bf16 (2 of 2): loading, 50 %: the engine has said nothing for 11 s; Ctrl+C ends it",
        "",
    ]


def test_a_job_that_fails_takes_its_line_away(shown: list[str], remarks: list[str]) -> None:
    error = EngineCrashedError("it crashed")

    with pytest.raises(EngineCrashedError) as caught:
        run_job(job(copying, JobProgress(JobStep.WRITE, 1, 2), error), no_engine)

    assert caught.value is error
    assert shown[-1] == ""
    assert remarks == []


def test_ctrl_c_tells_what_is_lost(shown: list[str], remarks: list[str]) -> None:
    assert run_job(job(copying, signal.SIGINT), no_engine) is None

    assert remarks == ["What is written so far stays."]
    assert shown[-1] == ""


def test_what_precisions_failed_by_is_told_and_not_raised(shown: list[str]) -> None:
    failed = PrecisionFailed(Precision.BF16, TOO_LARGE)

    done = run_measurement(job(measuring, failed, 7, TOO_LARGE), no_engine, int)

    assert (done.found, done.failed, done.is_interrupted) == ([7], [failed], False)
    with pytest.raises(EngineCrashedError):
        run_measurement(job(measuring, failed, EngineCrashedError("it crashed")), no_engine, int)
