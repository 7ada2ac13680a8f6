from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QMainWindow

from baichuan_desktop.ui.shortcuts.binding import bind, bound_commands, window_action
from baichuan_desktop.ui.shortcuts.table import Command
from tests.ui.harness import until


def test_only_what_somebody_listens_to_is_bound(app: QApplication) -> None:
    window = QMainWindow()
    heard = bind(QAction(window), Command.NEW_CHAT)
    toggled = bind(QAction(window), Command.JOBS)
    bind(QAction(window), Command.FIND)  # nobody listens
    QAction(window).triggered.connect(window.close)  # no command
    heard.triggered.connect(window.close)
    toggled.toggled.connect(window.setEnabled)

    assert bound_commands(window) == {Command.NEW_CHAT, Command.JOBS}


def test_each_key_of_a_command_gives_it(app: QApplication) -> None:
    window = QMainWindow()
    window.show()
    window.activateWindow()
    until(window.isActiveWindow)
    given = QSignalSpy(window_action(window, Command.ZOOM_IN).triggered)

    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    window.close()

    assert given.count() == 2
