"""The folders that imports go into."""

from __future__ import annotations

from pathlib import Path

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.importing.model_folders import model_folders, with_folder
from baichuan_desktop.services.settings import SettingsFile


def test_the_apps_own_folder_is_the_default_where_none_was_chosen(tmp_path: Path) -> None:
    (own,) = model_folders((), tmp_path / "data" / "files")

    assert (own.folder, own.is_default) == (tmp_path / "data" / "files", True)
    assert own.free_bytes is not None, "it is made when it is needed"


def test_a_chosen_folder_comes_first_and_one_whose_drive_is_away_has_no_figure(
    tmp_path: Path,
) -> None:
    away, own = tmp_path / "drive" / "models", tmp_path / "own"

    found = model_folders((away, tmp_path), own)

    assert [one.folder for one in found] == [away, tmp_path, own]
    assert [one.is_default for one in found] == [True, False, False]
    assert found[0].free_bytes is None
    assert found[1].free_bytes is not None


def test_a_folder_is_added_once_and_becomes_the_default() -> None:
    a, b = Path("/a"), Path("/b")

    assert with_folder((a,), b) == (b, a)
    assert with_folder((b, a), a) == (a, b)


def test_the_settings_keep_the_folders_and_leave_out_what_is_no_path(tmp_path: Path) -> None:
    file = app_paths().settings
    SettingsFile(file).change(model_folders=(tmp_path / "模型", tmp_path))

    assert SettingsFile(file).current.model_folders == (tmp_path / "模型", tmp_path)
    file.write_text('{"model_folders": ["/a", 7, "b\\u0000", "/c"], "language": "zh_CN"}')
    settings = SettingsFile(file).current
    assert settings.model_folders == (Path("/a"), Path("/c"))
    assert settings.language == "zh_CN"
