"""Work of minutes that tells what it finds: a generator on a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from backends.errors import UserFacingError

log = logging.getLogger(__name__)

#: What is only seen in passing, as where a search is, is told no more often than this.
_PASSING_SECONDS = 1 / 20

#: Makes the values, until they end or the event is set.
Source = Callable[[threading.Event], Iterator[object]]


class _Signals(QObject):
    produced = Signal(object)
    failed = Signal(object)
    ended = Signal()


class Stream(QObject):
    """Runs a source once, and hands on its values in the thread of this object.

    Signals:
        produced: a value of the source; none after `stop`.
        failed: the UserFacingError that it raised; none after `stop`.
        ended: nothing more comes, for an error too; not after `stop`.
    """

    produced = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, source: Source, parent: QObject, *, passing: tuple[type, ...] = ()) -> None:
        """`source` must not touch widgets; of values of the types `passing` some are left out."""
        super().__init__(parent)
        self._source = source
        self._passing = passing
        self._cancel = threading.Event()
        self._signals = _Signals()
        self._signals.produced.connect(self._on_value)
        self._signals.failed.connect(self._on_failure)
        self._signals.ended.connect(self._on_end)
        # One that waits for a drive that does not answer must not keep the app from ending.
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
        self.destroyed.connect(self._cancel.set)

    def start(self) -> None:
        """Begin, and return at once."""
        self._thread.start()

    def stop(self) -> None:
        """Have the source end at its next step, without waiting for it."""
        self._cancel.set()

    def _run(self) -> None:
        signals = self._signals
        last, left_out = 0.0, None
        try:
            for value in self._source(self._cancel):
                if self._cancel.is_set():
                    break
                if isinstance(value, self._passing):
                    if time.monotonic() - last < _PASSING_SECONDS:
                        left_out = value
                        continue
                    last, left_out = time.monotonic(), None
                _tell(signals.produced, value)
            if left_out is not None:  # where it was at the end
                _tell(signals.produced, left_out)
        except UserFacingError as error:
            _tell(signals.failed, error)
        except Exception as error:  # a thread must not die silently
            log.exception("A search failed in a way that was not foreseen.")
            _tell(
                signals.failed,
                UserFacingError(
                    "The app met an error it does not know: {text}.", text=f"{error!s:.200}"
                ),
            )
        with contextlib.suppress(RuntimeError):  # see `_tell`
            signals.ended.emit()

    @Slot(object)
    def _on_value(self, value: object) -> None:
        if not self._cancel.is_set():
            self.produced.emit(value)

    @Slot(object)
    def _on_failure(self, error: object) -> None:
        if not self._cancel.is_set():
            self.failed.emit(error)

    @Slot()
    def _on_end(self) -> None:
        if not self._cancel.is_set():
            self.ended.emit()
        self.deleteLater()


def _tell(signal: SignalInstance, what: object) -> None:
    with contextlib.suppress(RuntimeError):  # the app has ended, and nobody wants to know
        signal.emit(what)
