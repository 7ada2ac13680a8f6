"""A window for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.ui.look.theme import Theme
from tests.ui.controllers import Controllers
from tests.ui.harness import Harness, ScriptedEngine

#: Of the machine and its fonts: a font may have letters of a script and not know how to join them.
_OF_THE_PLATFORM = ("This plugin does not support", "QFontDatabase:", "OpenType support missing")


@pytest.fixture(scope="session")
def _theme(app: QApplication) -> Theme:
    return Theme(app)


@pytest.fixture
def theme(_theme: Theme) -> Theme:
    _theme.use("light")
    _theme.set_zoom(1.0)
    return _theme


@pytest.fixture(autouse=True)
def _no_qt_warnings() -> Iterator[None]:
    """Qt's warnings are errors."""
    warnings: list[str] = []

    def note(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        if kind is not QtMsgType.QtDebugMsg and not message.startswith(_OF_THE_PLATFORM):
            warnings.append(message)

    qInstallMessageHandler(note)
    yield
    qInstallMessageHandler(None)
    assert warnings == []


@pytest.fixture
def make_window(app: QApplication, theme: Theme) -> Iterator[Callable[[EnginePort], Harness]]:
    """Opens windows and closes them after the test."""
    opened: list[Harness] = []

    def make(engine: EnginePort) -> Harness:
        opened.append(Harness(app, theme, engine))
        return opened[-1]

    yield make
    for window in opened:
        window.close()


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def cold(engine: ScriptedEngine, make_window: Callable[[EnginePort], Harness]) -> Harness:
    """A window that has not begun to load a model."""
    return make_window(engine)


@pytest.fixture
def ui(cold: Harness) -> Harness:
    """A window with the guide model loaded."""
    cold.start()
    return cold


@pytest.fixture
def behind(app: QApplication, engine: ScriptedEngine) -> Iterator[Controllers]:
    """What decides behind the window, without one."""
    controllers = Controllers(engine)
    yield controllers
    controllers.close()
