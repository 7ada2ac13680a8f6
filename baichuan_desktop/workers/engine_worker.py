"""The thread that speaks to the engine, and the signals by which the window hears of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from backends.errors import EngineError, UserFacingError
from backends.events import Progress, TextDelta
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent
from baichuan_desktop.workers.request_id import new_request_id

log = logging.getLogger(__name__)

#: Makes the events of what is asked for, until they end or the event is set.
EventSource = Callable[[Any, threading.Event], Iterator[Any]]

#: A window that repaints more often than this shows nothing more and costs more.
_UPDATE_SECONDS = 1 / 30


class _Worker(QObject):
    """Runs one request at a time, in the thread in which it lives.

    Signals:
        produced: an event, and the id of its request; progress at most 30 times a second.
        failed: a UserFacingError, and the id of the request, of which nothing more comes.
        ended: the id of a request that is over, whether it finished or failed.
    """

    produced = Signal(object, int)
    failed = Signal(object, int)
    ended = Signal(int)

    def __init__(self, source: EventSource) -> None:
        super().__init__()
        self._source = source

    @Slot(object, object, int)
    def run(self, request: object, cancel: threading.Event, request_id: int) -> None:
        if not cancel.is_set():
            self._run(request, cancel, request_id)
        self.ended.emit(request_id)

    def _run(self, request: object, cancel: threading.Event, request_id: int) -> None:
        try:
            for event in thinned(self._source(request, cancel)):
                self.produced.emit(event, request_id)
        except UserFacingError as error:
            self.failed.emit(error, request_id)
        except Exception as error:  # a thread must not die silently
            log.exception("A request failed in a way that was not foreseen.")
            unknown = EngineError(
                "The app met an error it does not know: {text}.", text=f"{error!s:.200}"
            )
            self.failed.emit(unknown, request_id)


class EngineWorker(QObject):
    """Runs requests on a thread of its own, one after the other.

    Each request has an id, and whoever asked listens to the events that carry it. Connect the
    signals to `@Slot` methods of QObjects only: anything else would run in the worker's thread.

    Signals:
        produced, failed, ended: see `_Worker`; text is joined to one event in `_UPDATE_SECONDS`.
            Each request ends once, also one that never began.
        silent: for how many seconds the engine has not gone on, where that is a hang.
        heard: it goes on, or the request is over.
    """

    produced = Signal(object, int)
    failed = Signal(object, int)
    ended = Signal(int)
    silent = Signal(int)
    heard = Signal()
    _run = Signal(object, object, int)

    def __init__(self, engine: EnginePort, source: EventSource | None = None) -> None:
        """The worker owns `engine`, and runs what it is asked for with its `run`.

        `source` runs it instead where that is no request of one engine, but a job with steps.
        """
        super().__init__()
        self._engine = engine
        self._cancels: dict[int, threading.Event] = {}  # by request that has not ended
        self._text: list[str] = []  # that waits for the timer, or for any other event
        self._text_of = 0  # the request that it is of
        self._pause = QTimer(self)  # after text was sent
        self._pause.setSingleShot(True)
        self._pause.setInterval(round(1000 * _UPDATE_SECONDS))
        self._pause.timeout.connect(self._send_text)
        self._thread = QThread()
        self._thread.setObjectName("engine")
        self._worker = _Worker(source or engine.run)
        self._worker.moveToThread(self._thread)
        self._run.connect(self._worker.run, Qt.ConnectionType.QueuedConnection)
        self._worker.produced.connect(self._on_event)
        self._worker.failed.connect(self._on_failed)
        self._worker.ended.connect(self._on_ended)
        self._thread.start()

    def start(self, request: object) -> int:
        """The id of a request, which the source runs after those before it.

        Its signals come from the event loop.
        """
        request_id = new_request_id()
        cancel = self._cancels[request_id] = threading.Event()
        self._run.emit(request, cancel, request_id)
        return request_id

    def start_instead(self, request: object) -> int:
        """The id of a request, for which those before it are stopped or do not even begin."""
        self._stop_all()
        return self.start(request)

    @property
    def is_busy(self) -> bool:
        """Whether a request has not ended yet."""
        return bool(self._cancels)

    def stop(self, request_id: int) -> None:
        """End a request after the token, or prefill chunk, that is being computed.

        One that has ended already stays as it is.
        """
        cancel = self._cancels.get(request_id)
        if cancel is not None:
            cancel.set()

    @Slot()
    def end_engine(self) -> None:
        """Make what runs end at once; it fails with EngineEndedError, what it sent is kept."""
        if self._cancels:
            self._engine.kill()

    def shut_down(self) -> None:
        """End what runs, without waiting for it, and the thread. Not to be used afterwards.

        No signal comes any more: that the engine died would be told of an end that was wanted.
        """
        self.blockSignals(True)
        self._pause.stop()
        self._stop_all()
        self._engine.kill()
        self._thread.quit()
        self._thread.wait()
        self._engine.close()

    def _stop_all(self) -> None:
        for cancel in self._cancels.values():
            cancel.set()

    @Slot(object, int)
    def _on_event(self, event: object, request_id: int) -> None:
        if isinstance(event, TextDelta):
            self._text.append(event.text)
            self._text_of = request_id
            if not self._pause.isActive():
                self._send_text()
            return
        self._send_text()
        match event:
            case EngineSilent(seconds):
                self.silent.emit(seconds)
            case EngineHeard():
                self.heard.emit()
            case _:
                self.produced.emit(event, request_id)

    @Slot()
    def _send_text(self) -> None:
        if self._text and not self.signalsBlocked():  # nothing is told after the end
            joined = TextDelta("".join(self._text))
            self._text.clear()
            self._pause.start()
            self.produced.emit(joined, self._text_of)

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, request_id: int) -> None:
        self._send_text()  # what the engine wrote before it died is the person's
        self.failed.emit(error, request_id)

    @Slot(int)
    def _on_ended(self, request_id: int) -> None:
        self._send_text()
        self._cancels.pop(request_id, None)
        self.heard.emit()
        self.ended.emit(request_id)


def thinned(events: Iterator[Any], clock: Callable[[], float] = time.monotonic) -> Iterator[Any]:
    """Pass on progress once in `_UPDATE_SECONDS` only, and all else; reorder nothing."""
    last = -1.0
    row: object = None  # of the progress that was sent last
    for event in events:
        if isinstance(event, Progress) and not event.is_last:
            if event.row == row and clock() - last < _UPDATE_SECONDS:
                continue
            row, last = event.row, clock()
        yield event
