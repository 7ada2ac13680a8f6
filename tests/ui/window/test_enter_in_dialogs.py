"""Enter presses the button that has the keyboard, in every dialog that has more than one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from backends.errors import EngineError
from baichuan_desktop.ui.models.rename_dialog import RenameDialog
from tests.helpers import goldens
from tests.ui.harness import Harness


def press_enter_on(ui: Harness, button: QAbstractButton) -> None:
    button.setFocus(Qt.FocusReason.TabFocusReason)
    ui.until(button.hasFocus)
    QTest.keyClick(button, Qt.Key.Key_Return)


def test_an_error_is_copied_and_stays(ui: Harness) -> None:
    ui.window.errors.show(EngineError("What happened."))
    dialog = ui.error
    assert dialog is not None

    press_enter_on(ui, dialog.copy_button)

    assert "What happened." in QGuiApplication.clipboard().text()
    assert ui.error is dialog


def test_what_an_error_offers_is_taken(ui: Harness) -> None:
    ui.window.errors.show(EngineError("What happened."))
    dialog = ui.error
    assert dialog is not None
    dialog.offer("Take this", "this")
    taken: list[object] = []
    dialog.accepted_offer.disconnect()
    dialog.accepted_offer.connect(taken.append)

    press_enter_on(ui, dialog.offers[0])

    assert taken == ["this"]


@pytest.mark.parametrize("button", ["cancel_button", "rename_button"])
def test_a_name_is_kept_or_changed_as_the_button_says(
    ui: Harness, tmp_path: Path, button: str
) -> None:
    folder = tmp_path / "talk"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    ui.store.add(folder)
    ui.window.dialogs.ask_for_name()
    (dialog,) = ui.window.findChildren(RenameDialog)
    dialog.name.setText("Another")

    press_enter_on(ui, getattr(dialog, button))
    ui.until(lambda: not ui.window.findChildren(RenameDialog))

    assert ui.store.model("talk").name.en == ("talk" if button == "cancel_button" else "Another")


def test_the_page_of_jobs_is_left(ui: Harness) -> None:
    ui.window.menus.jobs_page.trigger()

    press_enter_on(ui, ui.window.jobs.page.back)

    assert ui.composer.isVisible()
