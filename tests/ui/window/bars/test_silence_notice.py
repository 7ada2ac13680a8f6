"""An engine that says nothing any more: what the window says, and the button that ends it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backends.events import JobProgress, JobStep, LoadProgress, PromptReady, TextDelta
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent
from baichuan_desktop.services.jobs import quantised
from baichuan_desktop.services.jobs.copies import copy_job
from baichuan_desktop.ui.jobs.entry import plain_entry
from baichuan_desktop.ui.jobs.plain_dialog import PlainJobDialog
from baichuan_desktop.ui.window.bars.silence_notice import SilenceNotice
from tests.helpers import goldens
from tests.ui.harness import Gate, Harness, ScriptedEngine, answer, finished


def notice(ui: Harness) -> SilenceNotice:
    return ui.window.remarks.engine_notice


def press(shown: SilenceNotice) -> None:
    QTest.mouseClick(shown.button, Qt.MouseButton.LeftButton)


def test_a_silence_is_shown_and_goes_away_when_the_engine_goes_on(
    ui: Harness, engine: ScriptedEngine
) -> None:
    silent, heard = Gate(), Gate()
    engine.answers.append(
        [PromptReady(1, 0, 0), TextDelta("A "), EngineSilent(12), silent,
         EngineSilent(13), EngineHeard(), TextDelta("b."), heard, finished()]
    )  # fmt: skip
    ui.say("Hello?")
    ui.until(silent.reached.is_set)
    ui.until(lambda: not notice(ui).isHidden())

    assert notice(ui).label.text() == "The engine has said nothing for 12 s"
    assert notice(ui).button.text() == "End it"
    silent.open.set()
    ui.until(heard.reached.is_set)
    ui.until(notice(ui).isHidden)
    assert not ui.can_send_next
    heard.open.set()
    ui.until_idle()
    assert "A b." in ui.page_text


def test_the_button_ends_the_engine_and_the_text_stays(ui: Harness, engine: ScriptedEngine) -> None:
    gate = Gate()
    engine.answers += [
        [PromptReady(1, 0, 0), TextDelta("Half an answ"), EngineSilent(10), gate],
        answer("Whole."),
    ]
    ui.say("Hello?")
    ui.until(lambda: not notice(ui).isHidden())

    press(notice(ui))
    ui.until_idle()

    assert engine.killed.is_set()
    assert ui.page_text.endswith("Half an answ\nstopped")
    assert ui.error is None, "it was asked for"
    assert notice(ui).isHidden()
    ui.ask("And now?")
    assert "Whole." in ui.page_text
    request = engine.questions[-1]
    assert [message.text for message in request.messages][:2] == ["Hello?", "Half an answ"]  # type: ignore[union-attr]  # it chats


def test_a_load_that_hangs_can_be_ended_and_the_model_before_comes_back(
    ui: Harness, engine: ScriptedEngine
) -> None:
    guide = ui.window.switcher.current
    engine.loads.append([LoadProgress(1, 2), EngineSilent(10), Gate()])
    ui.window.library.open_folder(goldens.folder("b2-7b", "safetensors"))
    ui.until(lambda: not notice(ui).isHidden())

    press(notice(ui))
    ui.until(lambda: ui.error is not None)
    ui.until(lambda: ui.window.switcher.current == guide)

    error = ui.error
    assert error is not None
    assert notice(ui).isHidden()
    error.close()
    engine.answers.append(answer("Here."))
    ui.ask("Hello?")
    assert "Here." in ui.page_text


def test_the_notice_speaks_the_language_of_the_window(ui: Harness) -> None:
    shown = notice(ui)
    shown.show_silent(10)
    english = shown.label.text()

    ui.window.view.use_language("zh_CN")
    ui.until(lambda: shown.label.text() != english)

    assert "10" in shown.label.text()
    shown.clear()


def test_a_job_that_hangs_is_told_beside_its_own_button(ui: Harness, tmp_path: Path) -> None:
    gate = Gate()
    ui.jobs.answers.append([JobProgress(JobStep.WRITE, 1, 2), EngineSilent(11), gate])
    shown = ui.window.remarks.job_notice

    request = CopyRequest("/x", str(tmp_path), Precision.NF4)
    job = copy_job(ui.store, ui.store.models[0], request, quantised.OFFER.words)
    ui.window.jobs.open(plain_entry(lambda: "Copy", lambda _asked: job))
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, PlainJobDialog)
    dialog.begin_button.click()
    ui.until(lambda: not shown.isHidden())
    assert shown.label.text() == "The background job has said nothing for 11 s"
    assert notice(ui).isHidden()

    press(shown)
    ui.until(lambda: ui.window.jobs.desk.running is None)

    assert shown.isHidden()
    assert ui.jobs.killed.is_set()
    ui.until(lambda: ui.error is not None)
    error = ui.error
    assert error is not None
    error.close()
