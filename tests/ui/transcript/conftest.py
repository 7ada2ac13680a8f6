"""A transcript for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.look.theme import Theme
from tests.ui.transcript.shown import Shown


@pytest.fixture
def shown(app: QApplication, theme: Theme) -> Iterator[Shown]:
    made = Shown(app, theme)
    yield made
    made.close()
