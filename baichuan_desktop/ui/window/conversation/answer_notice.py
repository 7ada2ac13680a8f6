"""Tells a person who is elsewhere that an answer which took long is there."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.chat.values import ChatMessage, Status
from baichuan_desktop.ui.look.icons import app_icon
from baichuan_desktop.ui.turns.desk import AnswerDesk

_LONG_SECONDS = 10.0


class AnswerNotice(QObject):
    """Says that an answer has ended, and nothing of what it or its question says.

    Signals:
        wanted: the person clicked the notification: the window shall come to the front.
    """

    wanted = Signal()

    def __init__(
        self, desk: AnswerDesk, window: QWidget, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(window)
        self._window = window
        self._clock = clock
        self._began = clock()
        self._tray: QSystemTrayIcon | None = None
        desk.begun.connect(self._on_begun)
        desk.ended.connect(self._on_ended)
        desk.failed.connect(self._on_failed)
        window.installEventFilter(self)

    @Slot(object)
    def _on_begun(self, _answer: ChatMessage) -> None:
        self._began = self._clock()

    @Slot(object)
    def _on_ended(self, answer: ChatMessage) -> None:
        if answer.status in (Status.FINISHED, Status.CUT):  # and not by an error or the person
            self._tell(self.tr("The answer is there."))

    @Slot(object)
    def _on_failed(self, _error: UserFacingError) -> None:
        self._tell(self.tr("There was an error while the answer was written."))

    def _tell(self, text: str) -> None:
        if self._window.isActiveWindow() or self._clock() - self._began < _LONG_SECONDS:
            return
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable():
            self.show_note(text)

    def show_note(self, text: str) -> None:
        """Show a notification of the desktop's."""
        if self._tray is None:
            self._tray = QSystemTrayIcon(app_icon(), self)
            self._tray.messageClicked.connect(self.wanted)
            self._tray.activated.connect(self.wanted)
        self._tray.setToolTip(QGuiApplication.applicationDisplayName())
        self._tray.show()
        self._tray.showMessage(QGuiApplication.applicationDisplayName(), text, app_icon())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The icon stands in the tray as long as nobody looked, and no longer."""
        if event.type() == QEvent.Type.WindowActivate and self._tray is not None:
            self._tray.hide()
        return super().eventFilter(watched, event)
