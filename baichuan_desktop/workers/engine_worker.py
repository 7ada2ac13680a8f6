"""The thread that speaks to the engine, and the signals by which the window hears of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from backends.errors import EngineError, UserFacingError
from backends.events import (
    BenchmarkProgress,
    LoadProgress,
    PrefillProgress,
    QualityProgress,
    TextDelta,
)

log = logging.getLogger(__name__)

#: Makes the events of a request; `EngineClient.run`, `JobSource.run`, or a fake in a test.
EventSource = Callable[[Any, threading.Event], Iterator[Any]]

#: Events of which the last one says it all.
_Progress = LoadProgress | PrefillProgress | BenchmarkProgress | QualityProgress

#: A window that repaints more often than this shows nothing more and costs more.
_UPDATE_SECONDS = 1 / 30


class _Worker(QObject):
    """Lives in the thread; runs one request at a time.

    Signals:
        produced: an event; text and progress at most 30 times a second.
        failed: a UserFacingError; nothing more comes of this request.
        ended: the request is over, whether it finished or failed.
    """

    produced = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, source: EventSource) -> None:
        super().__init__()
        self._source = source

    @Slot(object, object)
    def run(self, request: object, cancel: threading.Event) -> None:
        try:
            for event in coalesced(self._source(request, cancel)):
                self.produced.emit(event)
        except UserFacingError as error:
            self.failed.emit(error)
        except Exception as error:  # a thread must not die silently
            log.exception("A request failed in a way that was not foreseen.")
            self.failed.emit(
                EngineError(
                    "The app met an error it does not know: {text}.", text=f"{error!s:.200}"
                )
            )
        self.ended.emit()


class GenerationWorker(QObject):
    """Runs requests on a thread of its own, one after the other.

    Signals:
        produced, failed, ended: see `_Worker`; connect them to `@Slot` methods of QObjects only,
        anything else would run in the worker's thread.
    """

    produced = Signal(object)
    failed = Signal(object)
    ended = Signal()
    _run = Signal(object, object)

    def __init__(
        self,
        source: EventSource,
        kill: Callable[[], None],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        """`source` answers requests; `kill` makes a running one end at once, from any thread.

        `close` gives back what `source` holds, when nothing runs any more.
        """
        super().__init__()
        self._kill = kill
        self._close = close
        self._cancel = threading.Event()
        self._thread = QThread()
        self._thread.setObjectName("engine")
        self._worker = _Worker(source)
        self._worker.moveToThread(self._thread)
        self._run.connect(self._worker.run, Qt.ConnectionType.QueuedConnection)
        self._worker.produced.connect(self.produced)
        self._worker.failed.connect(self.failed)
        self._worker.ended.connect(self.ended)
        self._thread.start()

    def start(self, request: object) -> None:
        """Have the source run `request` after those before it.

        Its signals come from the event loop.
        """
        self._cancel = threading.Event()
        self._run.emit(request, self._cancel)

    def stop(self) -> None:
        """End the answer after the token, or prefill chunk, that is being computed."""
        self._cancel.set()

    def end_engine(self) -> None:
        """Make what runs end at once; it fails with EngineEndedError, what it sent is kept."""
        self._kill()

    def shut_down(self) -> None:
        """End what runs, without waiting for it, and the thread. Not to be used afterwards.

        No signal comes any more: that the engine died would be told of an end that was wanted.
        """
        self.blockSignals(True)
        self._cancel.set()
        self._kill()
        self._thread.quit()
        self._thread.wait()
        self._close()


def coalesced(events: Iterator[Any], clock: Callable[[], float] = time.monotonic) -> Iterator[Any]:
    """Join text and thin progress to one update in `_UPDATE_SECONDS`; lose and reorder nothing.

    Text that waits is sent with the next event that comes, at the latest with the last one.
    """
    waiting: list[str] = []
    last = -1.0
    try:
        for event in events:
            if isinstance(event, TextDelta):
                waiting.append(event.text)
                if clock() - last >= _UPDATE_SECONDS:
                    last = clock()
                    yield TextDelta("".join(waiting))
                    waiting.clear()
                continue
            if isinstance(event, _Progress) and not _is_last(event):
                if clock() - last < _UPDATE_SECONDS:
                    continue
                last = clock()
            if waiting:
                yield TextDelta("".join(waiting))
                waiting.clear()
            yield event
    except Exception:
        if waiting:  # what the engine wrote before it died is the person's
            yield TextDelta("".join(waiting))
        raise
    if waiting:
        yield TextDelta("".join(waiting))


def _is_last(progress: _Progress) -> bool:
    if isinstance(progress, LoadProgress):
        return progress.done_bytes >= progress.total_bytes
    return progress.done_tokens >= progress.total_tokens
