"""The page of jobs: how it is reached and left, and what it says."""

from __future__ import annotations

from backends.events import JobProgress, JobStep
from tests.ui.harness import Gate, Harness
from tests.ui.jobs.counting import counting_job


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


def test_a_section_is_shown_where_there_is_a_job_in_it(ui: Harness) -> None:
    jobs, gate = ui.window.jobs, Gate()
    page = jobs.page
    ui.window.menus.jobs_page.trigger()
    ui.jobs.answers += [[JobProgress(JobStep.CHECK, 1, 2), gate], []]
    first, second = jobs.put(counting_job("Seven")), jobs.put(counting_job("Eight"))
    ui.until(gate.reached.is_set)

    titles = (page.running_title, page.waiting_title, page.finished_title)
    assert [title.isVisible() for title in titles] == [True, True, False]
    assert not page.nothing.isVisible()
    gate.open.set()
    ui.until(lambda: second.state.is_over)
    assert [title.isVisible() for title in titles] == [False, False, True]
    assert page.rows[first].time.text() != ""
    assert not page.rows[first].cancel.isVisible()
    assert page.rows[second].y() < page.rows[first].y(), "the last one stands first"


def test_the_page_follows_the_language(ui: Harness) -> None:
    jobs = ui.window.jobs
    ui.jobs.answers.append([])
    record = jobs.put(counting_job("Seven"))
    ui.until(lambda: record.state.is_over)

    ui.window.view.use_language("zh_CN")
    ui.app.processEvents()

    assert jobs.page.heading.text() == "任务"
    assert jobs.page.rows[record].title.text() == "Count the weights：Seven"
    assert jobs.page.finished_title.text() == "本次打开应用后已结束的任务"
