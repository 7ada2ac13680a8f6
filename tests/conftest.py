"""No test opens a window on a screen or touches the folders of the person who runs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # Qt reads it when the first widget is made


@pytest.fixture(autouse=True)
def app_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the app keeps its settings, registry and logs in this test; not made yet."""
    home = tmp_path / "app home"
    monkeypatch.setenv("BAICHUAN_DESKTOP_HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "site"))  # the site's registry layer
    for name in ("QT_IM_MODULE", "QT_IM_MODULES", "GTK_IM_MODULE", "XMODIFIERS"):
        monkeypatch.delenv(name, raising=False)  # the input method of who runs the tests
    return home


@pytest.fixture(scope="session")
def app() -> QApplication:
    """The one application that a process may have, for tests of the window and of the workers."""
    from PySide6.QtWidgets import QApplication

    from baichuan_desktop.ui.look.fonts import load_fonts

    made = QApplication(["baichuan-desktop"])
    made.setApplicationDisplayName("Baichuan Desktop")
    made.setQuitOnLastWindowClosed(False)
    load_fonts()
    return made
