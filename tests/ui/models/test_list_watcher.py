"""Lists of models that somebody else writes while the window is open."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtTest import QTest

from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.registry_schema import RegistryError
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.ui.models.list_watcher import ListWatcher
from tests.helpers import goldens
from tests.ui.controllers import Controllers
from tests.ui.harness import Harness, until


def copy_of(folder: Path) -> Path:
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    return folder


def rows(ui: Harness) -> list[str]:
    picker = ui.window.top_bar.picker
    return [picker.itemText(row) for row in range(picker.count())]


def test_a_model_that_a_terminal_adds_renames_and_removes_follows_in_the_window(
    ui: Harness, tmp_path: Path
) -> None:
    folder = copy_of(tmp_path / "talk")

    assert main(["models", "add", str(folder)]) == 0
    ui.until(lambda: "talk" in rows(ui))

    assert main(["models", "rename", "talk", "我的模型"]) == 0
    ui.until(lambda: "我的模型" in rows(ui))
    assert "talk" not in rows(ui)

    assert main(["models", "remove", "talk"]) == 0
    ui.until(lambda: "我的模型" not in rows(ui))


def test_a_model_of_the_same_folder_name_changes_the_title_of_the_one_in_use(
    ui: Harness, tmp_path: Path
) -> None:
    ui.window.library.open_folder(copy_of(tmp_path / "a" / "talk"))
    ui.until(lambda: ui.window.windowTitle() == "talk — Baichuan Desktop")

    ModelStore(app_paths()).add(copy_of(tmp_path / "b" / "talk"))

    ui.until(lambda: ui.window.windowTitle() == "talk (a) — Baichuan Desktop")
    assert rows(ui)[1:3] == ["talk (a)", "talk (b)"]
    assert ui.window.top_bar.picker.currentText() == "talk (a)"


def test_a_file_that_is_broken_meanwhile_keeps_the_list_and_is_told_once(
    behind: Controllers, tmp_path: Path
) -> None:
    store = behind.store
    store.add(copy_of(tmp_path / "talk"))
    behind.library.tell_listed()
    listed, problems = (
        behind.heard(behind.library.listed),
        behind.heard(behind.library.problems_found),
    )
    good = app_paths().user_registry.read_text(encoding="utf-8")

    for text in ("installed: [", "installed: ["):
        app_paths().user_registry.write_text(text, encoding="utf-8")
        behind.library.look_again()
        until(lambda: not behind.library.is_reading)

    ((found,),) = problems
    assert len(found) == 1  # type: ignore[arg-type]  # a signal carries objects
    assert [one.id for one in store.models] == [GUIDE_ID, "talk"]
    assert listed == []

    app_paths().user_registry.write_text(good, encoding="utf-8")
    behind.library.look_again()
    until(lambda: not behind.library.is_reading)
    app_paths().user_registry.write_text("installed: [", encoding="utf-8")
    behind.library.look_again()
    until(lambda: len(problems) == 2)  # it was well in between


def test_however_often_the_lists_are_asked_for_they_are_read_twice_at_most(
    behind: Controllers, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[None] = []
    reload = behind.store.reload

    def counted() -> Sequence[RegistryError]:
        reads.append(None)
        return reload()

    monkeypatch.setattr(behind.store, "reload", counted)

    for _ in range(50):
        behind.library.look_again()
    until(lambda: not behind.library.is_reading)

    assert 1 <= len(reads) <= 2


def test_a_file_is_noticed_that_comes_with_its_folder(behind: Controllers, tmp_path: Path) -> None:
    file = tmp_path / "config" / "models.yaml"
    watcher = ListWatcher([file], behind.parent)
    changes = behind.heard(watcher.changed)

    file.parent.mkdir()
    file.write_text("one", encoding="utf-8")
    until(lambda: len(changes) == 1)

    other = tmp_path / "other"  # as an editor, and the app itself, replace a file
    other.write_text("two and more", encoding="utf-8")
    other.replace(file)
    until(lambda: len(changes) == 2)

    file.unlink()
    until(lambda: len(changes) == 3)


def test_a_look_tells_at_once_and_only_of_what_changed(behind: Controllers, tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    watcher = ListWatcher([file, tmp_path / "no such folder" / "x"], behind.parent)
    changes = behind.heard(watcher.changed)

    watcher.look()
    assert changes == []

    file.write_text("one", encoding="utf-8")
    watcher.look()
    assert changes == [()]
    QTest.qWait(1)
    watcher.look()
    assert changes == [()]


def test_another_file_in_the_folder_is_nobodys_business(
    behind: Controllers, tmp_path: Path
) -> None:
    watcher = ListWatcher([tmp_path / "models.yaml"], behind.parent)
    changes = behind.heard(watcher.changed)

    (tmp_path / "settings.json").write_text("{}", encoding="utf-8")
    watcher.look()

    assert changes == []


def test_opening_the_list_looks_for_models_and_a_list_that_is_open_is_filled(
    ui: Harness, tmp_path: Path
) -> None:
    picker = ui.window.top_bar.picker
    looked: list[None] = []
    picker.list_opening.connect(lambda: looked.append(None))
    picker.showPopup()
    assert looked == [None]

    ModelStore(app_paths()).add(copy_of(tmp_path / "talk"))
    ui.until(lambda: "talk" in rows(ui))

    assert picker.view().isVisible()
    picker.hidePopup()
