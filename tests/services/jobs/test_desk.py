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
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords, Pause
from baichuan_desktop.services.library.registry_schema import Names

SEVEN = Names(en="Seven", zh="七")
NOON = datetime.datetime(2026, 11, 28, 12, 0)
DONE = JobResult(Phrase("“{name}” is listed.", name="Seven"), SEVEN)


def job(title: str, pause: Pause | None = None) -> Job:
    def steps(_run: RunRequest, _cancel: threading.Event) -> Iterator[object]:
        raise AssertionError("the desk runs nothing itself")
        yield

    words = JobWords(Phrase(title), Phrase(title))

    def meter() -> BytesMeter:
        return BytesMeter({JobStep.WRITE: Phrase("Writing the copy")})

    return Job(words, SEVEN, steps, meter, pause=pause)


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


# --- pause -------------------------------------------------------------------------------


@pytest.fixture
def pause() -> Pause:
    def discard() -> None:
        raise AssertionError("the desk takes nothing away itself")

    return Pause(threading.Event(), discard)


def test_a_paused_job_lets_the_next_one_run_and_goes_on_behind_those_that_wait(
    desk: JobDesk, pause: Pause
) -> None:
    first, second = desk.add(job("First", pause)), desk.add(job("Second"))
    third = desk.add(job("Third"))
    desk.begin_next()

    desk.pause(first)
    assert (first.state, first.is_pausing, pause.wanted.is_set()) == (
        JobState.RUNNING,
        True,
        True,
    )
    assert desk.end() is first
    assert (first.state, desk.paused) == (JobState.PAUSED, (first,))
    assert desk.begin_next() is second

    desk.resume(first)
    assert (desk.waiting, desk.paused) == ((third, first), ())
    desk.hear(DONE)
    desk.end()
    desk.begin_next()
    desk.hear(DONE)
    desk.end()
    assert desk.begin_next() is first
    assert not pause.wanted.is_set(), "it would end at once, and keep nothing new"


def test_a_job_that_cannot_go_on_is_not_paused(desk: JobDesk) -> None:
    record = desk.add(job("First"))
    desk.begin_next()

    desk.pause(record)

    assert not record.is_pausing
    assert not record.job.can_pause


def test_a_job_that_waits_is_not_paused(desk: JobDesk, pause: Pause) -> None:
    desk.add(job("First"))
    waiting = desk.add(job("Second", pause))
    desk.begin_next()

    desk.pause(waiting)

    assert (waiting.state, waiting.is_pausing) == (JobState.WAITING, False)


def test_a_cancel_after_a_pause_keeps_nothing(desk: JobDesk, pause: Pause) -> None:
    record = desk.add(job("First", pause))
    desk.begin_next()
    desk.pause(record)

    desk.cancel(record)

    assert not pause.wanted.is_set()
    desk.end()
    assert record.state is JobState.CANCELLED
    desk.pause(record)
    desk.resume(record)
    assert record.state is JobState.CANCELLED


def test_a_paused_job_that_is_cancelled_is_over(desk: JobDesk, pause: Pause) -> None:
    record = desk.add(job("First", pause))
    desk.begin_next()
    desk.pause(record)
    desk.end()

    desk.cancel(record)

    assert (record.state, desk.paused, desk.pending) == (JobState.CANCELLED, (), ())
    assert record.has_begun, "so there is something to take away"


def test_what_came_of_a_job_counts_more_than_a_pause_that_came_too_late(
    desk: JobDesk, pause: Pause
) -> None:
    done, failed = desk.add(job("Done", pause)), desk.add(job("Failed", pause))
    desk.begin_next()
    desk.hear(DONE)
    desk.pause(done)
    desk.end()
    desk.begin_next()
    desk.fail(EngineCrashedError("it crashed"))
    desk.pause(failed)
    desk.end()

    assert (done.state, failed.state) == (JobState.DONE, JobState.FAILED)
    assert desk.paused == ()
