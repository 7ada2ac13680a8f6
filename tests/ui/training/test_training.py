"""A training in the window: from the dialog to its result, with pauses, a stop and a crash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QUrl
from PySide6.QtWidgets import QApplication

from backends.errors import TrainingEndedError
from backends.phrases import Phrase
from backends.protocol.engine_requests import LoadRequest
from backends.training.events import TrainingEvaluated, TrainingNote
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.training.client import TrainingSilent
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.window.window_pages import Page
from tests.helpers.scripted_tuner import began, kept, steps
from tests.ui.harness import Gate, ScriptedEngine
from tests.ui.training.conftest import TrainingHands


class Painted(QObject):
    """Counts how often a widget is painted."""

    times = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.times += event.type() is QEvent.Type.Paint
        return False


CRASH = TrainingEndedError(Phrase("it was killed"))
Shown = Callable[[], str]


def test_it_runs_is_watched_and_shows_what_came_of_it(hands: TrainingHands, shown: Shown) -> None:
    gate, (note, more) = Gate(), ("Two examples were cut.", "The data hold no system messages.")
    dialog = hands.begin(
        TrainingNote(Phrase(note)), TrainingNote(Phrase(more)), TrainingNote(Phrase(note)),
        began(), *steps(1, 4), TrainingEvaluated(4, 1.25), kept(4), gate,
        *steps(5, 8), hands.ready(), hands.listed(),
    )  # fmt: skip
    page = dialog.running
    hands.ui.until(gate.reached.is_set)
    hands.ui.until(lambda: page.kept_step == 4)

    assert shown() == "running"
    assert page.heading.text() == "Fine-tuning: Baichuan Guide"
    assert page.step.text() == "Step 4 of 8, loss 1.000"
    assert page.bar.value() == 50
    assert [label.text() for label in page._values] == ["1.000", "1.250", "2e-5", "1,280 tokens/s"]
    assert page.notes.text().splitlines() == [note, more]
    assert page.kept.text().startswith("The checkpoint of step 4 is kept:")
    assert "4,096 of 1,000,000 parameters are trained (0.41 %)" in page.about.text()
    assert "1.000 at step 4; lowest 1.000 at step 4" in page.chart.description
    assert hands.ui.window.top_bar.job_button.text() == "Fine-tuning a model: 50 %"
    row = hands.ui.window.jobs.page.rows[hands.record]
    assert row.text.text() == "Step 4 of 8, loss 1.000"
    gate.open.set()
    hands.ui.until(lambda: shown() == "done")

    assert hands.record.state is JobState.DONE
    done = dialog.done_page
    assert "Loss 4.000 at the beginning, 0.5000 after 8 steps." in done.text.text()
    assert "Loss of evaluation 1.250." in done.text.text()
    assert str(hands.output) in done.text.text()
    assert [one.first for one in done.chart.curve.points] == list(range(1, 9))
    assert hands.tuner.names == ["Baichuan Guide lora"]
    assert hands.tuner.asked[0].keeping.output == str(hands.output)


def test_the_chart_repaints_at_most_thirty_times_a_second(hands: TrainingHands) -> None:
    gate = Gate()
    dialog = hands.begin(began(4000), *steps(1, 2000, 4000), gate)
    chart, painted = dialog.running.chart, Painted()
    chart.installEventFilter(painted)
    hands.ui.until(gate.reached.is_set)
    hands.ui.until(lambda: chart.curve.last_step == 2000)
    hands.ui.until(lambda: not chart._frame.isActive())

    assert len(chart.curve.points) <= 1024
    assert painted.times < 200, "not once for each of the 2,000 steps"


def test_it_is_paused_lets_others_run_and_goes_on(hands: TrainingHands, shown: Shown) -> None:
    gate = Gate()
    dialog = hands.begin(began(), *steps(1, 3), gate)
    hands.ui.until(gate.reached.is_set)
    hands.tuner.scripts.append([began(first=3), *steps(4, 8), hands.ready(), hands.listed()])

    dialog.running.pause.click()
    hands.ui.until(lambda: hands.record.state is JobState.PAUSED)

    assert dialog.running.heading.text() == "Baichuan Guide: paused"
    assert dialog.running.kept.text() == "It goes on from step 3, also after the app was closed."
    assert dialog.running.step.text() == "Paused at step 3"
    assert dialog.running.pause.text() == "Resume"
    dialog.running.pause.click()
    hands.ui.until(lambda: shown() == "done")
    assert hands.tuner.asked[1].resume, "it goes on from its checkpoint"
    assert [one.first for one in dialog.done_page.chart.curve.points] == list(range(1, 9))


def test_a_stop_says_which_step_is_kept_and_a_resume_goes_on_from_there(
    hands: TrainingHands, shown: Shown
) -> None:
    gate = Gate()
    dialog = hands.begin(began(), *steps(1, 3), kept(3), *steps(4, 5), gate)
    hands.ui.until(gate.reached.is_set)
    hands.ui.until(lambda: dialog.running.stop.text() == "Stop")

    dialog.running.stop.click()
    hands.ui.until(lambda: shown() == "stopped")

    assert dialog.stopped.heading.text() == "Stopped at step 5"
    assert "The checkpoint of step 3 is kept" in dialog.stopped.text.text()
    row = hands.ui.window.jobs.page.rows[hands.record]
    assert row.text.text() == "Stopped at step 5; the checkpoint of step 3 is kept"
    assert hands.ui.error is None, "a stop is no error"
    gate = Gate()
    hands.tuner.scripts.append([began(first=3), *steps(4, 4), gate])
    dialog.stopped.resume.click()
    hands.ui.until(gate.reached.is_set)
    hands.ui.until(lambda: dialog.running.chart.curve.last_step == 4)
    assert hands.tuner.asked[1].resume
    assert shown() == "running"
    gate.open.set()
    hands.ui.until(lambda: hands.record.state.is_over)


def test_a_stop_before_a_checkpoint_says_that_nothing_is_kept(
    hands: TrainingHands, shown: Shown
) -> None:
    gate = Gate()
    dialog = hands.begin(began(), *steps(1, 2), gate)
    hands.ui.until(gate.reached.is_set)
    hands.ui.until(lambda: dialog.running.chart.curve.last_step == 2)

    assert dialog.running.kept.text().startswith("No checkpoint is kept yet:")
    dialog.running.stop.click()
    hands.ui.until(lambda: shown() == "stopped")

    assert "it can only begin anew" in dialog.stopped.text.text()
    assert not dialog.stopped.resume.isVisible()
    dialog.stopped.change.click()
    assert shown() == "asking"
    assert list(hands.form.files.files) == [hands.data]


def test_a_crash_is_told_and_can_be_resumed(hands: TrainingHands, shown: Shown) -> None:
    dialog = hands.begin(began(), *steps(1, 4), kept(4), CRASH)
    hands.ui.until(lambda: shown() == "stopped")

    assert dialog.stopped.heading.text() == "Ended at step 4"
    assert CRASH.message in dialog.stopped.trouble.text()
    assert dialog.stopped.resume.isVisible()
    assert hands.ui.error is not None, "who looks elsewhere hears of it, too"


def test_what_fails_before_the_first_step_comes_back_to_the_settings(
    hands: TrainingHands, shown: Shown
) -> None:
    dialog = hands.begin(CRASH)
    hands.ui.until(lambda: dialog.record is not None and dialog.record.state.is_over)

    assert shown() == "asking"
    assert CRASH.message in hands.page.trouble.text()
    assert list(hands.form.files.files) == [hands.data]


def test_a_hang_is_said(hands: TrainingHands) -> None:
    gate = Gate()
    dialog = hands.begin(began(), *steps(1, 1), TrainingSilent(75), gate)
    hands.ui.until(gate.reached.is_set)
    hands.ui.until(lambda: "75 s" in dialog.running.step.text())
    gate.open.set()
    hands.ui.until(lambda: hands.record.state.is_over)


def test_the_page_of_jobs_has_the_curve_pause_and_stop(hands: TrainingHands) -> None:
    gate = Gate()
    dialog = hands.begin(began(), *steps(1, 3), kept(3), gate)
    hands.ui.until(gate.reached.is_set)
    hands.ui.window.menus.jobs_page.trigger()
    row = hands.ui.window.jobs.page.rows[hands.record]

    assert dialog._row_chart.isVisible()
    hands.ui.until(lambda: dialog._row_chart.curve.last_step == 3)
    assert (row.pause.text(), row.cancel.text()) == ("Pause", "Stop")
    row.cancel.click()
    hands.ui.until(lambda: hands.record.state.is_over)
    assert not dialog._row_chart.isVisible()


def test_the_model_of_the_chat_makes_room_and_comes_back(
    hands: TrainingHands, engine: ScriptedEngine, shown: Shown
) -> None:
    hands.tuner.takes_all = True
    gate = Gate()
    hands.begin(began(), *steps(1, 2), gate, hands.ready(), hands.listed())
    hands.ui.until(gate.reached.is_set)

    assert hands.ui.window.switcher.current is None
    gate.open.set()
    hands.ui.until(lambda: shown() == "done")
    hands.ui.until_idle()
    loads = [one for one in engine.requests if isinstance(one, LoadRequest)]
    assert [one.adapter for one in loads] == [None, None]


def test_closing_the_window_asks_and_says_what_stays(hands: TrainingHands) -> None:
    gate = Gate()
    hands.begin(began(), *steps(1, 2), kept(2), gate)
    hands.ui.until(gate.reached.is_set)
    hands.ui.until(lambda: hands.record.meter.percent == 25)

    hands.ui.window.close()
    question = hands.ui.window.closing.question
    assert question is not None

    assert "Fine-tuning a model: 25 %" in question.text.text()
    question.close_window.click()
    assert not hands.ui.window.isVisible()
    assert hands.record.state is JobState.PAUSED, "it was asked to keep the step that it was at"


def test_the_language_is_followed_while_it_runs(hands: TrainingHands, app: QApplication) -> None:
    gate, translations = Gate(), Translations(app)
    dialog = hands.begin(began(), *steps(1, 2), gate)
    hands.ui.until(gate.reached.is_set)
    before = dialog.stopped.resume.text(), dialog.done_page.try_button.text()
    translations.use("zh_CN")
    try:
        hands.ui.until(lambda: dialog.running.heading.text().startswith("正在微调"))
        assert hands.form.files.add_button.text() == "添加文件…"
        after = dialog.stopped.resume.text(), dialog.done_page.try_button.text()
        assert after == ("继续", "试用")
    finally:
        translations.use("en")
    hands.ui.until(lambda: dialog.running.heading.text() == "Fine-tuning: Baichuan Guide")
    assert (dialog.stopped.resume.text(), dialog.done_page.try_button.text()) == before
    gate.open.set()
    hands.ui.until(lambda: hands.record.state.is_over)


def test_the_result_is_saved_shown_and_told_how_it_was_made(
    hands: TrainingHands, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.output.mkdir()
    made = '{"base": {"name": "the guide", "sha256": "00ff"}, "seed": 42}'
    (hands.output / "provenance.json").write_text(made)
    hands.ui.window.menus.jobs_page.trigger()
    dialog = hands.begin(began(), *steps(1, 8), hands.ready(), hands.listed())
    hands.ui.until(lambda: shown() == "done")
    page = dialog.done_page
    hands.ui.until(lambda: page.made.rowCount() == 3)

    cells = [[page.made.item(row, column) for column in range(2)] for row in range(3)]
    facts = {name.text(): value.text() for name, value in cells if name and value}
    assert facts == {"base.name": "the guide", "base.sha256": "00ff", "seed": "42"}
    opened: list[QUrl] = []
    page._opening.open_url = lambda url: not opened.append(url)  # type: ignore[func-returns-value]
    page.folder.click()
    hands.ui.until(lambda: bool(opened))
    assert Path(opened[0].toLocalFile()) == hands.output
    target = hands.folder / "curve.png"
    monkeypatch.setattr(
        "baichuan_desktop.ui.training.progress.done_page.choose_target", lambda *_: target
    )
    page.save.click()
    hands.ui.until(target.exists)
    monkeypatch.setattr(
        "baichuan_desktop.ui.training.progress.done_page.choose_target",
        lambda *_: hands.data / "curve.png",
    )
    page.save.click()
    hands.ui.until(lambda: "could not be written" in page.trouble.text())
    assert hands.ui.window.pages.current is Page.JOBS


def test_done_it_makes_room_for_another_one(hands: TrainingHands, shown: Shown) -> None:
    first = hands.begin(began(), *steps(1, 8), hands.ready(), hands.listed())
    hands.ui.until(lambda: shown() == "done")

    hands.open()

    assert hands.dialog is not first
    assert shown() == "asking"
