"""An adapter is merged into a copy, or into an export, as a person clicks."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QAction

from backends.checkpoint.folder import Checkpoint
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.events import CopyReady, JobProgress, JobStep
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from backends.protocol.engine_requests import ExportRequest, LoadRequest, MergeRequest
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.jobs.copy_dialog import CopyDialog
from baichuan_desktop.ui.jobs.options import adapter_choice
from tests.helpers import adapters, exports, goldens
from tests.ui.harness import Gate, Harness, ScriptedEngine

EXPORT, MERGE = 2, 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of our own."""
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), tmp_path / "Seven")
    return tmp_path / "Seven"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """An adapter for it."""
    shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), tmp_path / "Mine")
    return tmp_path / "Mine"


@pytest.fixture
def seven(ui: Harness, folder: Path, mine: Path) -> Harness:
    """A window with that model loaded, and the adapter listed under it."""
    ui.window.library.open_folder(folder)
    ui.until(lambda: (ui.window.switcher.current or ui.store.models[0]).path == folder)
    ui.store.add_adapter(mine, ui.store.listed_at(folder).id)  # type: ignore[union-attr]  # it is
    ui.app.processEvents()
    return ui


def turn_on(ui: Harness, adapter: Path) -> None:
    current = ui.window.switcher.current
    assert current is not None
    ui.window.switcher.use_adapter(current, adapter)
    ui.until(lambda: not ui.window.switcher.is_changing_adapter)
    assert ui.window.switcher.adapter_of(current) == adapter


def entry(ui: Harness, number: int) -> QAction:
    _, action = ui.window.menus.jobs[number]
    return action


def shown(ui: Harness) -> CopyDialog:
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, CopyDialog)
    return dialog


def open_job(ui: Harness, number: int) -> CopyDialog:
    """Choose the entry and wait for what it offers."""
    ui.until(entry(ui, number).isEnabled)
    entry(ui, number).trigger()
    dialog = shown(ui)
    ui.until(lambda: bool(dialog.options.radios))
    return dialog


def rows(dialog: CopyDialog) -> list[str]:
    box = dialog.options.adapter.box
    return [box.itemText(row) for row in range(box.count())]


def take(dialog: CopyDialog, text: str) -> None:
    """Choose a row of the adapters, as a click in the list does."""
    box = dialog.options.adapter.box
    row = rows(dialog).index(text)
    box.setCurrentIndex(row)
    box.activated.emit(row)


# --- merging -----------------------------------------------------------------------------


def test_the_adapter_that_is_on_is_proposed_for_a_merge(
    seven: Harness, folder: Path, mine: Path
) -> None:
    turn_on(seven, mine)
    seven.jobs.answers.append([])

    dialog = open_job(seven, MERGE)

    options = dialog.options
    assert options.heading.text() == "Merge an adapter into a copy: Seven"
    assert rows(dialog) == ["Mine", "Another folder…"]
    assert [radio.text() for radio in options.radios] == [
        "As the model is stored (bf16)", "In fp16", "In fp32"
    ]  # fmt: skip
    assert options.folder.text() == f"{folder}-Mine-merged"
    options.radios[2].click()
    assert options.folder.text() == f"{folder}-Mine-merged-fp32"
    options.begin.click()
    seven.until(lambda: seven.window.jobs.desk.running is None)
    assert seven.jobs.requests == [
        MergeRequest(str(folder), str(mine), f"{folder}-Mine-merged-fp32", Precision.FP32)
    ]


