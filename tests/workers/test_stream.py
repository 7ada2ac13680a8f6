"""A generator that tells what it finds while the window goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from PySide6.QtCore import QObject

from backends.errors import UserFacingError
from baichuan_desktop.workers.stream import Stream
from tests.ui.harness import until


def run(source: object, *passing: type) -> tuple[list[object], list[object], QObject]:
    """What came, what failed."""
    produced: list[object] = []
    failed: list[object] = []
    ended: list[bool] = []
    parent = QObject()
    stream = Stream(source, parent, passing=passing)  # type: ignore[arg-type]  # of each test
    stream.produced.connect(produced.append)
    stream.failed.connect(failed.append)
    stream.ended.connect(lambda: ended.append(True))
    stream.start()
    until(lambda: bool(ended))
    return produced, failed, parent


def test_values_come_in_their_order(app: object) -> None:
    produced, failed, _ = run(lambda _cancel: iter(range(1000)))

    assert produced == list(range(1000))
    assert failed == []


def test_of_what_is_seen_in_passing_the_last_is_told_and_most_are_not(app: object) -> None:
    produced, _, _ = run(lambda _cancel: iter([*map(str, range(1000)), 7]), str)

    assert produced[-2:] == [7, "999"]
    assert len(produced) < 500


def test_an_error_comes_after_what_was_found_before_it(app: object) -> None:
    error = UserFacingError("The drive is gone.")

    def source(_cancel: threading.Event) -> Iterator[object]:
        yield 1
        raise error

    produced, failed, _ = run(source)

    assert (produced, failed) == ([1], [error])


def test_an_error_that_nobody_foresaw_is_told_too(app: object) -> None:
    def source(_cancel: threading.Event) -> Iterator[object]:
        yield 1
        raise ZeroDivisionError("by zero")

    _, failed, _ = run(source)

    assert "by zero" in str(failed[0])


def test_nothing_comes_after_a_stop(app: object) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def source(cancel: threading.Event) -> Iterator[object]:
        reached.set()
        go_on.wait(60)
        yield "late"

    parent = QObject()
    came: list[object] = []
    gone: list[bool] = []
    stream = Stream(source, parent)
    stream.produced.connect(came.append)
    stream.ended.connect(lambda: came.append("ended"))
    stream.destroyed.connect(lambda: gone.append(True))
    stream.start()
    assert reached.wait(60)
    stream.stop()
    go_on.set()
    until(lambda: bool(gone))

    assert came == []


def test_a_stream_whose_owner_is_gone_has_its_source_end(app: object) -> None:
    cancels: list[threading.Event] = []
    began = threading.Event()

    def source(cancel: threading.Event) -> Iterator[object]:
        cancels.append(cancel)
        began.set()
        cancel.wait(60)
        yield from ()

    parent = QObject()
    Stream(source, parent).start()
    assert began.wait(60)
    parent.deleteLater()

    until(cancels[0].is_set)
