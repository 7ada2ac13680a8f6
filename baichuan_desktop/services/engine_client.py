"""Starts an engine process and speaks with it. Used from one thread, which outlives the engine.

`run` is a generator of the same events as `Engine.run`, so whoever consumes them need not know
whether the engine is in this process or in another.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

import backends
from backends.errors import (
    EngineCrashedError,
    EngineKilledError,
    EngineProtocolError,
    Phrase,
    UserFacingError,
)
from backends.events import EngineEvent
from backends.hardware import with_huge_pages
from backends.requests import LoadRequest, Request, UnloadRequest
from backends.wire import Cancel, Done, Failed, Payload, read_frame, write_frame

from .plain_file import begin_anew

log = logging.getLogger(__name__)

#: How often the cancel event is looked at while no frame comes.
_POLL_SECONDS = 0.02
#: How long a stop may take before the engine is ended: a chunk of 64 tokens of a 13B model in
#: fp32 takes about 20 seconds on two slow cores.
STOP_SECONDS = 60.0

_Frame = tuple[int, Payload] | None | EngineProtocolError


class EngineClient:
    """One engine process at a time; a request after a crash starts a fresh one."""

    def __init__(self, log_file: Path, *, stop_seconds: float = STOP_SECONDS) -> None:
        self._log_file = log_file
        self._stop_seconds = stop_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: queue.SimpleQueue[_Frame] = queue.SimpleQueue()
        self._last_id = 0
        self._model: LoadRequest | None = None  # what a fresh engine has to load first

    @property
    def pid(self) -> int | None:
        """Process id of the running engine, or None; may be asked for from any thread."""
        process = self._process
        if process is None or process.poll() is not None:
            return None
        return process.pid

    def run(self, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        """Send a request and yield its events. Raises what the engine raised, or EngineError.

        Each model gets an engine of its own, which is the only sure way to give all memory of
        the one before back. A request after a crash first loads the model again. When `cancel`
        is set the engine is asked to stop and the events end in the usual way; a load that is
        cancelled ends with its engine, and without `ModelReady`. Unloading ends the engine too.
        """
        if isinstance(request, UnloadRequest):
            self.close()
            self._model = None
            return
        if isinstance(request, LoadRequest):
            self.close()
            self._model = None
            try:
                yield from self._run(request, cancel)
            except UserFacingError:
                self.close()  # what it had loaded until then is in the way of the next try
                raise
            if not cancel.is_set():
                self._model = request
            return
        if self.pid is None and self._model is not None:
            yield from self._run(self._model, cancel)
            if cancel.is_set():
                return
        yield from self._run(request, cancel)

    def _run(self, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        process = self._started()
        self._last_id += 1
        self._send(process, self._last_id, request)
        deadline: float | None = None
        while True:
            if cancel.is_set() and isinstance(request, LoadRequest):
                self.close()
                return
            if cancel.is_set() and deadline is None:
                self._send(process, self._last_id, Cancel())
                deadline = time.monotonic() + self._stop_seconds
            try:
                frame = self._frames.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if deadline is not None and time.monotonic() > deadline:
                    self.close()
                    raise EngineCrashedError(
                        Phrase(
                            "it did not stop within {seconds:.0f} seconds and was ended",
                            seconds=self._stop_seconds,
                        )
                    ) from None
                continue
            if frame is None and cancel.is_set() and isinstance(request, LoadRequest):
                continue  # it was ended from another thread
            if frame is None:
                raise self._crash(process)
            if isinstance(frame, EngineProtocolError):
                self.close()
                raise frame
            request_id, payload = frame
            if request_id != self._last_id:
                continue  # the rest of a request that nobody listened to until its end
            match payload:
                case Done():
                    return
                case Failed():
                    raise payload.exception()
                case _:
                    yield payload  # type: ignore[misc]  # the engine sends events only

    def kill(self) -> None:
        """Make the engine end at once; from any thread. `run` then raises."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the engine and give all of its memory back."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        with self._begun_log() as log_stream:
            process = subprocess.Popen(
                _command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_stream,
                env=_environment(),
            )
        self._process = process
        self._frames = queue.SimpleQueue()
        assert process.stdout is not None
        threading.Thread(
            target=_read_frames,
            args=(process.stdout, self._frames),
            name="engine-frames",
            daemon=True,
        ).start()
        return process

    def _begun_log(self) -> BinaryIO:
        """A new log. An engine whose log cannot be written answers all the same."""
        with contextlib.suppress(OSError):  # the log of the engine before, if there was one
            self._log_file.replace(self._log_file.with_suffix(".previous.log"))
        try:
            return begin_anew(self._log_file)
        except OSError as error:
            log.warning("The engine's log %s cannot be written: %s", self._log_file, error)
            return Path(os.devnull).open("wb")

    def _send(self, process: subprocess.Popen[bytes], request_id: int, payload: Payload) -> None:
        assert process.stdin is not None
        try:
            write_frame(process.stdin, request_id, payload)
        except OSError as error:
            raise self._crash(process) from error

    def _crash(self, process: subprocess.Popen[bytes]) -> EngineCrashedError:
        try:
            code = process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = None
        self.close()
        reason = _reason(code)
        log.error("The engine stopped: %s. Its log: %s", reason, self._log_file)
        kind = EngineKilledError if code == _KILLED else EngineCrashedError
        return kind(reason)


def _read_frames(stream: IO[bytes], frames: queue.SimpleQueue[_Frame]) -> None:
    """Until end of file, which is put as None."""
    try:
        while (frame := read_frame(stream)) is not None:
            frames.put(frame)
    except EngineProtocolError as error:
        frames.put(error)
        return
    except (OSError, ValueError) as error:  # the pipe was closed here
        log.debug("The pipe from the engine was closed: %s", error)
    frames.put(None)


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, "--engine"]
    # -P: the folder the app happens to be started in is not a place to import code from.
    return [sys.executable, "-P", "-m", "backends.engine_main"]


def _environment() -> dict[str, str]:
    """This process's environment, and where `backends` lies."""
    root = str(Path(next(iter(backends.__path__))).parent)
    inherited = os.environ.get("PYTHONPATH")
    return {
        **with_huge_pages(os.environ),
        "PYTHONPATH": os.pathsep.join([root, inherited] if inherited else [root]),
        "PYTHONUTF8": "1",
    }


#: The exit code of a process that SIGKILL ended: nobody but the system sends it to an engine.
_KILLED = -9

_SIGNALS = {
    "SIGKILL": "the system ended it (signal 9), as it does when memory runs out",
    "SIGSEGV": "it crashed in native code (signal 11)",
    "SIGABRT": "a library aborted it (signal 6)",
    "SIGBUS": "a model file became unreadable while in use (signal 7)",
    "SIGILL": "this processor lacks an instruction that a library uses (signal 4)",
}


def _reason(code: int | None) -> str | Phrase:
    """Why a process ended, from its exit code."""
    if code is None:
        return "it closed its pipe but did not end"
    if code >= 0:
        return Phrase("it ended by itself with code {code}", code=code)
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return Phrase("signal {number} ended it", number=-code)
    return _SIGNALS.get(name, Phrase("the signal {name} ended it", name=name))
