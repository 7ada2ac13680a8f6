"""A model whose drive is not here is shown as such, is no error at a start, and comes back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from baichuan_desktop.services.app_paths import app_paths, resource
from baichuan_desktop.services.library import states
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.settings import SettingsFile
from tests.helpers import goldens
from tests.helpers.many_models import looks
from tests.ui.harness import Harness, ScriptedEngine

ENTRY = """\
schema_version: 1
installed:
- {{id: stick, name: On the stick, path: {drive}/model, drive: {drive}, family: baichuan2-7b,
   kind: chat, context_length: 256}}
- {{id: moved, name: Moved, path: {drive}-2/moved, family: baichuan2-7b, kind: chat,
   context_length: 256}}
"""


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """Where a stick would be mounted; the list names a model on it, and one that is gone."""
    file = app_paths().user_registry
    file.parent.mkdir(parents=True)
    file.write_text(ENTRY.format(drive=tmp_path / "stick"), encoding="utf-8")
    return tmp_path / "stick"


@pytest.fixture
def away(drive: Path, cold: Harness) -> Harness:
    cold.store.reload()
    cold.window.library.tell_listed()
    return cold


def entry(ui: Harness, name: str) -> tuple[str, bool, InstalledModel]:
    """The tooltip of an entry of the list, whether it is grey, and its model."""
    items = ui.window.top_bar.picker._items
    for row in range(items.rowCount()):
        item = items.item(row)
        if item.text() == name:
            is_grey = bool(item.data(Qt.ItemDataRole.UserRole + 4))
            return item.toolTip(), is_grey, item.data(Qt.ItemDataRole.UserRole)
    raise AssertionError(name)


def test_a_start_looks_at_no_listed_model(
    away: Harness, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with looks(monkeypatch, drive, drive.with_name("stick-2")) as seen:
        away.start()
        away.window.library.show_problems()

    assert seen == []
    assert not entry(away, "On the stick")[1]


def test_the_open_list_says_which_models_are_away(away: Harness, drive: Path) -> None:
    away.start()

    away.window.top_bar.picker.showPopup()
    away.until(lambda: entry(away, "On the stick")[1] and entry(away, "Moved")[1])

    said = entry(away, "On the stick")[0]
    assert said == f"<qt>“{drive}/model” lies on the drive “{drive}”, which is not here now.</qt>"
    assert "is not there any more" in entry(away, "Moved")[0]
    assert not entry(away, "Baichuan Guide")[1]
    away.window.top_bar.picker.hidePopup()


def test_to_choose_one_that_is_away_gives_the_sentence_and_leaves_what_runs(
    away: Harness, engine: ScriptedEngine, drive: Path
) -> None:
    away.start()

    away.load(entry(away, "On the stick")[2])
    away.until(lambda: away.error is not None)

    assert away.error is not None
    assert f"lies on the drive “{drive}”, which is not here now" in away.error.message.text()
    assert set(engine.loaded_folders) == {resource("guide_model")}


def test_the_model_of_last_time_that_is_away_is_no_error_and_is_not_forgotten(
    away: Harness, engine: ScriptedEngine, drive: Path
) -> None:
    away.settings.change(last_model="stick")

    away.start()

    assert engine.loaded_folders == [resource("guide_model")]
    assert away.error is None
    assert "which is not here now" in away.window.remarks.label.text()
    assert SettingsFile(away.settings._file).current.last_model == "stick"


def test_a_drive_that_comes_back_brings_its_model_back(
    away: Harness, drive: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.start()
    picker, watch = away.window.top_bar.picker, away.window.window_library.drives
    picker.showPopup()
    away.until(lambda: entry(away, "On the stick")[1])
    picker.hidePopup()
    away.until(lambda: watch.is_watching)

    shutil.copytree(goldens.folder("b2-7b", "safetensors"), drive / "model")
    monkeypatch.setattr(states, "is_here", drive.__eq__)
    monkeypatch.setattr(watch, "_is_mounted", drive.__eq__)
    watch.ask()

    away.until(lambda: not entry(away, "On the stick")[1])
    assert str(drive) in entry(away, "On the stick")[0]
    assert entry(away, "Moved")[1]
    away.load(entry(away, "On the stick")[2])
    away.until(lambda: engine.loaded_folders[-1] == drive / "model")
