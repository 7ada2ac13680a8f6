"""A job that can go on later is paused on the page of jobs, and others run meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from backends.errors import UserFacingError
from backends.events import JobProgress, JobStep
from backends.phrases import Phrase
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.bytes_meter import BytesMeter
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords, Pause
from baichuan_desktop.services.library.registry_schema import Names
from tests.ui.harness import Harness

NAME = Names(en="Seven", zh="七")


class Copying:
    """A job of three bytes, which waits after each until it may go on or shall end."""

    def __init__(self, *, can_pause: bool = True) -> None:
        self.done = 0
        self.begun = 0
        self.discarded = threading.Event()
        self.steps_allowed = threading.Semaphore(0)
        self.error: UserFacingError | None = None
        self.pause = Pause(threading.Event(), self._discard)
        words = JobWords(Phrase("Copy a model"), Phrase("Copying a model"))
        self.job = Job(
            words,
            NAME,
            self._steps,
            lambda: BytesMeter({JobStep.WRITE: Phrase("Copying")}),
            pause=self.pause if can_pause else None,
        )

    def _discard(self) -> None:
        self.discarded.set()
        if self.error is not None:
            raise self.error

    def _steps(self, _run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        self.begun += 1
        while self.done < 3:
            while not self.steps_allowed.acquire(timeout=0.01):
                yield JobProgress(JobStep.WRITE, self.done, 3)  # some are thinned out on their way
                if cancel.is_set():
                    self.done = self.done if self.pause.wanted.is_set() else 0
                    return
            self.done += 1
        yield JobResult(Phrase("“{name}” is listed.", name=NAME.en), NAME)


@pytest.fixture
def copying() -> Copying:
    return Copying()


def test_a_paused_job_lets_the_next_one_run_and_goes_on_where_it_was(
    ui: Harness, copying: Copying
) -> None:
    jobs, other = ui.window.jobs, Copying()
    ui.window.menus.jobs_page.trigger()
    record = jobs.add(copying.job)
    waiting = jobs.add(other.job)
    copying.steps_allowed.release()
    ui.until(lambda: record.meter.percent == 33)
    row = jobs.page.rows[record]
    assert (row.pause.text(), row.pause.isVisible()) == ("Pause", True)
    assert not jobs.page.rows[waiting].pause.isVisible(), "it does not run yet"

    row.pause.click()
    ui.until(lambda: record.state is JobState.PAUSED)
    ui.until(lambda: waiting.state is JobState.RUNNING)

    assert jobs.page.paused_title.isVisible()
    assert (row.pause.text(), row.text.text()) == ("Resume", "Step 1 of 1: Copying · 33 %")
    assert row.bar.isVisible()
    assert row.left.text() == ""
    row.pause.click()
    assert record.state is JobState.WAITING
    assert not jobs.page.paused_title.isVisible()
    other.steps_allowed.release(3)
    ui.until(lambda: copying.begun == 2)
    assert copying.done == 1, "it did not begin anew"
    copying.steps_allowed.release(2)
    ui.until(lambda: record.state is JobState.DONE)
    assert not row.pause.isVisible()
    assert not copying.discarded.is_set()


def test_a_job_that_cannot_go_on_has_no_such_button(ui: Harness) -> None:
    copying = Copying(can_pause=False)
    ui.window.menus.jobs_page.trigger()
    record = ui.window.jobs.add(copying.job)
    ui.until(lambda: record.state is JobState.RUNNING)

    assert not ui.window.jobs.page.rows[record].pause.isVisible()
    ui.window.jobs.pause(record)
    copying.steps_allowed.release(3)
    ui.until(lambda: record.state is JobState.DONE)


def test_what_a_paused_job_kept_is_taken_away_when_it_is_cancelled(
    ui: Harness, copying: Copying
) -> None:
    jobs = ui.window.jobs
    copying.error = UserFacingError("“Seven.partial” cannot be deleted.")
    failed: list[object] = []
    jobs.failed.connect(failed.append)
    record = jobs.add(copying.job)
    ui.until(lambda: record.state is JobState.RUNNING)
    jobs.pause(record)
    ui.until(lambda: record.state is JobState.PAUSED)

    jobs.page.rows[record].cancel.click()

    assert record.state is JobState.CANCELLED
    ui.until(copying.discarded.is_set)
    ui.until(lambda: failed == [copying.error])


def test_a_job_that_never_began_has_nothing_to_take_away(ui: Harness, copying: Copying) -> None:
    other = Copying()
    jobs = ui.window.jobs
    running, waiting = jobs.add(other.job), jobs.add(copying.job)
    ui.until(lambda: running.state is JobState.RUNNING)

    jobs.cancel(waiting)
    other.steps_allowed.release(3)
    ui.until(lambda: running.state is JobState.DONE)

    assert waiting.state is JobState.CANCELLED
    assert not copying.discarded.is_set()


def test_closing_the_window_keeps_what_a_job_did(ui: Harness, copying: Copying) -> None:
    record = ui.window.jobs.add(copying.job)
    copying.steps_allowed.release()
    ui.until(lambda: record.meter.percent == 33)

    ui.window.jobs.shut_down()

    assert copying.done == 1
    assert copying.pause.wanted.is_set()


def test_the_buttons_follow_the_language(ui: Harness, copying: Copying) -> None:
    jobs = ui.window.jobs
    record = jobs.add(copying.job)
    ui.until(lambda: record.state is JobState.RUNNING)
    ui.window.view.use_language("zh_CN")
    ui.app.processEvents()

    row = jobs.page.rows[record]
    assert row.pause.text() == "暂停"
    jobs.pause(record)
    ui.until(lambda: record.state is JobState.PAUSED)
    assert row.pause.text() == "继续"
    assert jobs.page.paused_title.text() == "已暂停"
