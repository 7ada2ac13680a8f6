"""Starts the process of a training and speaks with it. Used from one thread."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.errors import EngineProtocolError
from backends.errors.training import TrainingEndedError
from backends.operating_system import start_child
from backends.phrases import Phrase
from backends.protocol.frames import Alive, Done, Failed
from backends.training import process as training
from backends.training.events import (
    TrainingEvent,
    TrainingPaused,
    TrainingReady,
    TrainingStopped,
)
from backends.training.values import TrainingRequest
from backends.training.wire import (
    PauseTraining,
    StopTraining,
    TrainingPayload,
    read_training,
    write_training,
)
from baichuan_desktop.services import own_process
from baichuan_desktop.services.engines.ends import ended
from baichuan_desktop.services.engines.logs import log_tail, opened_log
from baichuan_desktop.services.engines.pipes import read_frames, write_frames
from baichuan_desktop.services.engines.silence import AwakeClock, Patience, Silence, Work

log = logging.getLogger(__name__)

#: How often pauses, stops and silences are looked at while no frame comes.
_POLL_SECONDS = 0.1
#: How long a process that has closed its pipe may take to end.
_END_SECONDS = 5.0
#: Blocks of a MiB and more go back to the system as they are freed, by the C library of most Linux
#: systems; it would come to keep those of up to 32 MiB, and with them half as much memory again as
#: layers take for the way back.
_ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(2**20)}
#: Libraries are imported for seconds, and a step on a processor may take minutes; a process that
#: was asked to end and lives is given time to finish its step and to write a checkpoint.
_PATIENCE = Patience(least=20.0, most=1800.0, stop=15.0)


@dataclass(frozen=True, slots=True)
class TrainingSilent:
    """The training has not gone on for longer than its steps explain; comes again each second."""

    seconds: int


@dataclass(frozen=True, slots=True)
class TrainingHeard:
    """A training that was said to be silent goes on."""


ClientEvent = TrainingEvent | TrainingSilent | TrainingHeard

_LAST = (TrainingReady, TrainingPaused, TrainingStopped)
#: None: the pipe has ended. An error: what came is no frame.
_Frame = TrainingPayload | None | EngineProtocolError


class TrainingClient:
    """Runs one training at a time, each in a process of its own at low priority."""

    def __init__(
        self,
        log_file: Path,
        *,
        command: Callable[[], Sequence[str]] | None = None,
        patience: Patience = _PATIENCE,
    ) -> None:
        """`log_file` gets what libraries print; `command` is what a test starts instead."""
        self._log_file = log_file
        self._command = command or _command
        self._patience = patience
        self._process: _TrainingProcess | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running training, or None; may be asked for from any thread."""
        process = self._process
        return process.pid if process is not None and process.is_running else None

    def run(
        self,
        request: TrainingRequest,
        cancel: threading.Event,
        pause: threading.Event | None = None,
    ) -> Iterator[ClientEvent]:
        """Start the process and yield its events.

        The last one is `TrainingReady`; `TrainingStopped` after `cancel` was set, `TrainingPaused`
        after `pause` was. A process that was asked and does not answer is ended, and so is one by
        `kill`; then the events end without any of the three, and the checkpoints that were kept
        are whole. Whoever closes the generator ends the process. Raises what the training raised,
        or TrainingEndedError.
        """
        if cancel.is_set():
            return
        process = self._process = _TrainingProcess(self._log_file, self._command())
        try:
            process.send(request)
            yield from _Hearing(process, self._patience, cancel, pause or threading.Event()).events
        finally:
            self._process = None
            process.close()

    def kill(self) -> None:
        """End the process at once; from any thread. The events end."""
        process = self._process
        if process is not None:
            process.kill()


