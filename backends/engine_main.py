"""The engine process: `python -m backends.engine_main`, frames on stdin and stdout.

The main thread runs requests one after the other; a control thread reads stdin, so that a
cancel is seen in the middle of an answer and end of file, the window's death, ends the process.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import queue
import signal
import sys
import threading
from typing import BinaryIO

from .engine import Engine
from .errors import EngineError, UserFacingError
from .requests import Request
from .wire import Cancel, Done, Failed, read_frame, write_frame

log = logging.getLogger(__name__)


class _Control:
    """Reads stdin on a thread of its own: queues requests, sets `cancel` for the current one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._current = 0
        self._cancelled = 0  # the newest id that was cancelled; ids only grow
        self.requests: queue.Queue[tuple[int, Request]] = queue.Queue()
        self.cancel = threading.Event()

    def begin(self, request_id: int) -> None:
        """The main thread turns to this request; it may have been cancelled already."""
        with self._lock:
            self._current = request_id
            if request_id > self._cancelled:
                self.cancel.clear()
            else:
                self.cancel.set()

    def read(self) -> None:
        """Until end of file, which ends the process at once, whatever it is doing."""
        try:
            while (frame := read_frame(self._stream)) is not None:
                request_id, payload = frame
                if isinstance(payload, Cancel):
                    with self._lock:
                        self._cancelled = max(self._cancelled, request_id)
                        if request_id == self._current:
                            self.cancel.set()
                else:
                    self.requests.put((request_id, payload))  # type: ignore[arg-type]
        except Exception:
            log.exception("The pipe from the window cannot be read.")
        os._exit(0)


def serve(source: BinaryIO, sink: BinaryIO, engine: Engine) -> None:
    """Answer requests from `source` on `sink`, for ever."""
    control = _Control(source)
    threading.Thread(target=control.read, name="control", daemon=True).start()
    while True:
        request_id, request = control.requests.get()
        control.begin(request_id)
        try:
            for event in engine.run(request, control.cancel):
                write_frame(sink, request_id, event)
            write_frame(sink, request_id, Done())
        except UserFacingError as error:
            log.info("%s: %s", type(error).__name__, error.message)
            write_frame(sink, request_id, Failed.of(error))
        except BrokenPipeError:
            return
        except Exception as error:
            log.exception("A request failed in a way that was not foreseen.")
            failure = EngineError(
                "The engine met an error it does not know ({name}: {text}).",
                name=type(error).__name__,
                text=f"{error!s:.200}",
                hint="The log has the details; please report it.",
            )
            write_frame(sink, request_id, Failed.of(failure))


def main() -> None:
    """Take over stdin and stdout for frames, then serve."""
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    if threading.current_thread() is threading.main_thread():
        # Ctrl+C in the terminal that started the window is the window's to handle.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print goes to the log, not between the frames
    serve(source, sink, Engine())


def _die_with_parent() -> None:
    """Ask Linux to kill us with the thread that started us, even in the middle of a kernel."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)


if __name__ == "__main__":
    main()
