from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtDBus import QDBusConnection
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from baichuan_desktop.ui.choosing import file_dialogs, portal
from baichuan_desktop.ui.choosing.portal import file_chooser_version, theme_to_ask_for

BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus"}


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    """A desktop with a portal."""
    services = tmp_path / "second" / "dbus-1" / "services"
    services.mkdir(parents=True)
    (services / "org.freedesktop.portal.Desktop.service").write_text("[D-BUS Service]\n")
    return {"XDG_DATA_DIRS": f"{tmp_path / 'first'}::{tmp_path / 'second'}"}


def test_the_portal_is_asked_for_where_the_session_has_one(data: dict[str, str]) -> None:
    assert theme_to_ask_for(BUS | data) == "xdgdesktopportal"


def test_a_bus_without_a_name_in_the_environment_is_found_in_its_place(
    data: dict[str, str], tmp_path: Path
) -> None:
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert theme_to_ask_for(runtime | data) is None
    (tmp_path / "bus").touch()

    assert theme_to_ask_for(runtime | data) == "xdgdesktopportal"


def test_without_a_bus_a_portal_or_against_a_persons_choice_qt_is_left_alone(
    data: dict[str, str], tmp_path: Path
) -> None:
    assert theme_to_ask_for(data) is None
    assert theme_to_ask_for(BUS | {"XDG_DATA_DIRS": str(tmp_path)}) is None
    assert theme_to_ask_for(BUS | data | {"QT_QPA_PLATFORMTHEME": "gtk3"}) is None


def test_a_bus_that_is_not_there_has_no_portal(app: QApplication) -> None:
    bus = QDBusConnection.connectToBus("unix:path=/nowhere/bus", "a bus for this test")

    assert file_chooser_version(bus) == 0


@pytest.mark.parametrize(
    ("is_used", "answers", "is_qts"),
    [(False, False, False), (True, True, False), (True, False, True)],
)
def test_qts_own_dialog_is_shown_where_the_portal_does_not_answer(
    app: QApplication, monkeypatch: pytest.MonkeyPatch, is_used: bool, answers: bool, is_qts: bool
) -> None:
    asked: list[QFileDialog.Option] = []

    def folder(_parent: object, _title: str, _begin: str, options: QFileDialog.Option) -> str:
        asked.append(options)
        return "/models"

    def file(*_: object, options: QFileDialog.Option) -> tuple[str, str]:
        asked.append(options)
        return "", ""

    monkeypatch.setattr(portal, "is_used", lambda: is_used)
    monkeypatch.setattr(portal, "answers", lambda: answers)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", folder)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", file)
    parent = QWidget()

    assert file_dialogs.choose_folder(parent, "Open") == Path("/models")
    assert file_dialogs.choose_file(parent, "Choose", "Texts (*.txt)") is None
    own = QFileDialog.Option.DontUseNativeDialog
    assert [bool(options & own) for options in asked] == [is_qts, is_qts]
    assert asked[0] & QFileDialog.Option.ShowDirsOnly
