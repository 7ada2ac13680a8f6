"""Renaming a model in the window."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from baichuan_desktop.ui.models.rename_dialog import RenameDialog
from tests.helpers import goldens
from tests.ui.harness import Harness


def opened(ui: Harness, tmp_path: Path, *names: str) -> RenameDialog:
    """The dialog as the list of models opens it, with models of these folders listed."""
    for name in names:
        folder = tmp_path / name
        shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
        ui.store.add(folder)
    ui.window.library.tell_listed()
    picker = ui.window.top_bar.picker
    row = picker.findText("Rename a model…")
    assert row >= 0
    picker.activated.emit(row)
    (dialog,) = ui.window.findChildren(RenameDialog)
    return dialog


def test_a_model_is_renamed_by_keys_and_the_list_shows_it(ui: Harness, tmp_path: Path) -> None:
    dialog = opened(ui, tmp_path, "talk", "other")
    assert dialog.models.currentText() == "talk"
    assert dialog.name.text() == "talk"

    QTest.keyClicks(dialog.name, "My chat")  # the old name is selected
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    ui.until(lambda: ui.window.top_bar.picker.findText("My chat") >= 0)

    ui.until(lambda: not ui.window.findChildren(RenameDialog))
    assert ui.store.model("talk").name.zh == "My chat"
    assert ui.store.model("other").name.en == "other"


def test_the_model_in_use_is_chosen_at_first_and_its_title_follows(
    ui: Harness, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    ui.window.library.open_folder(folder)
    ui.until(lambda: ui.window.windowTitle().startswith("mine"))

    dialog = opened(ui, tmp_path, "talk")
    assert dialog.models.currentText() == "mine"
    QTest.keyClicks(dialog.name, "Yours")
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)

    ui.until(lambda: ui.window.windowTitle() == "Yours — Baichuan Desktop")


def test_what_is_no_name_is_said_in_the_dialog_and_can_be_mended(
    ui: Harness, tmp_path: Path
) -> None:
    dialog = opened(ui, tmp_path, "talk")
    dialog.name.setText("a\u202eb")
    dialog.rename_button.click()
    ui.until(lambda: dialog.problem.isVisible())

    assert "cannot be seen" in dialog.problem.text()
    assert dialog.isVisible()
    dialog.name.setText("   ")
    assert not dialog.rename_button.isEnabled()
    assert not dialog.problem.isVisible()
    dialog.name.setText("better")
    dialog.rename_button.click()
    ui.until(lambda: ui.store.model("talk").name.en == "better")


def test_without_a_model_of_ones_own_there_is_nothing_to_rename(ui: Harness) -> None:
    assert ui.window.top_bar.picker.findText("Rename a model…") == -1


def test_names_are_told_apart_in_the_dialog_and_the_path_is_shown(
    ui: Harness, tmp_path: Path
) -> None:
    dialog = opened(ui, tmp_path, "a/talk", "b/talk")

    assert [dialog.models.itemText(row) for row in range(2)] == ["talk (a)", "talk (b)"]
    dialog.models.setCurrentIndex(1)
    assert dialog.path.text() == str(tmp_path / "b" / "talk")
    assert dialog.name.text() == "talk"
    dialog.cancel_button.click()
    assert [one.name.en for one in ui.store.models[1:]] == ["talk", "talk"]
