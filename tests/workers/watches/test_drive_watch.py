"""A drive that comes back is noticed, without the window's thread asking for it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.workers.watches.drive_watch import DriveWatch
from tests.helpers.library import listed, seen
from tests.ui.harness import until

STICK, SHARE = Path("/media/stick"), Path("/net/share")
ON_STICK = listed("one", drive=STICK)
ON_SHARE = listed("two", drive=SHARE)


class Mounts:
    """The drives that are mounted, and which thread asked for them."""

    def __init__(self) -> None:
        self.here: set[Path] = set()
        self.asked: list[Path] = []
        self.threads: set[int] = set()
        self.answers = threading.Event()
        self.answers.set()

    def __call__(self, drive: Path) -> bool:
        self.asked.append(drive)
        self.threads.add(threading.get_ident())
        self.answers.wait()
        return drive in self.here


@pytest.fixture
def mounts() -> Mounts:
    return Mounts()


@pytest.fixture
def watch(app: QApplication, mounts: Mounts) -> DriveWatch:
    return DriveWatch(is_mounted=mounts)


def test_nothing_is_asked_while_every_drive_is_here(watch: DriveWatch, mounts: Mounts) -> None:
    watch.note([(ON_STICK, seen()), (ON_SHARE, seen(Condition.GONE))])

    watch.ask()

    assert not watch.is_watching
    assert mounts.asked == []


def test_a_drive_that_is_back_is_told_once(watch: DriveWatch, mounts: Mounts) -> None:
    told: list[bool] = []
    watch.returned.connect(lambda: told.append(True))
    watch.note([(ON_STICK, seen(Condition.DRIVE_ABSENT)), (ON_SHARE, seen())])
    assert watch.is_watching

    watch.ask()
    until(lambda: not watch._asked)
    assert (told, watch.is_watching) == ([], True)
    mounts.here.add(STICK)
    watch.ask()
    until(lambda: bool(told))

    assert told == [True]
    assert not watch.is_watching
    assert mounts.asked == [STICK, STICK]
    assert threading.get_ident() not in mounts.threads


def test_a_drive_that_does_not_answer_is_asked_once(watch: DriveWatch, mounts: Mounts) -> None:
    mounts.answers.clear()
    watch.note([(ON_SHARE, seen(Condition.DRIVE_ABSENT))])

    watch.ask()
    until(lambda: bool(mounts.asked))
    for _ in range(3):
        watch.ask()

    assert mounts.asked == [SHARE]
    mounts.answers.set()
    until(lambda: not watch._asked)


def test_a_model_that_is_listed_no_more_is_not_waited_for(watch: DriveWatch) -> None:
    watch.note([(ON_STICK, seen(Condition.DRIVE_ABSENT))])

    watch.forget_others([ON_SHARE])

    assert not watch.is_watching
