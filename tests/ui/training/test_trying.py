"""A result is tried: base and adapter side by side, and the chat is afterwards as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backends.errors import DamagedAdapterError, LicenceNotAcceptedError
from backends.events import ModelReady
from backends.phrases import Phrase
from backends.protocol.engine_requests import AdapterRequest, ChatRequest, LoadRequest
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.jobs.job import Job, JobResult
from baichuan_desktop.services.training.job import WORDS, Trained
from baichuan_desktop.services.training.meter import TrainingMeter
from baichuan_desktop.ui.training.trying.dialog import TryDialog
from baichuan_desktop.ui.training.trying.room import TrialRoom
from tests.helpers.scripted_tuner import began, steps
from tests.ui.harness import Gate, ScriptedEngine, answer
from tests.ui.training.conftest import TrainingHands

QUESTION = "Where is the key?"


@pytest.fixture
def done(hands: TrainingHands, shown: Callable[[], str]) -> TrainingHands:
    """A training that is done."""
    hands.output.mkdir()
    hands.begin(began(), *steps(1, 8), hands.ready(), hands.listed())
    hands.ui.until(lambda: shown() == "done")
    return hands


def tried(hands: TrainingHands) -> TryDialog:
    """Press “Try it”, and wait for the dialog."""
    hands.dialog.done_page.try_button.click()
    hands.ui.until(lambda: hands.ui.window.training.trying is not None)
    dialog = hands.ui.window.training.trying
    assert dialog is not None
    return dialog


def ask(hands: TrainingHands, dialog: TryDialog, *answers: str) -> None:
    hands.ui.beside.answers += [answer(one) for one in answers]
    dialog.question.set_text(QUESTION)
    dialog.question.entered.emit()
    hands.ui.until(lambda: not dialog.trial.is_busy)


def test_both_answer_ones_own_questions_and_the_chat_stays_as_it_was(
    done: TrainingHands, engine: ScriptedEngine
) -> None:
    settings, asked = done.ui.settings.current, list(engine.requests)
    dialog = tried(done)
    before, after = dialog.columns

    ask(done, dialog, "I do not know.", "In the drawer.")

    assert (before.title.text(), after.title.text()) == (
        "Before: Baichuan Guide", "After: Baichuan Guide · Baichuan Guide",
    )  # fmt: skip
    assert [side.text for side in dialog.trial.sides] == ["I do not know.", "In the drawer."]
    kinds = [type(one) for one in done.ui.beside.requests]
    assert kinds == [LoadRequest, ChatRequest, AdapterRequest, ChatRequest]
    assert [str(one) for one in done.ui.beside.adapters] == [str(done.output)]
    first, second = done.ui.beside.questions
    assert isinstance(first, ChatRequest)
    assert isinstance(second, ChatRequest)
    assert first == second
    assert first.messages[-1].text == QUESTION
    ask(done, dialog, "In the drawer.", "I do not know.")
    assert [one and str(one) for one in done.ui.beside.adapters] == [str(done.output), None], (
        "the side that is loaded comes first"
    )
    dialog.close_button.click()

    assert done.ui.window.training.trying is None
    assert done.ui.beside.killed.is_set()
    assert engine.requests == asked, "the chat's engine hears of nothing"
    assert done.ui.settings.current == settings
    assert done.ui.window.switcher.current is not None
    assert done.ui.window.switcher.wish.adapter is None
    assert done.ui.rows == [], "nothing is kept as a conversation"


def test_the_model_of_the_chat_makes_room_and_comes_back_as_it_was(
    done: TrainingHands, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = done.ui.window.switcher.wish
    monkeypatch.setattr(
        "baichuan_desktop.ui.window.window_training.find_room",
        lambda *_: TrialRoom(wish, fits_beside=False),
    )
    settings = done.ui.settings.current

    dialog = tried(done)
    assert dialog.note.isVisible()
    done.ui.until(lambda: done.ui.window.switcher.current is None)
    ask(done, dialog, "No.", "Yes.")
    result = JobResult(Phrase("Nothing was done."), done.model.name)
    small = Job(WORDS, done.model.name, lambda *_: iter([result]), TrainingMeter)
    record = done.ui.window.jobs.add(small)
    done.ui.until(lambda: record.state is JobState.DONE)
    assert done.ui.window.switcher.is_settled
    assert done.ui.window.switcher.current is None, "a job that ends does not bring it back"
    dialog.close()
    done.ui.until_idle()

    loads = [one for one in engine.requests if isinstance(one, LoadRequest)]
    again = replace(loads[1], measured=loads[0].measured)
    assert again == loads[0], "loaded again with just what it had"
    assert done.ui.settings.current == settings


def test_while_a_job_takes_the_memory_it_says_why_not(
    done: TrainingHands, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, gate, wish = done.dialog, Gate(), done.ui.window.switcher.wish
    monkeypatch.setattr(
        "baichuan_desktop.ui.window.window_training.find_room",
        lambda *_: TrialRoom(wish, fits_beside=False),
    )
    done.tuner.previews.clear()
    second = done.begin(began(), *steps(1, 1), gate)
    done.ui.until(gate.reached.is_set)

    first.done_page.try_button.click()
    done.ui.until(lambda: "while a job runs" in first.done_page.trouble.text())

    assert done.ui.window.training.trying is None
    gate.open.set()
    done.ui.until(lambda: second.record is not None and second.record.state.is_over)


def test_an_adapter_that_cannot_be_used_is_told_in_its_column(done: TrainingHands) -> None:
    error = DamagedAdapterError(done.output, "it holds no tensors")
    dialog = tried(done)
    done.ui.beside.switches.append([error])

    ask(done, dialog, "I do not know.")

    before, after = dialog.trial.sides
    assert before.text == "I do not know."
    assert error.message in after.row(2).footer
    assert not dialog.stop_button.isEnabled()
    done.ui.beside.killed.clear()
    ask(done, dialog, "Once more.", "In the drawer.")
    assert [side.text for side in dialog.trial.sides] == ["Once more.", "In the drawer."]
    dialog.close()


def test_a_licence_is_asked_for_and_the_question_asked_again(done: TrainingHands) -> None:
    dialog = tried(done)
    asked: list[Callable[[], None]] = []
    done.ui.window.errors.ask = lambda _error, again, *_: bool(asked.append(again))  # type: ignore[method-assign,func-returns-value]
    done.ui.beside.loads.append([LicenceNotAcceptedError(done.model.id, "the guide")])
    done.ui.beside.answers += [answer("No."), answer("Yes.")]

    dialog.question.set_text(QUESTION)
    dialog.ask_button.click()
    done.ui.until(lambda: bool(asked))
    asked[0]()
    done.ui.until(lambda: not dialog.trial.is_busy)

    assert [side.text for side in dialog.trial.sides] == ["No.", "Yes."]
    dialog.close()


def test_a_stop_ends_both(done: TrainingHands) -> None:
    dialog, gate = tried(done), Gate()
    done.ui.beside.answers.append([gate])

    dialog.question.set_text(QUESTION)
    dialog.ask_button.click()
    done.ui.until(gate.reached.is_set)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    done.ui.until(lambda: not dialog.trial.is_busy)

    assert dialog.isVisible(), "Esc stops first"
    assert [side.row(2).footer for side in dialog.trial.sides][1] == "Stopped"
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_one_result_is_tried_at_a_time(done: TrainingHands) -> None:
    dialog, page = tried(done), done.dialog.done_page
    assert page.trained is not None
    done.dialog.try_requested.emit(page.trained)
    assert page.trouble.text() == "", "the one that is open is brought up"

    done.dialog.try_requested.emit(replace(page.trained, ready=done.ready(last_loss=0.1)))

    assert "is being tried" in page.trouble.text()
    assert done.ui.window.training.trying is dialog
    dialog.close()


def test_a_whole_model_that_is_not_listed_is_what_answers_beside_its_base(
    done: TrainingHands,
) -> None:
    shown = done.dialog.done_page.trained
    assert shown is not None
    shutil.copytree(done.model.path, done.output, dirs_exist_ok=True)
    unlisted = replace(shown, ready=replace(shown.ready, is_adapter=False), listed=None)
    done.dialog.try_requested.emit(unlisted)
    done.ui.until(lambda: done.ui.window.training.trying is not None)
    dialog = done.ui.window.training.trying
    assert dialog is not None

    ask(done, dialog, "No.", "Yes.")

    loads = [one for one in done.ui.beside.requests if isinstance(one, LoadRequest)]
    assert [one.folder for one in loads] == [str(done.model.path), str(done.output)]
    dialog.close()


def test_a_model_that_was_trained_whole_is_loaded_in_place_of_its_base(
    done: TrainingHands,
) -> None:
    shown = done.dialog.done_page.trained
    assert shown is not None
    whole = replace(shown, ready=replace(shown.ready, is_adapter=False))
    assert isinstance(whole, Trained)
    done.dialog.try_requested.emit(whole)
    done.ui.until(lambda: done.ui.window.training.trying is not None)
    dialog = done.ui.window.training.trying
    assert dialog is not None

    ask(done, dialog, "No.", "Yes.")

    loads = [one for one in done.ui.beside.requests if isinstance(one, LoadRequest)]
    assert [one.folder for one in loads] == 2 * [str(done.model.path)]
    assert [one.adapter for one in loads] == [None, None]
    assert not [one for one in done.ui.beside.requests if isinstance(one, ModelReady)]
    dialog.close()
