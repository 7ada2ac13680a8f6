"""Work of a moment away from the window's thread: `op` in a pool, its result in the window."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, SignalInstance, Slot

from backends.errors import UserFacingError
from baichuan_desktop.workers.request_id import new_request_id

log = logging.getLogger(__name__)


class _Signals(QObject):
    succeeded = Signal(object)
    failed = Signal(object)


class _Runnable(QRunnable):
    def __init__(self, op: Callable[[], object], signals: _Signals) -> None:
        super().__init__()
        self._op = op
        self._signals = signals

    def run(self) -> None:
        try:
            result = self._op()
        except UserFacingError as error:
            self._tell(self._signals.failed, error)
        except Exception as error:  # a thread must not die silently
            log.exception("A background task failed in a way that was not foreseen.")
            self._tell(
                self._signals.failed,
                UserFacingError(
                    "The app met an error it does not know: {text}.", text=f"{error!s:.200}"
                ),
            )
        else:
            self._tell(self._signals.succeeded, result)

    def _tell(self, signal: SignalInstance, what: object) -> None:
        with contextlib.suppress(RuntimeError):  # the app has ended, and nobody wants to know
            signal.emit(what)


class BackgroundTask(QObject):
    """Runs `op` once and emits its result in the thread of this object.

    Signals:
        succeeded: what `op` returned, and the id of the task.
        failed: the UserFacingError it raised, and the id.
    """

    succeeded = Signal(object, int)
    failed = Signal(object, int)

    def __init__(self, op: Callable[[], object], parent: QObject) -> None:
        """`op` must not touch widgets."""
        super().__init__(parent)
        self._id = new_request_id()
        self._signals = _Signals()
        self._signals.succeeded.connect(self._on_success)
        self._signals.failed.connect(self._on_failure)
        self._op = op

    def start(self) -> int:
        """Begin, and return at once: the id of the task, which its result carries."""
        QThreadPool.globalInstance().start(_Runnable(self._op, self._signals))
        return self._id

    def start_alone(self) -> int:
        """The same on a thread of its own, which the end of the app does not wait for.

        For what may hang, as a look at a drive of the network: a pool would miss the thread.
        """
        work = _Runnable(self._op, self._signals).run
        threading.Thread(target=work, daemon=True, name="background").start()
        return self._id

    @Slot(object)
    def _on_success(self, result: object) -> None:
        self.succeeded.emit(result, self._id)
        self.deleteLater()

    @Slot(object)
    def _on_failure(self, error: object) -> None:
        self.failed.emit(error, self._id)
        self.deleteLater()
