"""The data folder is moved while the app starts, before anything in it is opened."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog

from baichuan_desktop import app as window_app
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.data_folder import moving
from baichuan_desktop.services.data_folder.moving import Folders, ask_for_move
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.errors.dialog import MessageDialog
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.settings.moving import MovingDialog
from tests.ui.harness import until


@pytest.fixture
def folders(app: QApplication, tmp_path: Path) -> Folders:
    """A data folder with a conversation file and an imported model, to be moved."""
    paths = app_paths()
    (paths.model_folder / "seven").mkdir(parents=True)
    (paths.model_folder / "seven" / "config.json").write_text("{}", encoding="utf-8")
    paths.conversations.write_bytes(b"said")
    asked = Folders(paths.data_place, paths.data, paths.model_folder)
    ask_for_move(asked, tmp_path / "new")
    return asked


def test_the_next_start_moves_it_and_knows_where_imported_models_stayed(
    folders: Folders, theme: Theme, tmp_path: Path
) -> None:
    settings = SettingsFile(app_paths().settings)

    paths = window_app._with_data(settings, theme)

    assert paths.data == tmp_path / "new"
    assert paths.conversations.read_bytes() == b"said"
    assert (folders.stays / "seven" / "config.json").exists()
    assert SettingsFile(paths.settings).current.model_folders == (folders.stays,)
    assert window_app._with_data(settings, theme) == paths, "once is enough"


def test_a_move_that_fails_is_told_and_the_app_starts_with_what_was(
    folders: Folders, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def read(dialog: MessageDialog) -> int:
        told.append(dialog.message.text())
        return 0

    monkeypatch.setattr(MessageDialog, "exec", read)
    monkeypatch.setattr(moving, "_hash", lambda _: b"another")

    paths = window_app._with_data(SettingsFile(app_paths().settings), theme)

    assert paths.data == folders.old
    assert paths.conversations.read_bytes() == b"said"
    (sentence,) = told
    assert "cannot be moved" in sentence


def test_who_stops_it_has_everything_where_it_was(
    folders: Folders, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, real = threading.Event(), moving._copy

    def slow(source: Path, target: Path) -> None:
        real(source, target)
        hold.wait(60)

    monkeypatch.setattr(moving, "_copy", slow)
    dialog = MovingDialog(folders, theme)
    dialog.open()

    dialog.stop_button.click()
    hold.set()
    until(dialog.isHidden)

    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.error is None
    assert app_paths().data == folders.old
    assert app_paths().conversations.read_bytes() == b"said"
