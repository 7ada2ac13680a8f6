"""A kind of job that the app does not have: queue, progress, cancel, failure and log are there."""

from __future__ import annotations

from backends.errors import EngineCrashedError
from backends.events import JobProgress, JobStep
from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from tests.ui.harness import Gate, Harness
from tests.ui.jobs.counting import counting_job


def ended(ui: Harness, record: JobRecord) -> None:
    ui.until(lambda: record.state.is_over)


def test_it_waits_runs_shows_its_progress_and_leaves_its_result_in_the_log(ui: Harness) -> None:
    jobs, first, second = ui.window.jobs, Gate(), Gate()
    ui.jobs.answers += [
        [JobProgress(JobStep.CHECK, 37, 100), first],
        [JobProgress(JobStep.CHECK, 50, 100), second],
    ]
    running, waiting = jobs.put(counting_job("Seven")), jobs.put(counting_job("Eight"))
    ui.window.menus.jobs_page.trigger()
    ui.until(first.reached.is_set)
    ui.until(lambda: running.progress.percent == 37)
    ui.until(lambda: "37 %" in ui.window.status.job_button.text())

    rows = jobs.page.rows
    assert rows[running].title.text() == "Count the weights: Seven"
    assert rows[running].text.text() == "Step 1 of 1: Counting · 37 %"
    assert rows[running].left.text() == "Time left: not known yet"
    assert rows[running].bar.value() == 37
    assert rows[waiting].text.text() == "Waits until the job before it has ended"
    assert ui.window.status.job_button.text() == "Counting the weights: 37 % · 1 waiting"
    first.open.set()
    ui.until(second.reached.is_set)
    assert running.state is JobState.DONE
    assert rows[running].text.text() == "Seven has 7 weights."
    assert jobs.desk.running is waiting
    second.open.set()
    ended(ui, waiting)
    assert waiting.state is JobState.DONE
    assert jobs.desk.finished == (waiting, running)


def test_it_is_cancelled_while_it_waits_and_while_it_runs(ui: Harness) -> None:
    jobs, gate = ui.window.jobs, Gate()
    ui.jobs.answers.append([JobProgress(JobStep.CHECK, 1, 2), gate])
    running, waiting = jobs.put(counting_job("Seven")), jobs.put(counting_job("Eight"))
    ui.until(gate.reached.is_set)

    jobs.page.rows[waiting].cancel.click()
    assert waiting.state is JobState.CANCELLED
    row = jobs.page.rows[running]
    row.cancel.click()
    assert row.cancel.text() == "Cancelling…"
    ended(ui, running)

    assert running.state is JobState.CANCELLED
    assert row.text.text() == "Cancelled"
    assert len(ui.jobs.requests) == 1
    assert ui.error is None


def test_the_engine_that_dies_is_told_in_the_log_and_the_next_job_runs(ui: Harness) -> None:
    jobs = ui.window.jobs
    ui.jobs.answers += [[JobProgress(JobStep.CHECK, 1, 2), EngineCrashedError("it crashed")], []]
    failed, after = jobs.put(counting_job("Seven")), jobs.put(counting_job("Eight"))
    ended(ui, after)

    assert failed.state is JobState.FAILED
    text = "The engine that runs the model stopped: it crashed."
    assert jobs.page.rows[failed].text.text() == text
    assert ui.error is not None
    assert text in ui.error.message.text()
    assert after.state is JobState.DONE


def test_closing_the_window_asks_for_jobs_that_wait_too(ui: Harness) -> None:
    gate = Gate()
    ui.jobs.answers.append([JobProgress(JobStep.CHECK, 1, 2), gate])
    running, _ = (ui.window.jobs.put(counting_job(name)) for name in ("Seven", "Eight"))
    ui.until(gate.reached.is_set)
    ui.until(lambda: running.progress.percent == 50)

    ui.window.close()
    question = ui.window.window_jobs.close_question
    assert question is not None
    assert question.text.text().splitlines() == [
        "Counting the weights: 50 %",
        "Count the weights: Eight: waits, and would not begin",
    ]
    question.close_window.click()

    assert not ui.window.isVisible()
    assert [record.state for record in ui.window.jobs.desk.finished] == 2 * [JobState.CANCELLED]
