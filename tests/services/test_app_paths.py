"""Where the app keeps what it writes, wherever it is started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backends.policy import site_policy
from baichuan_desktop.services.app_paths import HOME_VARIABLE, app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.settings import SettingsFile


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


@pytest.mark.skipif(sys.platform == "win32", reason="no such variables")
def test_no_variable_brings_another_registry_of_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = app_paths().site_registry

    for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "HOME", HOME_VARIABLE):
        monkeypatch.setenv(name, str(tmp_path / "mine"))

    assert app_paths().site_registry == before
    assert before.parent == site_policy.fixed_place().file.parent


@pytest.fixture
def one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that has one folder for settings and for what a person wrote."""
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    for kind in ("config", "data"):
        monkeypatch.setattr(
            f"platformdirs.user_{kind}_dir", lambda *_names, **_options: str(tmp_path / "app")
        )


@pytest.mark.usefixtures("one_folder")
def test_settings_are_kept_while_conversations_are_open_whatever_the_system_calls_its_folders(
    caplog: pytest.LogCaptureFixture,
) -> None:
    paths = app_paths()
    store = ConversationStore(paths.conversations)

    SettingsFile(paths.settings).change(show_panel=True)

    store.close()
    assert SettingsFile(paths.settings).current.show_panel
    assert "locked" not in caplog.text


@pytest.mark.usefixtures("one_folder")
def test_conversations_lie_in_a_folder_of_their_own() -> None:
    paths = app_paths()

    others = (paths.config, paths.log, paths.cache)
    assert all(paths.data != other for other in others)
