"""Which model is loaded first, and what becomes of a folder that is opened, without a window."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QThreadPool

from backends.errors import DamagedCheckpointError, UserFacingError
from baichuan_desktop.services.app_paths import app_paths, resource
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import GUIDE_ID
from tests.helpers import goldens
from tests.ui.controllers import Controllers, installed
from tests.ui.harness import ScriptedEngine, until

GUIDE = resource("guide_model")
CHECKPOINT = goldens.folder("b2-7b", "safetensors")
SLOW = goldens.folder("b1-7b", "safetensors")
BROKEN = DamagedCheckpointError(Path("/models/One/model.safetensors"), "it is cut short")


def until_loaded(behind: Controllers) -> None:
    until(lambda: behind.switcher.current is not None)


def test_without_a_name_the_model_of_last_time_is_loaded(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    behind.settings.change(last_model=behind.store.add(CHECKPOINT).id)

    behind.library.load_first(None)
    until_loaded(behind)

    assert engine.loaded_folders == [CHECKPOINT]


@pytest.mark.parametrize("last", [None, "removed-since"])
def test_where_no_model_was_used_or_it_is_gone_the_guide_is_loaded(
    behind: Controllers, engine: ScriptedEngine, last: str | None
) -> None:
    behind.settings.change(last_model=last)

    behind.library.load_first(None)
    until_loaded(behind)

    assert engine.loaded_folders == [GUIDE]


def test_a_name_that_is_none_is_told_and_the_model_of_last_time_is_loaded(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    behind.settings.change(last_model=behind.store.add(CHECKPOINT).id)
    failures = behind.heard(behind.library.failed)

    behind.library.load_first("no-such-model")
    until_loaded(behind)

    ((error,),) = failures
    assert isinstance(error, UserFacingError)
    assert "no-such-model" in error.message
    assert engine.loaded_folders == [CHECKPOINT]


def test_a_folder_that_is_opened_is_listed_and_loaded(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    listed, opened = behind.heard(behind.library.listed), behind.heard(behind.library.opened)

    behind.library.open_folder(CHECKPOINT)
    until_loaded(behind)

    assert engine.loaded_folders == [CHECKPOINT]
    ((models,),) = listed
    assert [model.path for model in models] == [GUIDE, CHECKPOINT]  # type: ignore[attr-defined]  # a signal carries objects
    assert opened == [()]


@pytest.mark.parametrize("named", ["shelf", "shelf/model/pictures", "shelf/model/config.json"])
def test_the_folder_above_a_model_or_below_it_opens_it(
    behind: Controllers, engine: ScriptedEngine, tmp_path: Path, named: str
) -> None:
    folder = tmp_path / "shelf" / "model"
    shutil.copytree(CHECKPOINT, folder)
    (folder / "pictures").mkdir()

    behind.library.open_folder(tmp_path / named)
    until_loaded(behind)

    assert engine.loaded_folders == [folder]
    assert [model.path for model in behind.store.models] == [GUIDE, folder]


def test_a_folder_of_several_models_opens_none_of_them(
    behind: Controllers, engine: ScriptedEngine, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        shutil.copytree(CHECKPOINT, tmp_path / name)
    failures = behind.heard(behind.library.failed)

    behind.library.open_folder(tmp_path)
    until(lambda: bool(failures))

    assert engine.requests == []
    assert [model.path for model in behind.store.models] == [GUIDE]


def test_a_folder_that_is_open_already_is_not_loaded_again(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    behind.library.open_folder(CHECKPOINT)
    until_loaded(behind)
    listed, opened = behind.heard(behind.library.listed), behind.heard(behind.library.opened)

    behind.library.open_folder(CHECKPOINT)
    until(lambda: bool(listed))

    assert engine.loaded_folders == [CHECKPOINT]
    assert opened == []


def test_a_folder_without_a_model_is_told_and_changes_nothing(
    behind: Controllers, engine: ScriptedEngine, tmp_path: Path
) -> None:
    failures, listed = behind.heard(behind.library.failed), behind.heard(behind.library.listed)

    behind.library.open_folder(tmp_path)
    until(lambda: bool(failures))

    assert listed == []
    assert engine.requests == []


@pytest.fixture
def slow(behind: Controllers, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Looking at the folder SLOW takes until the event is set."""
    event, add = threading.Event(), behind.store.add

    def add_slowly(folder: Path, **more: Any) -> InstalledModel:
        if folder == SLOW:
            event.wait()
        return add(folder, **more)

    monkeypatch.setattr(behind.store, "add", add_slowly)
    yield event
    event.set()  # else its thread is missing in the pool, and whoever waits for that never ends


