"""Copies that are made beside the chat: options, progress, end."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QThreadPool
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest

from backends.checkpoint.folder import Checkpoint
from backends.errors import DiskFullError, NotACheckpointError
from backends.events import CopyReady, JobProgress, JobStep
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.copies import ModelFiles, model_files
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.jobs.copy_dialog import CopyDialog
from baichuan_desktop.ui.window import window_jobs
from tests.helpers import exports, quantized
from tests.helpers.patience import PATIENCE_SECONDS
from tests.ui.harness import Gate, Harness, ScriptedEngine, answer

CHECKPOINTS = Path(__file__).parents[2] / "goldens" / "checkpoints"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of .bin files, of our own."""
    shutil.copytree(CHECKPOINTS / "b2-7b" / "sharded", tmp_path / "Seven")
    return tmp_path / "Seven"


@pytest.fixture
def seven(ui: Harness, folder: Path) -> Harness:
    """A window with that model loaded."""
    open_folder(ui, folder)
    return ui


def open_folder(ui: Harness, folder: Path) -> None:
    ui.window.library.open_folder(folder)
    ui.until(lambda: (ui.window.switcher.current or ui.store.models[0]).path == folder)
    ui.app.processEvents()


def entry(ui: Harness, number: int) -> QAction:
    _, action = ui.window.menus.jobs[number]
    return action


def open_job(ui: Harness, number: int = 0) -> CopyDialog:
    """Choose the entry and wait for what it offers."""
    ui.until(entry(ui, number).isEnabled)
    entry(ui, number).trigger()
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, CopyDialog)
    ui.until(lambda: bool(dialog.options.radios))
    return dialog


def begin(ui: Harness, *steps: object) -> CopyDialog:
    """Have the first choice written by an engine that follows a script."""
    ui.jobs.answers.append(list(steps))  # type: ignore[arg-type]  # steps of a script
    dialog = open_job(ui)
    dialog.options.begin.click()
    assert dialog.pages.currentWidget() is dialog.progress
    return dialog


def ended(ui: Harness) -> None:
    ui.until(lambda: ui.window.jobs.desk.running is None)


# --- the menu ----------------------------------------------------------------------------


def test_the_entries_are_named_as_the_guide_names_them(ui: Harness) -> None:
    def names() -> list[str]:
        return [action.text().replace("&", "") for _, action in ui.window.menus.jobs]

    assert names() == [
        "Quantise a copy…", "Convert to safetensors…", "Export for ONNX Runtime…",
        "Merge an adapter into a copy…", "Fine-tune…", "Measure speed…", "Compare quality…",
    ]  # fmt: skip
    ui.window.view.use_language("zh_CN")
    ui.app.processEvents()
    assert names() == [
        "量化一份副本(A)…", "转换为 safetensors(S)…", "导出为 ONNX Runtime(E)…",
        "将适配器合并到副本(G)…", "微调(F)…", "测量速度(M)…", "比较质量(C)…",
    ]  # fmt: skip


def test_only_files_that_can_be_converted_offer_it(ui: Harness, folder: Path) -> None:
    ui.until(entry(ui, 0).isEnabled)
    assert not entry(ui, 1).isEnabled(), "the guide is safetensors already"

    open_folder(ui, folder)
    ui.until(entry(ui, 1).isEnabled)
    assert entry(ui, 0).isEnabled()
    open_folder(ui, quantized.published("b2-7b-4bits"))
    QThreadPool.globalInstance().waitForDone()
    ui.app.processEvents()

    assert not entry(ui, 0).isEnabled(), "it is quantised already"
    assert not entry(ui, 2).isEnabled()
    assert not entry(ui, 1).isEnabled()


