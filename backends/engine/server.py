"""What an engine process does: it answers the frames on stdin with frames on stdout.

The main thread runs requests one after the other. A control thread reads stdin, so that a
cancel is seen in the middle of an answer and end of file, the window's death, ends the process. A
third one says meanwhile that the process lives, and whether the main thread goes on.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import queue
import signal
import sys
import threading
import time
from typing import BinaryIO

from typing_extensions import override

from ..errors import EngineError, InvalidRequestError, UserFacingError
from ..machine import hardware
from ..protocol.engine_requests import Request
from ..protocol.frames import Alive, Cancel, Done, Failed, Payload, read_frame, write_frame
from .dispatch import run_request
from .engine import Engine

log = logging.getLogger(__name__)

#: How often a request that runs says that its process lives. A window that has asked for a stop
#: takes an engine that says nothing for a few of these for one that hangs.
BEAT_SECONDS = 0.5


class StepCounter(threading.Event):
    """A cancel flag that counts how often it is read, which shows that the engine goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    @override
    def is_set(self) -> bool:
        self.steps += 1
        return super().is_set()


class _Sink:
    """Writes the frames of several threads to one stream, each whole."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, request_id: int, payload: Payload) -> None:
        """Write one frame. Raises OSError when the window is gone."""
        with self._lock:
            write_frame(self._stream, request_id, payload)


class _Control:
    """Reads frames on a thread of its own: queues requests, and sets `cancel` if asked to stop."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._cancelled = 0  # the newest id that was cancelled; ids only grow
        self.current = 0  #: the request that runs, or ran last
        self.requests: queue.Queue[tuple[int, Request]] = queue.Queue()
        self.cancel = StepCounter()

    def begin(self, request_id: int) -> None:
        """Make this the current request, with `cancel` set if it was cancelled before it began."""
        with self._lock:
            self.current = request_id
            if request_id > self._cancelled:
                self.cancel.clear()
            else:
                self.cancel.set()

    def read(self) -> None:
        """Read frames until the window closes the pipe, then end the process."""
        try:
            while (frame := read_frame(self._stream)) is not None:
                request_id, payload = frame
                if isinstance(payload, Cancel):
                    with self._lock:
                        self._cancelled = max(self._cancelled, request_id)
                        if request_id == self.current:
                            self.cancel.set()
                else:
                    self.requests.put((request_id, payload))  # type: ignore[arg-type]
        except Exception:
            log.exception("The pipe from the window cannot be read.")
        os._exit(0)


class _Beat:
    """Tells the window, on a thread of its own, that the process lives while a request runs."""

    def __init__(self, sink: _Sink, control: _Control) -> None:
        self._sink = sink
        self._control = control
        self.runs = threading.Event()

    def beat(self) -> None:
        """Send `Alive` frames while a request runs; returns when the window is gone."""
        try:
            while self.runs.wait():
                alive = Alive(self._control.cancel.steps)
                self._sink.write(self._control.current, alive)
                time.sleep(BEAT_SECONDS)
        except OSError:
            log.info("Nobody listens any more.")


def serve(source: BinaryIO, stream: BinaryIO, engine: Engine) -> None:
    """Answer requests from `source` on `stream`, until nobody listens any more."""
    control, sink = _Control(source), _Sink(stream)
    beat = _Beat(sink, control)
    threading.Thread(target=control.read, name="control", daemon=True).start()
    threading.Thread(target=beat.beat, name="beat", daemon=True).start()
    while True:
        request_id, request = control.requests.get()
        control.begin(request_id)
        beat.runs.set()
        try:
            last = _answer(request_id, request, engine, control, sink)
            beat.runs.clear()
            sink.write(request_id, last)
        except BrokenPipeError:
            return


def _answer(
    request_id: int, request: Request, engine: Engine, control: _Control, sink: _Sink
) -> Done | Failed:
    """Send the events of a request; returns how it ended. Raises BrokenPipeError."""
    try:
        for event in run_request(engine, request, control.cancel):
            sink.write(request_id, event)
    except UserFacingError as error:
        # What is wrong with a request may be said in its own words, which are the person's.
        is_own = isinstance(error, InvalidRequestError)
        said = error.template if is_own else error.message
        log.info("%s: %s", type(error).__name__, said)
        return Failed.of(error)
    except BrokenPipeError:
        raise
    except Exception as error:
        log.exception("A request failed in a way that was not foreseen.")
        if hardware.ran_out_of_memory(error):
            return Failed.of(hardware.out_of_memory())
        failure = EngineError(
            "The engine met an error it does not know ({name}: {text}).",
            name=type(error).__name__,
            text=f"{error!s:.200}",
            hint="The log has the details; please report it.",
        )
        return Failed.of(failure)
    return Done()


def main() -> None:
    """Take over stdin and stdout for frames, then serve."""
    # A frozen program without a console has no such stream, but was given its log all the same.
    errors = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
    faulthandler.enable(errors)
    # The line of the program tells in a bundle for support what was said, without the words.
    form = "%(levelname)s %(message)s [%(name)s:%(lineno)d]"
    logging.basicConfig(level=logging.INFO, stream=errors, format=form)
    if threading.current_thread() is threading.main_thread():
        # Ctrl+C in the terminal that started the window is the window's to handle.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print goes to the log, not between the frames
    serve(source, sink, Engine())
