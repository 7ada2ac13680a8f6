from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow

from baichuan_desktop.ui.shortcuts.escape import EscapeKey
from tests.ui.harness import until


class Layer:
    """Something that lies open, and is closed by one Esc."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name, self._told = name, told
        self.is_open = True

    def close(self) -> bool:
        was_open, self.is_open = self.is_open, False
        if was_open:
            self._told.append(self.name)
        return was_open


def test_one_press_does_one_thing_and_the_answer_is_stopped_last(app: QApplication) -> None:
    window = QMainWindow()
    window.show()
    window.activateWindow()
    until(window.isActiveWindow)
    told: list[str] = []
    escape = EscapeKey(window, lambda: told.append("stop"))
    escape.first(Layer("find", told).close)
    escape.first(Layer("search", told).close)

    for _ in range(4):
        QTest.keyClick(window, Qt.Key.Key_Escape)
    window.close()

    assert told == ["search", "find", "stop", "stop"]