def test_the_files_of_a_model_that_was_replaced_offer_nothing(
    ui: Harness, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()

    def look(path: Path) -> ModelFiles:
        if path == folder:
            assert looked.wait(PATIENCE_SECONDS)
        return model_files(path)

    guide = ui.store.models[0]
    monkeypatch.setattr(window_jobs, "model_files", look)
    open_folder(ui, folder)
    ui.load(guide)
    ui.until(lambda: entry(ui, 0).isEnabled())

    looked.set()
    QThreadPool.globalInstance().waitForDone()
    ui.app.processEvents()

    assert ui.window.switcher.current == guide
    assert not entry(ui, 1).isEnabled(), "the guide is safetensors already"


def test_without_a_model_there_is_no_job(cold: Harness) -> None:
    assert not entry(cold, 0).isEnabled()
    assert not entry(cold, 1).isEnabled()


# --- options -----------------------------------------------------------------------------


def test_the_options_name_precisions_sizes_and_a_folder_beside_the_model(
    seven: Harness, folder: Path
) -> None:
    dialog = open_job(seven)

    options = dialog.options
    assert options.heading.text() == "Quantise a copy: Seven"
    assert [radio.text().split(",")[0] for radio in options.radios] == [
        "4-bit NF4", "8-bit", "4-bit FP4"
    ]  # fmt: skip
    assert options.radios[0].isChecked()
    assert [label.text() for label in options._sizes] == ["about 1 MiB"] * 3
    assert options.folder.text() == f"{folder}-4bit"
    options.radios[1].click()
    assert options.folder.text() == f"{folder}-8bit"


def test_an_export_is_offered_in_blocks_with_sizes_and_times(seven: Harness, folder: Path) -> None:
    options = open_job(seven, 2).options

    assert options.radios[1].text() == "int4, in blocks of 32 weights"
    assert options._sizes[1].text() == "about 1 MiB · under 1 min of computing"
    assert options.radios[0].accessibleDescription() == options._sizes[0].text()
    options.radios[1].click()
    assert options.folder.text() == f"{folder}-onnx-int4-block32"
    choice = replace(options._variants[1], computing_seconds=630.0)
    assert options._estimate(choice).endswith(" · about 10 min of computing")


def test_a_folder_that_was_written_by_hand_stays(
    seven: Harness, tmp_path: Path, engine: ScriptedEngine
) -> None:
    dialog = open_job(seven)
    options = dialog.options
    options.folder.clear()
    assert not options.begin.isEnabled()
    QTest.keyClicks(options.folder, str(tmp_path / "mine"))

    options.radios[2].click()
    seven.jobs.answers.append([])
    options.begin.click()
    ended(seven)

    assert seven.jobs.requests == [
        CopyRequest(str(tmp_path / "Seven"), str(tmp_path / "mine"), Precision.FP4)
    ]
    assert all(not isinstance(request, CopyRequest) for request in engine.requests), (
        "the chat's engine has no part in it"
    )


def test_a_conversion_asks_for_the_weights_as_they_are(seven: Harness, folder: Path) -> None:
    seven.jobs.answers.append([])

    dialog = open_job(seven, 1)
    dialog.options.begin.click()
    ended(seven)

    assert dialog.options.heading.text() == "Convert to safetensors: Seven"
    assert seven.jobs.requests == [CopyRequest(str(folder), f"{folder}-safetensors", None)]


def test_a_model_that_is_gone_ends_the_dialog_with_its_error(seven: Harness, folder: Path) -> None:
    seven.until(entry(seven, 0).isEnabled)
    (folder / "config.json").unlink()

    entry(seven, 0).trigger()
    dialog = seven.window.jobs.dialog
    assert dialog is not None
    seven.until(lambda: seven.error is not None and not dialog.isVisible())


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_registry_that_is_wrong_refuses_every_job_before_it_begins(
    seven: Harness, number: int
) -> None:
    seven.until(entry(seven, number).isEnabled)
    registry = app_paths().user_registry
    registry.write_text(registry.read_text(encoding="utf-8") + "modles: []\n", encoding="utf-8")

    entry(seven, number).trigger()
    dialog = seven.window.jobs.dialog
    assert dialog is not None
    # The list of models, which is read again, may tell of the error before the dialog does.
    seven.until(lambda: seven.error is not None and not dialog.isVisible())

    assert seven.error is not None
    assert "modles" in seven.error.message.text()
    assert seven.window.jobs.desk.running is None


# --- progress ----------------------------------------------------------------------------


def test_progress_is_told_by_step_and_percentage_and_the_chat_goes_on(
    seven: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    dialog = begin(
        seven, JobProgress(JobStep.HASH, 50, 100), JobProgress(JobStep.WRITE, 37, 100), gate
    )
    seven.until(lambda: "37 %" in dialog.progress.step.text())

    assert dialog.progress.step.text() == "Step 2 of 3: Writing the copy · 37 %"
    assert dialog.progress.bar.value() == 37
    assert dialog.progress.left.text() == "Time left: not known yet"
    assert seven.window.top_bar.job_button.text() == "Quantising a copy: 37 %"
    engine.answers.append(answer("Meanwhile."))
    seven.ask("Are you there?")
    assert "Meanwhile." in seven.page_text
    gate.open.set()
    ended(seven)
    assert not seven.window.top_bar.job_button.isVisible()


def test_a_hidden_job_runs_on_and_comes_back_by_the_status_bar(seven: Harness) -> None:
    gate = Gate()
    dialog = begin(seven, JobProgress(JobStep.WRITE, 1, 2), gate)

    dialog.progress.hide_button.click()
    assert not dialog.isVisible()
    assert seven.window.jobs.desk.running is not None
    seven.until(lambda: seven.window.top_bar.job_button.isVisible())
    seven.window.top_bar.job_button.click()
    page = seven.window.jobs.page
    assert page.isVisible()
    assert dialog.record is not None
    page.rows[dialog.record].show_button.click()

    assert dialog.isVisible()
    page.back.click()
    assert not page.isVisible()
    other = open_job(seven, 1)
    seven.jobs.answers.append([])
    other.options.begin.click()
    assert seven.window.jobs.desk.running is dialog.record, "one job at a time"
    assert len(seven.jobs.requests) == 1
    gate.open.set()
    ended(seven)


def test_a_cancelled_job_asks_the_engine_to_stop_and_offers_another_try(
    seven: Harness, folder: Path
) -> None:
    gate = Gate()
    dialog = begin(seven, JobProgress(JobStep.WRITE, 1, 2), gate)
    seven.until(gate.reached.is_set)

    dialog.progress.cancel.click()
    assert dialog.progress.cancel.text() == "Cancelling…"
    assert not dialog.progress.cancel.isEnabled()
    ended(seven)

    assert seven.jobs.cancels[0].is_set()
    assert dialog.pages.currentWidget() is dialog.options
    assert seven.error is None
    assert [model.path for model in seven.store.models][1:] == [folder]


# --- the end -----------------------------------------------------------------------------


def test_a_complete_copy_is_listed_and_can_be_loaded(
    seven: Harness, engine: ScriptedEngine, tmp_path: Path
) -> None:
    out = tmp_path / "Seven-4bit"
    shutil.copytree(CHECKPOINTS / "b2-7b" / "safetensors", out)

    dialog = begin(seven, JobProgress(JobStep.CHECK, 0, 1), CopyReady(str(out), 5 * 2**30))
    seven.until(lambda: dialog.pages.currentWidget() is dialog.done_page)

    assert dialog.done_page.text.text() == (f"“Seven-4bit” is listed. It takes 5.0 GiB in {out}")
    picker = seven.window.top_bar.picker
    assert "Seven-4bit" in [picker.itemText(row) for row in range(picker.count())]
    assert "“Seven-4bit” is listed" in seven.window.remarks.label.text()
    assert seven.window.switcher.current is not None
    assert seven.window.switcher.current.name.en == "Seven", "nothing is loaded unasked"
    dialog.close()
    assert dialog.record is not None
    log = seven.window.jobs.page.rows[dialog.record]
    assert log.text.text() == "“Seven-4bit” is listed."
    log.show_button.click()
    assert dialog.isVisible(), "its result can be seen again"
    dialog.done_page.load.click()
    seven.until(lambda: engine.loaded_folders[-1] == out)
    assert not dialog.isVisible()


def test_an_export_that_is_loaded_holds_at_the_next_start(
    seven: Harness, engine: ScriptedEngine, folder: Path
) -> None:
    """Who loads it from the dialog has chosen a precision."""
    out = folder.with_name("export")
    exports.write(Checkpoint.open(folder), Scheme(Precision.ONNX_INT4), out)
    seven.jobs.answers.append([CopyReady(str(out), 1)])
    dialog = open_job(seven, 2)
    dialog.options.begin.click()
    seven.until(lambda: dialog.pages.currentWidget() is dialog.done_page)
    assert "“export” is a precision of its model" in seven.window.remarks.label.text()

    dialog.done_page.load.click()
    seven.until(lambda: len(engine.loaded_folders) == 3)
    seven.until(lambda: seven.window.switcher.current is not None)

    assert seven.settings.current.precisions == {folder: LoadWish(Precision.ONNX_INT4)}


def test_a_job_that_fails_says_why_and_lists_nothing(
    seven: Harness, folder: Path, tmp_path: Path
) -> None:
    error = DiskFullError(tmp_path, needed_bytes=5 * 2**30, free_bytes=2**30)

    dialog = begin(seven, JobProgress(JobStep.HASH, 1, 2), error)
    ended(seven)

    assert seven.error is not None
    assert "The copy needs 5.0 GiB" in seven.error.message.text()
    assert "The copy needs 5.0 GiB" in dialog.options.trouble.text()
    assert dialog.record is not None
    log = seven.window.jobs.page.rows[dialog.record]
    assert "The copy needs 5.0 GiB" in log.text.text()
    assert dialog.pages.currentWidget() is dialog.options
    assert [model.path for model in seven.store.models][1:] == [folder]


def test_a_copy_that_cannot_be_listed_is_an_error(seven: Harness, tmp_path: Path) -> None:
    begin(seven, CopyReady(str(tmp_path / "nowhere"), 1))
    seven.until(lambda: seven.error is not None)

    assert seven.error is not None
    assert "there is no such folder" in seven.error.message.text()
    assert NotACheckpointError.help_topic in seven.error.more.text()


def test_the_engine_of_a_job_ends_with_it(seven: Harness) -> None:
    begin(seven)
    ended(seven)

    assert seven.jobs.killed.is_set()


def test_closing_the_window_in_a_job_asks_first(seven: Harness) -> None:
    gate = Gate()
    begin(seven, JobProgress(JobStep.WRITE, 1, 2), gate)
    seven.until(gate.reached.is_set)

    seven.window.close()
    question = seven.window.closing.question
    assert question is not None
    question.stay.click()
    seven.app.processEvents()
    assert seven.window.isVisible()
    assert seven.window.jobs.desk.running is not None

    seven.window.menus.quit.trigger()
    question = seven.window.closing.question
    assert question is not None
    question.close_window.click()

    assert not seven.window.isVisible()
    assert seven.window.jobs.desk.running is None
    assert seven.jobs.killed.is_set()


def test_the_dialog_follows_the_language(seven: Harness) -> None:
    gate = Gate()
    dialog = begin(seven, JobProgress(JobStep.WRITE, 37, 100), gate)
    seven.until(lambda: "37 %" in dialog.progress.step.text())

    seven.window.view.use_language("zh_CN")
    seven.app.processEvents()

    assert dialog.progress.step.text() == "第 2 步，共 3 步：写入副本 · 37%"
    assert seven.window.top_bar.job_button.text() == "正在量化副本：37%"
    gate.open.set()
    ended(seven)
