"""No test opens a window on a screen or touches the folders of the person who runs it."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.helpers.policies import place_in

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # Qt reads it when the first widget is made


def pytest_collection_finish() -> None:
    """What was collected stays until the end: no search for garbage looks at it again.

    With ten thousand tests collected, one such search takes half a second, and what is asked of
    lost cards makes many.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def app_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the app keeps its settings, registry and logs in this test; not made yet."""
    home = tmp_path / "app home"
    monkeypatch.setenv("BAICHUAN_DESKTOP_HOME", str(home))
    place = place_in(tmp_path)  # of the policy, and of the site's registry beside it
    monkeypatch.setattr("backends.policy.site_policy.fixed_place", lambda: place)
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
