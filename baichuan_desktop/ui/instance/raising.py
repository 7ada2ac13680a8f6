"""Brings a window to the front, as far as the desktop allows it."""

from __future__ import annotations

import os

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from baichuan_desktop.ui.instance.request import RaiseRequest

#: By which programs hand on the right to come to the front; Qt reads it when it asks for that.
_TOKEN = "XDG_ACTIVATION_TOKEN"


def own_token() -> str:
    """The right to come to the front that whoever started this process has given it."""
    return os.environ.get(_TOKEN, "")


class Raising(QObject):
    """Answers other starts for the window.

    Signals:
        model_asked: an id or a folder's path; that model shall be loaded.
    """

    model_asked = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    @Slot(object)
    def answer(self, request: RaiseRequest) -> None:
        """Do what another start asks for."""
        bring_to_front(self._window, request.token)
        if request.model is not None:
            self.model_asked.emit(request.model)


def bring_to_front(window: QWidget, token: str) -> None:
    """Show a window before others; where the desktop refuses that, its entry asks for attention."""
    if token:
        os.environ[_TOKEN] = token
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
    QApplication.alert(window)
