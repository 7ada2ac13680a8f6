"""Starts an engine process and speaks with it. Used from one thread, which outlives the engine."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from typing_extensions import override

from backends.engine import process as engine
from backends.errors import (
    AdapterError,
    EngineCrashedError,
    EngineEndedError,
    EngineError,
    EngineProtocolError,
    GpuLostError,
    InsufficientMemoryError,
    UserFacingError,
)
from backends.errors.adapters import without_adapter
from backends.events import AdapterReady, EngineEvent, LoadProgress, ModelReady
from backends.machine.hardware import with_huge_pages
from backends.operating_system import start_child
from backends.phrases import Phrase
from backends.protocol.engine_requests import (
    AdapterRequest,
    ChatRequest,
    CompleteRequest,
    LoadRequest,
    Request,
    UnloadRequest,
)
from backends.protocol.frames import Alive, Cancel, Done, Failed, Payload, read_frame, write_frame
from baichuan_desktop.services import own_process
from baichuan_desktop.services.engines.ends import ended
from baichuan_desktop.services.engines.logs import log_tail, opened_log
from baichuan_desktop.services.engines.pipes import read_frames, write_frames
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort
from baichuan_desktop.services.engines.silence import (
    AwakeClock,
    EngineHeard,
    EngineSilent,
    Patience,
    Silence,
    Work,
)
from baichuan_desktop.services.engines.waking import woken_by

log = logging.getLogger(__name__)

#: How long an engine that has closed its pipe may take to end.
_END_SECONDS = 5.0
#: How often the silence is looked at while no frame comes.
_POLL_SECONDS = 0.1

_Frame = tuple[int, Payload] | None | EngineProtocolError
#: Of no request, so it is passed over; but whoever waited for a frame looks around.
_WAKE: _Frame = (0, Cancel())


class EngineClient(EnginePort):
    """Runs requests in an engine process; a request after a crash starts a fresh one."""

    def __init__(self, log_file: Path, *, patience: Patience | None = None) -> None:
        self._log_file = log_file
        self._process: _EngineProcess | None = None
        self._last_id = 0
        self._model: LoadRequest | None = None  # what a fresh engine has to load first
        self._device_name = ""  # what that is on, or is being loaded onto
        self._clock = AwakeClock()
        self._silence = Silence(patience or Patience())

    @property
    def pid(self) -> int | None:
        """Process id of the running engine, or None; may be asked for from any thread."""
        process = self._process
        return process.pid if process is not None and process.is_running else None

    @override
    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        """Send a request and yield its events. Raises what the engine raised, or EngineError.

        Each model gets an engine of its own, which is the only sure way to give all memory of
        the one before back. A request after a crash, after memory ran out, or after a card was
        lost, which its process does not get back, first loads the model again in a fresh one, with
        the adapter that was in use; after a switch that failed or was cancelled, with none.
        When `cancel` is set the engine is asked to stop and the events end in the usual way, or
        it is ended if it does not answer; a load that is cancelled ends with its engine, and
        without `ModelReady`. Unloading ends the engine too.
        """
        if isinstance(request, UnloadRequest):
            self.close()
            self._model = None
            return
        if isinstance(request, LoadRequest):
            self.close()
            self._model, self._device_name = None, ""
            try:
                yield from self._run(request, cancel)
            except UserFacingError:
                self.close()  # what it had loaded until then is in the way of the next try
                raise
            if not cancel.is_set():
                self._model = request
            return
        gives_back = False  # what it took where memory runs out: a switch, to the adapter alone
        try:
            if isinstance(request, AdapterRequest):
                self._note_adapter(None)
            if self.pid is None and self._model is not None:
                yield from self._loaded_again(self._model, cancel)
                if cancel.is_set():
                    return
            gives_back = isinstance(request, AdapterRequest)
            for event in self._run(request, cancel):
                if isinstance(event, AdapterReady) and event.adapter is not None:
                    self._note_adapter(event.adapter.folder)
                yield event
        except (InsufficientMemoryError, GpuLostError) as error:
            if not gives_back or isinstance(error, GpuLostError):
                self.close()  # what is left of it in memory may be anything, and is in the way
            raise

    def _note_adapter(self, folder: str | None) -> None:
        """Have a fresh engine answer with this adapter."""
        if self._model is not None:
            self._model = replace(self._model, adapter=folder)

    def _loaded_again(self, model: LoadRequest, cancel: threading.Event) -> Iterator[ClientEvent]:
        """Load the model into a fresh engine; if its adapter is refused, alone the next time."""
        try:
            yield from self._run(model, cancel)
        except AdapterError as error:  # its folder is gone, or was changed
            self.close()
            self._note_adapter(None)
            raise without_adapter(error) from error

    def _run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        process = self._started()
        self._last_id += 1
        process.send(self._last_id, request)
        self._silence.begin(_work(request), self._clock.now())
        with woken_by(cancel, lambda: process.frames.put(_WAKE)):
            yield from self._events(process, request, cancel)

    def _events(
        self, process: _EngineProcess, request: Request, cancel: threading.Event
    ) -> Iterator[ClientEvent]:
        silence, now = self._silence, self._clock.now
        is_cancelled = False
        said = 0  # seconds of silence
        while True:
            if cancel.is_set() and isinstance(request, LoadRequest):
                self.close()
                return
            if cancel.is_set() and not is_cancelled:
                is_cancelled = True
                process.send(self._last_id, Cancel())
                silence.on_stop(now())
            events = self._next_events(process, cancel, request)
            if events is None:
                return
            yield from events
            seconds = silence.seconds(now())
            if seconds is not None and int(seconds) > said:
                if not said:
                    log.warning("The engine has been silent for %d seconds.", seconds)
                said = int(seconds)
                yield EngineSilent(said)
            elif seconds is None and said:
                said = 0
                log.warning("The engine goes on.")
                yield EngineHeard()
            if silence.must_end(now()):
                self.close()
                raise EngineCrashedError(
                    "it did not answer when it was asked to stop, and was ended"
                )

    def _next_events(
        self, process: _EngineProcess, cancel: threading.Event, request: Request
    ) -> Sequence[EngineEvent] | None:
        """What has come within a moment; None at the end of the request. Raises EngineError."""
        try:
            frame = process.frames.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            return ()
        if frame is None and cancel.is_set() and isinstance(request, LoadRequest):
            return ()  # it was ended from another thread
        if frame is None:
            raise self._end_of(process)
        if isinstance(frame, EngineProtocolError):
            self.close()
            raise frame
        request_id, payload = frame
        if request_id != self._last_id:
            return ()  # of none, or the rest of one that nobody listened to until its end
        match payload:
            case Done():
                return None
            case Failed():
                raise payload.exception()
            case Alive(steps):
                self._silence.on_alive(steps, self._clock.now())
                return ()
            case _:
                if isinstance(payload, LoadProgress | ModelReady) and payload.device_name:
                    self._device_name = payload.device_name
                self._silence.on_step(self._clock.now())
                return (payload,)  # type: ignore[return-value]  # the engine sends events only

    @override
    def kill(self) -> None:
        process = self._process
        if process is not None:
            process.kill()

    @override
    def close(self) -> None:
        """End the engine and give all of its memory back."""
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def _started(self) -> _EngineProcess:
        if self._process is not None and self._process.is_running:
            return self._process
        self.close()
        self._process = _EngineProcess(self._log_file)
        return self._process

    def _end_of(self, process: _EngineProcess) -> EngineError:
        """The error of an engine that has closed its pipe."""
        code = process.exit_code()
        self.close()
        if process.is_killed:
            log.info("The engine was ended, as was asked for.")
            return EngineEndedError()
        error = ended(code, process.log_tail(), self._device_name)
        log.error("%s Its log: %s", error.message, process.log_file or "none")
        return error


class _EngineProcess:
    """A process and its pipes, which are read and written on threads of their own.

    So a pipe that is full, because the engine is stopped or works, blocks nobody who wants to end
    it.
    """

    def __init__(self, log_file: Path) -> None:
        """Start it. Raises EngineCrashedError."""
        self.frames: queue.SimpleQueue[_Frame] = queue.SimpleQueue()
        self.is_killed = False  #: it was ended on purpose
        self._outgoing: queue.SimpleQueue[tuple[int, Payload] | None] = queue.SimpleQueue()
        with opened_log(log_file) as (log_stream, self.log_file):
            try:
                self._popen = start_child(_command(), log_stream, _environment())
            except OSError as error:
                raise EngineCrashedError(
                    Phrase("it cannot be started ({reason})", reason=error.strerror or str(error))
                ) from error
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        for name, target, arguments in (
            ("engine-frames", read_frames, (self._popen.stdout, self.frames, read_frame)),
            ("engine-requests", write_frames, (self._popen.stdin, self._outgoing, _write)),
        ):
            threading.Thread(target=target, args=arguments, name=name, daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._popen.poll() is None

    def send(self, request_id: int, payload: Payload) -> None:
        """Have a frame written, as soon as there is room in the pipe.

        That nobody reads it any more, the end of the frames tells.
        """
        self._outgoing.put((request_id, payload))

    def kill(self) -> None:
        """End it at once."""
        self.is_killed = True
        self._popen.kill()

    def exit_code(self) -> int | None:
        """How it ended, after its pipe was closed; None if it did not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._popen.wait(timeout=_END_SECONDS)
        return None

    def log_tail(self) -> str:
        """The last that it wrote to its log."""
        return log_tail(self.log_file)

    def close(self) -> None:
        """End it and wait for that; its threads close the pipes."""
        self._popen.kill()
        self._popen.wait()
        self._outgoing.put(None)


def _work(request: Request) -> Work:
    match request:
        case LoadRequest():
            return Work.LOAD
        case ChatRequest() | CompleteRequest():
            return Work.ANSWER
        case _:
            return Work.JOB


def _write(stream: IO[bytes], frame: tuple[int, Payload]) -> None:
    write_frame(stream, *frame)


def _command() -> list[str]:
    return own_process.command(engine.__name__, engine.OPTION)


def _environment() -> dict[str, str]:
    """This process's environment, and where `backends` lies: beside the app's own package."""
    return {**with_huge_pages(os.environ), **own_process.variables()}
