"""The Esc key: it closes what lies over the conversation, and only then stops the answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.shortcuts.binding import window_action
from baichuan_desktop.ui.shortcuts.table import Command


class EscapeKey(QObject):
    """Has one press of Esc do one thing. Dialogs and menus get the key before the window does."""

    def __init__(self, window: QWidget, stop: Callable[[], object]) -> None:
        """`stop` ends an answer, if there is one."""
        super().__init__(window)
        self._stop = stop
        self._closers: list[Callable[[], bool]] = []
        window_action(window, Command.STOP).triggered.connect(self.press)

    def first(self, close: Callable[[], bool]) -> None:
        """Ask `close` before those that came before it; True from it is the end of the press."""
        self._closers.insert(0, close)

    @Slot()
    def press(self) -> None:
        """Close the topmost thing that is open, else stop the answer."""
        if not any(close() for close in self._closers):
            self._stop()