def until_listed(behind: Controllers, folder: Path) -> None:
    until(lambda: folder in [model.path for model in behind.store.models])
    QThreadPool.globalInstance().waitForDone()
    QCoreApplication.processEvents()


def test_a_folder_that_is_found_late_does_not_replace_a_model_chosen_after_it(
    behind: Controllers, engine: ScriptedEngine, slow: threading.Event
) -> None:
    listed, opened = behind.heard(behind.library.listed), behind.heard(behind.library.opened)
    behind.library.open_folder(SLOW)
    behind.switcher.load(installed("One"))
    until_loaded(behind)

    slow.set()
    until_listed(behind, SLOW)

    assert len(listed) == 1, "it can be chosen"
    assert opened == []
    assert engine.loaded_folders == [installed("One").path]


def test_of_two_folders_the_one_opened_last_is_loaded(
    behind: Controllers, engine: ScriptedEngine, slow: threading.Event
) -> None:
    behind.library.open_folder(SLOW)
    behind.library.open_folder(CHECKPOINT)
    until_loaded(behind)

    slow.set()
    until_listed(behind, SLOW)

    assert engine.loaded_folders == [CHECKPOINT]


def test_a_model_that_comes_back_by_itself_is_no_choice_against_a_folder(
    behind: Controllers, engine: ScriptedEngine, slow: threading.Event
) -> None:
    behind.library.load_first(None)
    until_loaded(behind)
    behind.switcher.set_aside()
    behind.library.open_folder(SLOW)
    behind.switcher.bring_back()
    until_loaded(behind)

    slow.set()
    until(lambda: engine.loaded_folders[-1] == SLOW)
    until_loaded(behind)


def test_a_model_that_took_the_place_of_another_is_not_remembered(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    behind.library.load_first(None)
    until_loaded(behind)
    engine.loads.append([BROKEN])

    behind.switcher.load(installed("One"))
    until_loaded(behind)

    assert engine.loaded_folders[-1] == GUIDE
    assert behind.settings.current.last_model == GUIDE_ID
    behind.settings.change(last_model="another")
    behind.library.remember(installed("One"))
    assert behind.settings.current.last_model == "another"


def test_that_choices_cannot_be_kept_is_told_once(
    app_home: Path, behind: Controllers, engine: ScriptedEngine
) -> None:
    app_home.mkdir(exist_ok=True)
    (app_home / "config").write_text("a file in place of the folder")
    told = behind.heard(behind.library.unkept)

    for name in ("One", "Other"):
        behind.load(installed(name))

    assert told == [("Not a directory",)]


def test_every_problem_of_the_registries_is_told_at_the_start(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    told = behind.heard(behind.library.problems_found)
    behind.library.show_problems()
    assert told == []
    paths = app_paths()
    for file in (paths.site_registry, paths.user_registry):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("schema_version: 1\nmodles: []\n", encoding="utf-8")
    with Controllers(engine) as broken:
        told = broken.heard(broken.library.problems_found)

        broken.library.show_problems()

    ((problems,),) = told
    assert [str(error) for error in problems] == [  # type: ignore[attr-defined]  # a signal carries objects
        str(error) for error in broken.store.problems
    ]
    assert len(broken.store.problems) == 2
