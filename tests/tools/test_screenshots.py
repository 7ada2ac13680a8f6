from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.look.colours import DARK
from baichuan_desktop.ui.look.theme import Theme

FILE = Path(__file__).parents[2] / "tools" / "screenshots.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("screenshots", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["screenshots"] = module
    spec.loader.exec_module(module)
    return module


tool = load()


@pytest.mark.parametrize("state", ["streaming", "menu"])
def test_a_state_is_drawn_in_the_theme_and_what_was_held_up_is_let_go(
    app: QApplication, state: str
) -> None:
    theme = Theme(app)
    stage = tool.Stage(app, theme, "dark", "zh_CN")
    tool.STATES[state](stage)

    image = tool.picture(stage.window).toImage()
    is_answering = stage.window.controller.is_answering
    stage.close()
    theme.use("light")

    assert (image.width(), image.height()) == (1280, 820)
    assert image.pixelColor(290, 700) == QColor(DARK.page)
    assert is_answering is (state == "streaming")
