"""The page of jobs: how it is reached and left, and what it says."""

from __future__ import annotations

from collections.abc import Callable

from backends.events import JobProgress, JobStep
from baichuan_desktop.services.jobs.desk import JobRecord
from tests.ui.harness import Gate, Harness


def test_the_page_takes_the_place_of_the_chat_and_gives_it_back(ui: Harness) -> None:
    page = ui.window.jobs.page
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
    assert ui.composer.isVisible(), "the settings lie beside the chat"


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