class _Hearing:
    """What is heard of one process until its end."""

    def __init__(
        self,
        process: _TrainingProcess,
        patience: Patience,
        cancel: threading.Event,
        pause: threading.Event,
    ) -> None:
        self._process, self._cancel, self._pause = process, cancel, pause
        self._clock = AwakeClock()
        self._silence = Silence(patience)
        self._asked: PauseTraining | StopTraining | None = None
        self._said = 0  # seconds of silence

    @property
    def events(self) -> Iterator[ClientEvent]:
        """The events until the last one."""
        self._silence.begin(Work.JOB, self._clock.now())
        while True:
            self._ask()
            frame, has_come = self._next()
            if has_come:
                event = self._event_of(frame)
                if event is None:
                    return
                if not isinstance(event, Alive):
                    yield event
            yield from self._of_silence()
            if self._silence.must_end(self._clock.now()):
                log.warning("The training did not answer when it was asked to end, and was ended.")
                return

    def _ask(self) -> None:
        """Pass a pause or a stop on, once; a stop also after a pause."""
        wanted: PauseTraining | StopTraining | None = None
        if self._cancel.is_set():
            wanted = StopTraining()
        elif self._pause.is_set():
            wanted = PauseTraining()
        if wanted is not None and wanted != self._asked and self._asked != StopTraining():
            self._asked = wanted
            self._process.send(wanted)
            self._silence.on_stop(self._clock.now())

    def _next(self) -> tuple[_Frame, bool]:
        try:
            return self._process.frames.get(timeout=_POLL_SECONDS), True
        except queue.Empty:
            return None, False

    def _event_of(self, frame: _Frame) -> TrainingEvent | Alive | None:
        """What a frame says; None at the end. Raises UserFacingError."""
        now = self._clock.now()
        match frame:
            case None:
                if self._process.is_killed or self._asked is not None:
                    return None
                raise self._process.end()
            case EngineProtocolError():
                raise frame
            case Done():
                self._process.let_end()
                return None
            case Failed():
                raise frame.exception()
            case Alive(steps):
                self._silence.on_alive(steps, now)
                return frame
            case _:
                self._silence.on_step(now)
                return frame  # type: ignore[return-value]  # a training sends events only

    def _of_silence(self) -> Iterator[ClientEvent]:
        seconds = self._silence.seconds(self._clock.now())
        if seconds is not None and int(seconds) > self._said:
            if not self._said:
                log.warning("The training has been silent for %d seconds.", seconds)
            self._said = int(seconds)
            yield TrainingSilent(self._said)
        elif seconds is None and self._said:
            self._said = 0
            yield TrainingHeard()


class _TrainingProcess:
    """A process and its pipes, which are read and written on threads of their own."""

    def __init__(self, log_file: Path, command: Sequence[str]) -> None:
        """Start it. Raises TrainingEndedError."""
        self.frames: queue.SimpleQueue[_Frame] = queue.SimpleQueue()
        self.is_killed = False  #: it was ended on purpose
        self._outgoing: queue.SimpleQueue[TrainingPayload | None] = queue.SimpleQueue()
        environment = {**_ALLOCATOR, **os.environ, **own_process.variables()}
        with opened_log(log_file) as (stream, self._log):
            try:
                self._popen = start_child(command, stream, environment)
            except OSError as error:
                reason = error.strerror or str(error)
                raise TrainingEndedError(
                    Phrase("it cannot be started ({reason})", reason=reason)
                ) from error
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        for name, target, arguments in (
            ("training-events", read_frames, (self._popen.stdout, self.frames, read_training)),
            (
                "training-requests",
                write_frames,
                (self._popen.stdin, self._outgoing, write_training),
            ),
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

    def send(self, payload: TrainingPayload) -> None:
        """Have a frame written; that nobody reads it any more, the end of the frames tells."""
        self._outgoing.put(payload)

    def kill(self) -> None:
        """End it at once."""
        self.is_killed = True
        self._popen.kill()

    def end(self) -> TrainingEndedError:
        """The error of a process that has closed its pipe, and was not asked to."""
        code: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._popen.wait(timeout=_END_SECONDS)
        reason = ended(code, log_tail(self._log)).facts["reason"]
        cause = reason if isinstance(reason, Phrase) else Phrase(str(reason))
        log.error("The training ended: %s. Its log: %s", cause, self._log or "none")
        return TrainingEndedError(cause)

    def let_end(self) -> None:
        """Close its input and wait a while for it to end: it has nothing left to do."""
        self._outgoing.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout=_END_SECONDS)

    def close(self) -> None:
        """End it and wait for that; its threads close the pipes."""
        self._outgoing.put(None)
        self._popen.kill()
        self._popen.wait()


def _command() -> Sequence[str]:
    return own_process.command(training.__name__, training.OPTION)