def test_without_an_adapter_in_the_list_a_folder_is_chosen(
    seven: Harness, folder: Path, mine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seven.store.remove_adapter(seven.store.adapters[0].id)
    dialog = open_job(seven, MERGE)
    assert rows(dialog) == ["Choose one", "Another folder…"]
    assert not dialog.options.begin.isEnabled(), "there is nothing to merge yet"
    answers = [None, mine]
    monkeypatch.setattr(adapter_choice, "choose_folder", lambda *_: answers.pop(0))

    take(dialog, "Another folder…")
    assert not dialog.options.begin.isEnabled()
    take(dialog, "Another folder…")

    assert rows(dialog) == ["Choose one", "Mine", "Another folder…"]
    assert dialog.options.adapter.box.currentText() == "Mine"
    assert dialog.options.folder.text() == f"{folder}-Mine-merged"
    seven.jobs.answers.append([])
    dialog.options.begin.click()
    seven.until(lambda: seven.window.jobs.desk.running is None)
    assert seven.jobs.requests == [
        MergeRequest(str(folder), str(mine), f"{folder}-Mine-merged", None)
    ]


def test_a_merged_copy_is_listed_by_both_names_and_loaded_as_a_model_of_its_own(
    seven: Harness, engine: ScriptedEngine, folder: Path, mine: Path
) -> None:
    out = folder.with_name("Seven-Mine-merged")
    request = MergeRequest(str(folder), str(mine), str(out))
    events = list(run_request(Engine(), request, threading.Event()))
    gate = Gate()
    seven.jobs.answers.append([JobProgress(JobStep.WRITE, 37, 100), gate, events[-1]])

    dialog = open_job(seven, MERGE)
    take(dialog, "Mine")
    dialog.options.folder.setText(str(out))
    dialog.options.begin.click()
    seven.until(lambda: "37 %" in dialog.progress.step.text())
    assert dialog.progress.heading.text() == "Merging an adapter into a copy: Seven"
    gate.open.set()
    seven.until(lambda: dialog.pages.currentWidget() is dialog.done_page)

    assert dialog.done_page.text.text().startswith("“Seven + Mine” is listed.")
    assert "baichuan-golden/b2-7b" in dialog.done_page.notes.text(), "its base is no name we know"
    picker = seven.window.top_bar.picker
    assert "Seven + Mine" in [picker.itemText(row).strip() for row in range(picker.count())]
    dialog.done_page.load.click()
    seven.until(lambda: seven.window.switcher.current is not None)
    assert engine.loaded_folders[-1] == out
    current = seven.window.switcher.current
    assert current is not None
    assert seven.window.switcher.adapter_of(current) is None


# --- exporting ---------------------------------------------------------------------------


def test_an_export_is_of_the_model_alone_unless_an_adapter_is_on(
    seven: Harness, folder: Path, mine: Path
) -> None:
    dialog = open_job(seven, EXPORT)
    assert rows(dialog) == ["The model without an adapter", "Mine", "Another folder…"]
    assert dialog.options.adapter.box.currentText() == "The model without an adapter"
    assert dialog.options.folder.text() == f"{folder}-onnx-int4"
    dialog.close()
    turn_on(seven, mine)

    dialog = open_job(seven, EXPORT)
    assert dialog.options.adapter.box.currentText() == "Mine"
    assert dialog.options.folder.text() == f"{folder}-Mine-onnx-int4"
    take(dialog, "The model without an adapter")
    assert dialog.options.folder.text() == f"{folder}-onnx-int4"
    take(dialog, "Mine")
    seven.jobs.answers.append([])
    dialog.options.begin.click()
    seven.until(lambda: seven.window.jobs.desk.running is None)

    assert seven.jobs.requests == [
        ExportRequest(
            str(folder), f"{folder}-Mine-onnx-int4", Precision.ONNX_INT4, adapter=str(mine)
        )
    ]


def test_a_copy_that_no_adapter_can_be_in_does_not_ask_for_one(seven: Harness) -> None:
    dialog = open_job(seven, 0)

    assert not dialog.options.adapter.isVisible()


@pytest.fixture
def with_export(seven: Harness, folder: Path, tmp_path: Path) -> Harness:
    """The same window, whose model has an export."""
    out = tmp_path / "export"
    exports.write(Checkpoint.open(folder), Scheme(Precision.ONNX_INT8), out)
    source = seven.store.listed_at(folder)
    assert source is not None
    seven.store.add_export(source, out)
    seven.window.library.tell_listed()
    seven.load(seven.store.listed_at(folder))  # type: ignore[arg-type]  # it is
    seven.until(lambda: seven.window.switcher.current is not None)
    return seven


def choose_export(ui: Harness) -> None:
    """Choose the precision of the export in the menu."""
    ui.window.precision.menu.chosen.emit(LoadWish(Precision.ONNX_INT8))


def test_an_export_chosen_while_an_adapter_is_on_is_made_with_it_in_one_click(
    with_export: Harness, folder: Path, mine: Path, engine: ScriptedEngine
) -> None:
    ui = with_export
    turn_on(ui, mine)
    loads = len(engine.loaded_folders)
    ui.jobs.answers.append([])

    choose_export(ui)

    assert ui.error is not None
    assert "“Mine” cannot be used with an export for ONNX Runtime" in ui.error.message.text()
    assert len(engine.loaded_folders) == loads, "nothing is dropped unasked"
    first, second = ui.error.offers
    assert first.text() == "Export the model with the adapter in it"
    assert second.text() == "Use the export without the adapter"
    first.click()
    ui.until(lambda: bool(ui.jobs.requests))
    assert ui.jobs.requests == [
        ExportRequest(
            str(folder), f"{folder}-Mine-onnx-int8", Precision.ONNX_INT8, adapter=str(mine)
        )
    ]
    assert shown(ui).isVisible()
    ui.until(lambda: ui.window.jobs.desk.running is None)


def test_an_export_chosen_while_an_adapter_is_on_can_be_used_without_it(
    with_export: Harness, mine: Path, engine: ScriptedEngine
) -> None:
    ui = with_export
    turn_on(ui, mine)
    choose_export(ui)
    assert ui.error is not None

    ui.error.offers[1].click()

    ui.until(lambda: isinstance(engine.requests[-1], LoadRequest))
    asked = engine.requests[-1]
    assert isinstance(asked, LoadRequest)
    assert (asked.precision, asked.adapter) == (Precision.ONNX_INT8, None)


def test_an_export_with_an_adapter_is_listed_as_a_model_of_its_own(
    seven: Harness, folder: Path, mine: Path
) -> None:
    out = folder.with_name("Seven-Mine-onnx-int4")
    request = ExportRequest(str(folder), str(out), Precision.ONNX_INT4, adapter=str(mine))
    *_, ready = run_request(Engine(), request, threading.Event())
    assert isinstance(ready, CopyReady)
    seven.jobs.answers.append([ready])
    turn_on(seven, mine)

    dialog = open_job(seven, EXPORT)
    dialog.options.folder.setText(str(out))
    dialog.options.begin.click()
    seven.until(lambda: dialog.pages.currentWidget() is dialog.done_page)

    assert dialog.done_page.text.text().startswith("“Seven + Mine” is listed.")
    listed = seven.store.listed_at(out)
    assert listed is not None
    assert listed.export_of is None
    base = seven.store.listed_at(folder)
    assert base is not None
    assert base.exports == ()


def test_the_field_follows_the_language(seven: Harness) -> None:
    dialog = open_job(seven, EXPORT)

    seven.window.view.use_language("zh_CN")
    seven.app.processEvents()

    assert dialog.options.adapter.label.text() == "适配器"
    assert rows(dialog)[1] == "Mine"
