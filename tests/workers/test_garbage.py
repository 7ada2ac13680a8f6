"""What refers to itself ends in the window's thread, whoever makes garbage."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEventLoop, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication

from baichuan_desktop.workers.garbage import WindowGarbage
from tests.helpers.patience import wait_until


@pytest.fixture
def garbage(app: QApplication) -> Iterator[WindowGarbage]:
    gc.collect()
    gc.enable()
    made = WindowGarbage(app)
    yield made
    made.shut_down()
    made.deleteLater()


class Kept(QObject):
    """Has a timer that runs, as what is forgotten in the middle of its work has."""

    def __init__(self, ended_in: list[bool]) -> None:
        super().__init__()
        self.itself = self
        self.ended_in = ended_in
        timer = QTimer(self)
        timer.start(60_000)
        self.note = weakref.finalize(self, _note, ended_in)


def _note(ended_in: list[bool]) -> None:
    app = QApplication.instance()
    assert app is not None
    ended_in.append(QThread.currentThread() is app.thread())


def litter() -> None:
    """Make more garbage than Python lets be before it searches."""
    for _ in range(20_000):
        one: list[object] = []
        one.append(one)


def turn() -> None:
    """Have the event loop come to rest once."""
    loop = QEventLoop()
    QTimer.singleShot(5, loop, loop.quit)
    loop.exec()


@pytest.mark.usefixtures("garbage")
def test_another_thread_ends_nothing_of_the_windows() -> None:
    ended_in: list[bool] = []
    Kept(ended_in)

    thread = threading.Thread(target=litter)
    thread.start()
    thread.join()
    assert ended_in == []

    def searched() -> bool:
        litter()
        turn()
        return bool(ended_in)

    wait_until(searched)
    assert ended_in == [True]


def test_python_searches_by_itself_again_afterwards(app: QApplication) -> None:
    gc.enable()
    made = WindowGarbage(app)
    assert not gc.isenabled()

    made.shut_down()

    assert gc.isenabled()
    made.deleteLater()
