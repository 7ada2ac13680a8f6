from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from backends.errors import UserFacingError
from baichuan_desktop.services.documents.contents import ReadDocument
from baichuan_desktop.services.documents.kinds import Kind
from baichuan_desktop.workers.document_reader import DocumentReader
from tests.helpers.patience import wait_until


class Files:
    """Reads nothing until a test lets it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun: list[str] = []
        self.cancelled: list[str] = []

    def read(
        self,
        path: Path,
        *,
        encoding: str | None,
        cancel: threading.Event,
        progress: Callable[[int, int], None],
    ) -> ReadDocument | None:
        self.begun.append(path.name)
        progress(1, 2)
        while not self.open.wait(0.002):
            if cancel.is_set():
                self.cancelled.append(path.name)
                return None
        if path.name == "bad":
            raise UserFacingError("It is bad.")
        if path.name == "worse":
            raise ZeroDivisionError("nobody foresaw it")
        return ReadDocument(path.name, Kind.TEXT, 1, "", encoding or "text")


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def told() -> list[tuple[int, object]]:
    return []


@pytest.fixture
def reader(
    app: QApplication, files: Files, told: list[tuple[int, object]]
) -> Iterator[DocumentReader]:
    made = DocumentReader(files.read)
    made.done.connect(lambda one, read: told.append((one, read.text)))
    made.failed.connect(lambda one, error: told.append((one, error.message)))
    yield made
    made.shut_down()
    files.open.set()


def until(holds: Callable[[], bool]) -> None:
    wait_until(holds, lambda: QTest.qWait(2))


def test_files_are_read_in_order_two_at_once_and_each_is_told_of(
    reader: DocumentReader, files: Files, told: list[tuple[int, object]]
) -> None:
    progress: list[tuple[int, int, int]] = []
    reader.progressed.connect(lambda *one: progress.append(one))
    ids = [reader.read_file(Path(name)) for name in ("a", "bad", "worse")]
    last = reader.read_file(Path("big5"), "big5hkscs")
    until(lambda: len(progress) == 2)

    assert sorted(files.begun) == ["a", "bad"]

    files.open.set()
    until(lambda: len(told) == 4)

    assert dict(told) == {
        ids[0]: "text",
        ids[1]: "It is bad.",
        ids[2]: "The app met an error it does not know: nobody foresaw it.",
        last: "big5hkscs",
    }


def test_of_what_is_cancelled_nothing_is_told(
    reader: DocumentReader, files: Files, told: list[tuple[int, object]]
) -> None:
    running, other, waiting, last = (reader.read_file(Path(name)) for name in "abcd")
    until(lambda: len(files.begun) == 2)

    reader.cancel(waiting)
    reader.cancel(running)
    until(lambda: files.cancelled == ["a"])
    files.open.set()
    until(lambda: len(told) == 2)

    assert sorted(one for one, _ in told) == [other, last]
    assert sorted(files.begun) == ["a", "b", "d"]


def test_a_window_that_closes_hears_nothing_more(
    reader: DocumentReader, files: Files, told: list[tuple[int, object]]
) -> None:
    reader.read_file(Path("a"))
    until(lambda: files.begun == ["a"])

    reader.shut_down()
    until(lambda: files.cancelled == ["a"])
    QTest.qWait(1)

    assert told == []


def test_a_text_that_was_pasted_is_a_document_too(
    reader: DocumentReader, told: list[tuple[int, object]]
) -> None:
    reading = reader.read_text("one\r\ntwo", "Pasted text")
    until(lambda: bool(told))

    assert told == [(reading, "one\ntwo")]
