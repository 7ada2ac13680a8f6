"""A kind of job that the app does not have: queue, progress, cancel, failure and log are there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from backends.errors import EngineCrashedError
from backends.events import JobProgress, JobStep
from backends.protocol.engine_requests import CopyRequest, Request
from baichuan_desktop.cli import jobs
from baichuan_desktop.cli.jobs import run_job
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent
from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.ui.jobs.plain_dialog import PlainJobDialog
from tests.ui.harness import Gate, Harness
from tests.ui.jobs.counting import counting_job


def ended(ui: Harness, record: JobRecord) -> None:
    ui.until(lambda: record.state.is_over)


def test_it_waits_runs_shows_its_progress_and_leaves_its_result_in_the_log(
    counted: Harness, count: Callable[[str], JobRecord]
) -> None:
    jobs, first, second = counted.window.jobs, Gate(), Gate()
    counted.jobs.answers += [
        [JobProgress(JobStep.CHECK, 37, 100), first],
        [JobProgress(JobStep.CHECK, 50, 100), second],
    ]
    running, waiting = count("Seven"), count("Eight")
    counted.window.menus.jobs_page.trigger()
    counted.until(first.reached.is_set)
    counted.until(lambda: running.meter.percent == 37)
    counted.until(lambda: "37 %" in counted.window.top_bar.job_button.text())

    rows = jobs.page.rows
    assert rows[running].title.text() == "Count the weights: Seven"
    assert rows[running].text.text() == "Step 1 of 1: Counting · 37 %"
    assert rows[running].left.text() == "Time left: not known yet"
    assert rows[running].bar.value() == 37
    assert rows[waiting].text.text() == "Waits until the job before it has ended"
    assert counted.window.top_bar.job_button.text() == "Counting the weights: 37 % · 1 waiting"
    first.open.set()
    counted.until(second.reached.is_set)
    assert running.state is JobState.DONE
    assert rows[running].text.text() == "Seven has 7 weights."
    assert jobs.desk.running is waiting
    second.open.set()
    ended(counted, waiting)
    assert waiting.state is JobState.DONE
    assert jobs.desk.finished == (waiting, running)


def test_it_is_cancelled_while_it_waits_and_while_it_runs(
    counted: Harness, count: Callable[[str], JobRecord]
) -> None:
    jobs, gate = counted.window.jobs, Gate()
    counted.jobs.answers.append([JobProgress(JobStep.CHECK, 1, 2), gate])
    running, waiting = count("Seven"), count("Eight")
    counted.until(gate.reached.is_set)

    jobs.page.rows[waiting].cancel.click()
    assert waiting.state is JobState.CANCELLED
    row = jobs.page.rows[running]
    row.cancel.click()
    assert row.cancel.text() == "Cancelling…"
    ended(counted, running)

    assert running.state is JobState.CANCELLED
    assert row.text.text() == "Cancelled"
    assert len(counted.jobs.requests) == 1
    assert counted.error is None


def test_the_engine_that_dies_is_told_in_the_log_and_the_next_job_runs(
    counted: Harness, count: Callable[[str], JobRecord]
) -> None:
    jobs = counted.window.jobs
    counted.jobs.answers += [
        [JobProgress(JobStep.CHECK, 1, 2), EngineCrashedError("it crashed")],
        [],
    ]
    failed, after = count("Seven"), count("Eight")
    ended(counted, after)

    assert failed.state is JobState.FAILED
    text = "The engine that runs the model stopped: it crashed."
    assert jobs.page.rows[failed].text.text() == text
    assert counted.error is not None
    assert text in counted.error.message.text()
    assert after.state is JobState.DONE


def test_closing_the_window_asks_for_jobs_that_wait_too(
    counted: Harness, count: Callable[[str], JobRecord]
) -> None:
    gate = Gate()
    counted.jobs.answers.append([JobProgress(JobStep.CHECK, 1, 2), gate])
    running, _ = (count(name) for name in ("Seven", "Eight"))
    counted.until(gate.reached.is_set)
    counted.until(lambda: running.meter.percent == 50)

    counted.window.close()
    question = counted.window.closing.question
    assert question is not None
    assert question.text.text().splitlines() == [
        "Counting the weights: 50 %",
        "Count the weights: Eight: waits, and would not begin",
    ]
    question.close_window.click()

    assert not counted.window.isVisible()
    assert [record.state for record in counted.window.jobs.desk.finished] == 2 * [
        JobState.CANCELLED
    ]


def test_its_dialog_begins_it_shows_how_far_it_is_and_what_came_of_it(
    counted: Harness, count: Callable[[str], JobRecord]
) -> None:
    gate = Gate()
    counted.jobs.answers += [[JobProgress(JobStep.CHECK, 37, 100), gate], []]
    record = count("Seven")
    dialog = counted.window.jobs.dialog
    assert isinstance(dialog, PlainJobDialog)
    counted.until(lambda: "37 %" in dialog.running.step.text())
    assert dialog.running.heading.text() == "Counting the weights: Seven"
    assert dialog.pages.currentWidget() is dialog.running
    assert not record.state.is_over

    gate.open.set()
    ended(counted, record)
    assert dialog.pages.currentWidget() is dialog.rest
    assert (dialog.heading.text(), dialog.text.text()) == (
        "Count the weights: Seven", "Seven has 7 weights."
    )  # fmt: skip
    dialog.begin_button.click()
    assert dialog.record is not record, "it is counted again"
    assert dialog.pages.currentWidget() is dialog.running
    assert dialog.text.text() == ""
    counted.until(lambda: counted.window.jobs.desk.running is None)


def test_in_the_terminal_it_shows_the_same_progress_and_finds_the_same(
    terminal: list[str],
) -> None:
    def run(request: Request, _cancel: threading.Event) -> Iterator[ClientEvent]:
        assert request == CopyRequest("Seven", "/count")
        yield JobProgress(JobStep.CHECK, 37, 100)
        yield EngineSilent(12)
        yield EngineHeard()

    result = run_job(counting_job("Seven"), run)

    assert result is not None
    assert str(result.sentence) == "Seven has 7 weights."
    assert terminal == [
        "Counting the weights · 0 % · Time left: not known yet",
        "Step 1 of 1: Counting · 37 % · Time left: not known yet",
        "Step 1 of 1: Counting · 37 %: the engine has said nothing for 12 s; Ctrl+C ends it",
        "Step 1 of 1: Counting · 37 % · Time left: not known yet",
        "",
    ]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands on the progress line, one after the other."""
    shown: list[str] = []
    monkeypatch.setattr(jobs, "progress", shown.append)
    return shown
