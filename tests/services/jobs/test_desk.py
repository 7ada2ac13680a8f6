"""One job runs, the others wait; what came of each is kept."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator

import pytest

from backends.errors import EngineCrashedError
from backends.events import JobProgress, JobStep
from backends.phrases import Phrase
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.bytes_meter import BytesMeter
from baichuan_desktop.services.jobs.desk import JobDesk, JobState
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords
from baichuan_desktop.services.library.registry_schema import Names

SEVEN = Names(en="Seven", zh="七")
NOON = datetime.datetime(2026, 11, 28, 12, 0)
DONE = JobResult(Phrase("“{name}” is listed.", name="Seven"), SEVEN)


def job(title: str) -> Job:
    def steps(_run: RunRequest, _cancel: threading.Event) -> Iterator[object]:
        raise AssertionError("the desk runs nothing itself")
        yield

    words = JobWords(Phrase(title), Phrase(title))
    return Job(words, SEVEN, steps, lambda: BytesMeter({JobStep.WRITE: Phrase("Writing the copy")}))


@pytest.fixture
def desk() -> JobDesk:
    return JobDesk(lambda: NOON)


def test_one_job_runs_and_the_next_one_waits_for_its_end(desk: JobDesk) -> None:
    first, second = desk.add(job("First")), desk.add(job("Second"))

    assert desk.begin_next() is first
    assert desk.begin_next() is None
    assert (desk.running, desk.waiting, desk.pending) == (first, (second,), (first, second))
    desk.hear(DONE)
    assert desk.end() is first
    assert desk.begin_next() is second
    assert desk.finished == (first,)


def test_the_desk_reads_the_progress_of_the_job_that_runs(desk: JobDesk) -> None:
    first, second = desk.add(job("First")), desk.add(job("Second"))
    desk.begin_next()

    desk.hear(JobProgress(JobStep.WRITE, 37, 100))

    assert first.meter.percent == 37
    assert second.meter.percent == 0


def test_what_came_of_a_job_is_kept_with_its_time_the_last_one_first(desk: JobDesk) -> None:
    done, failed = desk.add(job("Done")), desk.add(job("Failed"))
    error = EngineCrashedError("it crashed")
    desk.begin_next()
    desk.hear(DONE)
    desk.end()
    desk.begin_next()
    desk.fail(error)
    desk.end()

    assert desk.finished == (failed, done)
    assert (done.state, done.result, done.ended) == (JobState.DONE, DONE, NOON)
    assert (failed.state, failed.error, failed.ended) == (JobState.FAILED, error, NOON)
    assert desk.pending == ()


def test_a_job_that_waits_is_cancelled_at_once_and_never_begins(desk: JobDesk) -> None:
    running, waiting = desk.add(job("Running")), desk.add(job("Waiting"))
    desk.begin_next()

    desk.cancel(waiting)

    assert waiting.state is JobState.CANCELLED
    assert desk.running is running
    desk.end()
    assert desk.begin_next() is None


def test_a_job_that_runs_is_cancelled_when_it_has_ended(desk: JobDesk) -> None:
    record = desk.add(job("Running"))
    desk.begin_next()

    desk.cancel(record)
    assert (record.state, record.is_cancelling) == (JobState.RUNNING, True)
    desk.end()

    assert (record.state, record.is_cancelling) == (JobState.CANCELLED, False)


def test_a_cancel_that_comes_too_late_takes_no_result_away(desk: JobDesk) -> None:
    record = desk.add(job("Running"))
    desk.begin_next()
    desk.hear(DONE)
    desk.cancel(record)
    desk.end()

    assert record.state is JobState.DONE
    desk.cancel(record)
    assert record.state is JobState.DONE


def test_a_job_that_ends_without_a_word_failed(desk: JobDesk) -> None:
    record = desk.add(job("Running"))
    desk.begin_next()
    desk.end()

    assert record.state is JobState.FAILED
    assert str(record.error) == "The job ended and did not say what came of it."
