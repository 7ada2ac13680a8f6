"""The page of jobs: how it is reached and left, and what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backends.errors import EngineError
from backends.events import JobProgress, JobStep
from baichuan_desktop.services.jobs.desk import JobRecord
from tests.helpers.clipping import clipped
from tests.ui.harness import OTHER, Gate, Harness
from tests.ui.jobs.counting import counting_job


def test_the_page_takes_the_place_of_the_chat_and_gives_it_back(ui: Harness) -> None:
    page = ui.window.jobs.page
    ui.window.resize(1280, 800)
    assert not page.isVisible()

    ui.window.menus.jobs_page.trigger()
    assert page.isVisible()
    assert not ui.composer.isVisible()
    assert page.nothing.isVisible()
    assert not page.running_title.isVisible()
    assert not page.finished_title.isVisible()
    page.back.click()

    assert ui.composer.isVisible()
    assert not ui.window.menus.jobs_page.isChecked()
    ui.window.menus.jobs_page.trigger()
    ui.window.menus.new_chat.trigger()
    assert ui.composer.isVisible(), "a new chat is seen at once"
    ui.window.menus.jobs_page.trigger()
    ui.window.top_bar.panel.click()
    assert not page.isVisible(), "the settings are those of the chat"
    assert ui.window.panel.isVisible()


def test_a_section_is_shown_where_there_is_a_job_in_it(
    counted: Harness, count: Callable[[str], JobRecord]
) -> None:
    jobs, gate = counted.window.jobs, Gate()
    page = jobs.page
    counted.window.menus.jobs_page.trigger()
    counted.jobs.answers += [[JobProgress(JobStep.CHECK, 1, 2), gate], []]
    first, second = count("Seven"), count("Eight")
    counted.until(gate.reached.is_set)

    titles = (page.running_title, page.waiting_title, page.finished_title)
    assert [title.isVisible() for title in titles] == [True, True, False]
    assert not page.nothing.isVisible()
    gate.open.set()
    counted.until(lambda: second.state.is_over)
    assert [title.isVisible() for title in titles] == [False, False, True]
    assert page.rows[first].time.text() != ""
    assert not page.rows[first].cancel.isVisible()
    assert page.rows[second].y() < page.rows[first].y(), "the last one stands first"


def test_the_page_follows_the_language(counted: Harness, count: Callable[[str], JobRecord]) -> None:
    jobs = counted.window.jobs
    counted.jobs.answers.append([])
    record = count("Seven")
    counted.until(lambda: record.state.is_over)

    counted.window.view.use_language("zh_CN")
    counted.app.processEvents()

    assert jobs.page.heading.text() == "任务"
    assert jobs.page.rows[record].title.text() == "Count the weights：Seven"
    assert jobs.page.finished_title.text() == "本次打开应用后已结束的任务"


def test_a_job_that_failed_while_its_page_was_hidden_says_so_until_it_is_read(
    counted: Harness, count: Callable[[str], JobRecord]
) -> None:
    counted.jobs.answers.append([EngineError("The drive is full.")])
    record = count("Seven")
    counted.until(lambda: record.state.is_over)

    remark = counted.window.remarks.label
    assert remark.isVisible()
    assert remark.text() == "Count the weights: Seven failed: The drive is full."
    counted.load(OTHER)
    counted.until_idle()
    assert remark.text() == "Count the weights: Seven failed: The drive is full."
    counted.window.remarks.close_button.click()
    assert not remark.isVisible()


def test_a_job_that_fails_while_the_window_is_minimised_says_so_afterwards(
    counted: Harness, count: Callable[[str], JobRecord]
) -> None:
    gate = Gate()
    counted.jobs.answers.append([gate, EngineError("The drive is full.")])
    record = count("Seven")
    counted.until(gate.reached.is_set)
    counted.window.menus.jobs_page.trigger()
    counted.window.showMinimized()
    gate.open.set()
    counted.until(lambda: record.state.is_over)

    counted.window.showNormal()

    assert "failed: The drive is full." in counted.window.remarks.label.text()
    assert counted.error is not None
    assert counted.error.isVisible()


def test_two_jobs_that_failed_are_both_told(
    counted: Harness, count: Callable[[str], JobRecord]
) -> None:
    counted.jobs.answers += [[EngineError("One.")], [EngineError("Two.")]]
    records = [count("Seven"), count("Eight")]
    counted.until(lambda: all(record.state.is_over for record in records))

    assert [
        f"failed: {what}" in counted.window.remarks.label.text() for what in ("One.", "Two.")
    ] == [
        True,
        True,
    ]
    assert counted.error is not None
    assert counted.error.message.text() == "Two."
    assert "One." in counted.error.more.text()


@pytest.mark.parametrize(("width", "height"), [(1280, 820), (960, 600), (640, 480)])
def test_a_long_name_pushes_no_button_out_of_the_page(ui: Harness, width: int, height: int) -> None:
    page, gate = ui.window.jobs.page, Gate()
    name = "a model of a rather long name that somebody thought of at night " * 4
    ui.window.resize(width, height)
    ui.window.menus.jobs_page.trigger()
    ui.jobs.answers += [[JobProgress(JobStep.CHECK, 1, 2), gate]]
    record = ui.window.jobs.add(counting_job(name))
    ui.until(gate.reached.is_set)
    ui.until(lambda: page.rows[record].cancel.isVisible())

    assert clipped(page) == []
    assert name.strip() in page.rows[record].title.toolTip()
    gate.open.set()
