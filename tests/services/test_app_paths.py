"""Where the app keeps what it writes, wherever it is started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from baichuan_desktop.services.app_paths import HOME_VARIABLE, app_paths


def test_a_home_is_found_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(HOME_VARIABLE, "stick")

    assert app_paths().settings == tmp_path / "stick" / "config" / "settings.json"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the folder that one is in")
def test_in_a_folder_that_was_deleted_nothing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.setenv(HOME_VARIABLE, "stick")
    gone.rmdir()
    with pytest.raises(FileNotFoundError):
        Path.cwd()

    settings = app_paths().settings

    assert not settings.exists()
    with pytest.raises(FileNotFoundError):
        settings.parent.mkdir(parents=True)
