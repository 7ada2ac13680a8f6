"""Trainings that were ended on their way: offered at the start, and beside the jobs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import OutputUnwritableError, PolicyError
from backends.training.values import Data, Keeping, TrainingRequest
from baichuan_desktop.services.training.runs import UnfinishedRun
from tests.helpers.policies import write_policy
from tests.helpers.scripted_tuner import ScriptedRuns, began, kept, steps, unfinished
from tests.ui.harness import Gate
from tests.ui.training.conftest import TrainingHands


@pytest.fixture
def run(hands: TrainingHands) -> UnfinishedRun:
    """One that was killed at step 3 of 8."""
    keeping = Keeping(str(hands.output))
    request = TrainingRequest(str(hands.model.path), Data((str(hands.data),)), keeping)
    found = unfinished(request)
    runs(hands).found.append(found)
    return found


def runs(hands: TrainingHands) -> ScriptedRuns:
    return hands.ui.runs


def start(hands: TrainingHands) -> None:
    """What the app does once its window is open."""
    hands.ui.window.training.unfinished.look()
    hands.ui.until(hands.ui.window.training.notice.isVisible)


def test_after_a_restart_it_is_offered_and_goes_on_from_its_checkpoint(
    hands: TrainingHands, run: UnfinishedRun
) -> None:
    start(hands)
    notice, gate = hands.ui.window.training.notice, Gate()
    assert notice.label.text() == (
        "The training of “Letters” was not finished: step 3 of 8 is kept."
    )
    hands.tuner.scripts.append([began(first=3), *steps(4, 5), gate, hands.ready(), hands.listed()])

    notice.buttons[0].click()
    hands.ui.until(gate.reached.is_set)
    dialog = hands.dialog
    hands.ui.until(lambda: dialog.running.chart.curve.last_step == 5)

    assert hands.tuner.asked[0] == run.resumed
    assert hands.tuner.names == ["Letters"]
    assert dialog.running.kept_step == 3
    hands.ui.until(lambda: not notice.isVisible())
    gate.open.set()
    hands.ui.until(lambda: dialog.is_done)


def test_forgetting_asks_first_and_really_deletes(hands: TrainingHands, run: UnfinishedRun) -> None:
    start(hands)
    notice, trainings = hands.ui.window.training.notice, hands.ui.window.training.unfinished

    notice.buttons[1].click()
    question = trainings.question
    assert question is not None
    assert str(run.folder) in question.text.text()
    question.keep.click()
    assert runs(hands).discarded == []
    assert notice.isVisible()
    notice.buttons[1].click()
    question = trainings.question
    assert question is not None
    question.delete.click()

    hands.ui.until(lambda: not notice.isVisible())
    assert runs(hands).discarded == [run.folder]
    assert hands.tuner.asked == [], "nothing goes on"


def test_what_cannot_be_deleted_is_told_and_stays(hands: TrainingHands, run: UnfinishedRun) -> None:
    runs(hands).refusal = OutputUnwritableError(run.folder, "Permission denied")
    start(hands)

    hands.ui.window.training.notice.buttons[1].click()
    question = hands.ui.window.training.unfinished.question
    assert question is not None
    question.delete.click()
    hands.ui.until(lambda: hands.ui.error is not None)

    assert hands.ui.error is not None
    assert "Permission denied" in hands.ui.error.message.text()
    assert hands.ui.window.training.notice.isVisible()


def test_the_page_of_jobs_lists_it_until_it_runs(hands: TrainingHands, run: UnfinishedRun) -> None:
    section, gate = hands.ui.window.training.section, Gate()
    hands.ui.window.menus.jobs_page.trigger()
    hands.ui.until(section.isVisible)

    (row,) = section.rows
    assert row.title.text() == "Letters"
    assert "Step 3 of 8" in row.text.text()
    hands.tuner.scripts.append([began(first=3), *steps(4, 5), kept(5), gate])
    row.resume.click()
    hands.ui.until(gate.reached.is_set)
    hands.ui.until(lambda: not section.isVisible())
    hands.dialog.cancel_job()
    runs(hands).found = [replace(run, step=5)]
    hands.ui.until(section.isVisible)
    assert "Step 5 of 8" in section.rows[0].text.text()


def test_forgotten_from_its_dialog_the_settings_are_there_again(hands: TrainingHands) -> None:
    gate = Gate()
    dialog = hands.begin(began(), *steps(1, 3), kept(3), gate)
    hands.ui.until(gate.reached.is_set)
    dialog.running.stop.click()
    runs(hands).found.append(unfinished(hands.tuner.asked[0]))
    hands.ui.until(lambda: dialog.pages.currentWidget() is dialog.stopped)

    dialog.stopped.forget.click()
    trainings = hands.ui.window.training.unfinished
    hands.ui.until(lambda: trainings.question is not None)
    assert trainings.question is not None
    trainings.question.delete.click()

    hands.ui.until(lambda: dialog.pages.currentWidget() is dialog.asking)
    assert runs(hands).discarded == [hands.output]
    assert list(hands.form.files.files) == [hands.data]


def test_what_cannot_be_found_any_more_is_not_forgotten_silently(hands: TrainingHands) -> None:
    gate = Gate()
    dialog = hands.begin(began(), *steps(1, 3), kept(3), gate)
    hands.ui.until(gate.reached.is_set)
    dialog.running.stop.click()
    hands.ui.until(lambda: dialog.pages.currentWidget() is dialog.stopped)

    dialog.stopped.forget.click()
    hands.ui.until(lambda: hands.ui.error is not None)

    assert hands.ui.error is not None
    assert str(hands.output) in hands.ui.error.message.text().replace("\u200b", "")


def test_under_a_policy_none_goes_on(
    hands: TrainingHands, run: UnfinishedRun, tmp_path: Path
) -> None:
    start(hands)
    write_policy(tmp_path, "fine_tuning: false\n")
    failed: list[object] = []
    hands.ui.window.errors._dialog_of = lambda error, *_: failed.append(error)  # type: ignore[assignment,method-assign]
    hands.ui.window.errors._open = lambda _dialog: None  # type: ignore[assignment,method-assign]

    hands.ui.window.training.notice.buttons[0].click()

    assert [type(one) for one in failed] == [PolicyError]
    assert hands.tuner.asked == []


def test_one_whose_base_is_gone_is_told(hands: TrainingHands, run: UnfinishedRun) -> None:
    gone = replace(run.request, model=str(hands.folder / "gone"))
    runs(hands).found = [replace(run, request=gone)]
    start(hands)

    hands.ui.window.training.notice.buttons[0].click()
    hands.ui.until(lambda: hands.ui.error is not None)

    assert hands.tuner.asked == []


def test_closed_it_is_not_offered_again_but_listed(
    hands: TrainingHands, run: UnfinishedRun
) -> None:
    start(hands)
    notice = hands.ui.window.training.notice

    notice.close_button.click()
    assert not notice.isVisible()
    hands.ui.window.menus.jobs_page.trigger()

    hands.ui.until(hands.ui.window.training.section.isVisible)
    assert not notice.isVisible()
