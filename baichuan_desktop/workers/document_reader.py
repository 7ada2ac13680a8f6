"""Reads files as documents away from the window's thread, a few at a time."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import UserFacingError
from baichuan_desktop.services.documents.contents import ReadDocument
from baichuan_desktop.services.documents.reading import read_document, read_text
from baichuan_desktop.workers.request_id import new_request_id

log = logging.getLogger(__name__)

_AT_ONCE = 2  # files; each has a process of its own


class ReadFile(Protocol):
    """Reads a file; None once `cancel` is set."""

    def __call__(
        self,
        path: Path,
        *,
        encoding: str | None,
        cancel: threading.Event,
        progress: Callable[[int, int], None],
    ) -> ReadDocument | None:
        """What was read. Raises UserFacingError."""


@dataclass(frozen=True, slots=True)
class _Reading:
    id: int
    read: Callable[[threading.Event, Callable[[int, int], None]], ReadDocument | None]
    cancel: threading.Event = field(default_factory=threading.Event)


class DocumentReader(QObject):
    """Reads in the order in which it was asked; of what was cancelled nothing is told any more.

    Signals:
        progressed: the id of a reading, how many pages or the like are done, and of how many.
        done: the id, and the ReadDocument.
        failed: the id, and the UserFacingError.
    """

    progressed = Signal(int, int, int)
    done = Signal(int, object)
    failed = Signal(int, object)

    def __init__(self, read_file: ReadFile = read_document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._read_file = read_file
        self._waiting: deque[_Reading] = deque()
        self._running: dict[int, _Reading] = {}
        self._signals = _Signals()  # which outlives this object on a thread that hangs
        self._signals.progressed.connect(self._on_progress)
        self._signals.ended.connect(self._on_ended)

    def read_file(self, path: Path, encoding: str | None = None) -> int:
        """Read a file, in the encoding that a person chose; the id of the reading."""
        read_file = self._read_file  # the thread shall hold no object of the window

        def read(
            cancel: threading.Event, progress: Callable[[int, int], None]
        ) -> ReadDocument | None:
            return read_file(path, encoding=encoding, cancel=cancel, progress=progress)

        return self._add(read)

    def read_text(self, text: str, name: str) -> int:
        """Take a text that was pasted for a document; the id of the reading."""
        return self._add(lambda _cancel, _progress: read_text(text, name))

    def cancel(self, reading_id: int) -> None:
        """End a reading."""
        self._waiting = deque(one for one in self._waiting if one.id != reading_id)
        if (running := self._running.get(reading_id)) is not None:
            running.cancel.set()

    def shut_down(self) -> None:
        """End all of it; nothing is told any more."""
        self.blockSignals(True)
        self._waiting.clear()
        for one in self._running.values():
            one.cancel.set()

    def _add(
        self,
        read: Callable[[threading.Event, Callable[[int, int], None]], ReadDocument | None],
    ) -> int:
        reading = _Reading(new_request_id(), read)
        self._waiting.append(reading)
        self._start_some()
        return reading.id

    def _start_some(self) -> None:
        while self._waiting and len(self._running) < _AT_ONCE:
            reading = self._waiting.popleft()
            self._running[reading.id] = reading
            work = partial(_work, reading, self._signals)
            threading.Thread(target=work, daemon=True, name="document").start()

    @Slot(int, int, int)
    def _on_progress(self, reading_id: int, done: int, total: int) -> None:
        running = self._running.get(reading_id)
        if running is not None and not running.cancel.is_set():
            self.progressed.emit(reading_id, done, total)

    @Slot(int, object)
    def _on_ended(self, reading_id: int, result: object) -> None:
        running = self._running.pop(reading_id)
        if not self.signalsBlocked():
            self._start_some()
        if running.cancel.is_set() or result is None:
            return
        signal = self.failed if isinstance(result, UserFacingError) else self.done
        signal.emit(reading_id, result)


class _Signals(QObject):
    progressed = Signal(int, int, int)
    ended = Signal(int, object)


def _work(reading: _Reading, signals: _Signals) -> None:
    def progress(done: int, total: int) -> None:
        with contextlib.suppress(RuntimeError):  # the app has ended
            signals.progressed.emit(reading.id, done, total)

    result: object
    try:
        result = reading.read(reading.cancel, progress)
    except UserFacingError as error:
        result = error
    except Exception as error:  # a thread must not die silently
        log.exception("A document could not be read in a way that was not foreseen.")
        result = UserFacingError(
            "The app met an error it does not know: {text}.", text=f"{error!s:.200}"
        )
    with contextlib.suppress(RuntimeError):
        signals.ended.emit(reading.id, result)
