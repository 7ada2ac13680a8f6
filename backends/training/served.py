"""What the process of a training does: one request comes in on stdin, its events go out on stdout.

The main thread trains. A control thread reads stdin, so that a pause or a stop is seen in the
middle of a step; end of file, the death of whoever asked, is a stop. A third one says that the
process lives. Where several processes share a training, this one starts them, and they are such
processes too.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, BinaryIO, cast

from ..errors import EngineProtocolError, UserFacingError
from ..errors.training import TrainingEndedError, TrainingLibrariesError
from ..events import JobProgress
from ..machine import hardware
from ..phrases import Phrase
from ..protocol.frames import Alive, Done, Failed
from .commands import Commands
from .events import TrainingEvent
from .several import launching
from .several.places import wants_ranks
from .values import TrainingRequest
from .wire import PauseTraining, StopTraining, TrainingPayload, read_training, write_training

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
#: Between two words on how far something has come.
_PROGRESS_SECONDS = 0.1
_LIBRARIES = ("torch", "transformers", "peft", "accelerate", "bitsandbytes", "safetensors")

#: torch's launcher looks ten times a second which process has ended, and ends the others.
_SECONDS_FOR_ANOTHER = 2.0

#: Trains, and tells of it.
Run = Callable[..., None]  # of a request, who is told, what is asked, and a `Sharing`


class Pipe:
    """Bytes of a file descriptor, none more than are asked for: what follows is another's."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, count: int) -> bytes:
        """So many bytes; fewer at the end alone."""
        found = b""
        while len(found) < count and (more := os.read(self._descriptor, count - len(found))):
            found += more
        return found


class Sink:
    """Writes the frames of several threads to one stream, each whole."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._progress_told = 0.0
        self.told = 0  #: events so far
        self.ended = threading.Event()  #: the last frame is written

    def write(self, payload: TrainingPayload) -> None:
        """Write one frame. Raises OSError when nobody listens any more."""
        with self._lock:
            write_training(self._stream, payload)

    def end(self, last: Done | Failed) -> None:
        """Write the last frame, if somebody listens."""
        self.ended.set()
        with contextlib.suppress(OSError):
            self.write(last)

    def tell(self, event: TrainingEvent) -> None:
        """Write an event; of progress that comes fast only a part.

        Where nobody listens, nothing is raised in the middle of a step or a checkpoint: the pipe on
        which it is asked to stop has ended too.
        """
        self.told += 1
        if isinstance(event, JobProgress) and not event.is_last:
            now = time.monotonic()
            if now < self._progress_told + _PROGRESS_SECONDS:
                return
            self._progress_told = now
        with contextlib.suppress(OSError):
            self.write(event)


def serve(source: Pipe, stream: BinaryIO, run: Run | None = None) -> None:
    """Train as the first frame of `source` asks; `run` is for who trains otherwise."""
    sink = Sink(stream)
    try:
        request = read_training(_as_stream(source))
    except EngineProtocolError as error:
        log.warning("%s", error.message)
        raise SystemExit(1) from None
    if request is None:
        return
    if not isinstance(request, TrainingRequest):
        log.error("The first frame is no request: %r", request)
        return
    if launching.own_place() is not None or wants_ranks(request):
        launching.run_ranks(request, _own_command(), stream)
        return
    sink.end(_ended(request, sink, _listening(source, sink), run))


def serve_rank(source: Pipe, stream: BinaryIO) -> None:
    """Train as one of several processes, of which the first has the pipes and tells of it."""
    launching.take_own_card()
    try:
        run = _imported()
        from .several.joining import join_ranks  # imports torch

        request = launching.rank_request()
        sharing = join_ranks(launching.ranks_folder(), request)
        if sharing.is_first:
            sink = Sink(stream)
            run(request, sink.tell, _listening(source, sink), sharing)
            sink.end(Done())
        else:
            run(request, _say_nothing, Commands(), sharing)
        sharing.leave()
        os._exit(0)  # what libraries tidy up takes them seconds, for which everybody waits
    except UserFacingError as error:
        launching.fail_rank(error)
    except Exception as error:
        log.exception("A part of a training failed in a way that was not foreseen.")
        # Mostly another one has ended. While it is looked for, this one is ended, too.
        time.sleep(_SECONDS_FOR_ANOTHER)
        launching.fail_rank(_unforeseen(error))


def _say_nothing(_: TrainingEvent) -> None:
    """What all but the first process tell."""


def _own_command() -> list[str]:
    """How this process was started."""
    is_frozen = getattr(sys, "frozen", False)
    return [sys.executable, *(sys.argv[1:] if is_frozen else sys.orig_argv[1:])]


def _listening(source: Pipe, sink: Sink) -> Commands:
    """What is asked from now on; meanwhile it is told that the process lives."""
    commands = Commands()
    for name, loop, arguments in (
        ("control", _obey, (source, commands)),
        ("beat", _beat, (sink,)),
    ):
        threading.Thread(target=loop, args=arguments, name=name, daemon=True).start()
    return commands


def _obey(source: Pipe, commands: Commands) -> None:
    """Take what is asked until the pipe is closed, which asks for a stop."""
    try:
        while (frame := read_training(_as_stream(source))) is not None:
            if isinstance(frame, PauseTraining):
                commands.pause()
            elif isinstance(frame, StopTraining):
                commands.stop()
    except Exception:
        log.exception("What is asked of the training cannot be read.")
    commands.stop()


def _beat(sink: Sink) -> None:
    """Tell that the process lives, until nobody listens."""
    try:
        while not sink.ended.is_set():
            sink.write(Alive(sink.told))
            sink.ended.wait(BEAT_SECONDS)
    except OSError:
        log.info("Nobody listens any more.")


def _ended(
    request: TrainingRequest, sink: Sink, commands: Commands, run: Run | None
) -> Done | Failed:
    """Train; returns how it ended."""
    try:
        (_imported() if run is None else run)(request, sink.tell, commands)
    except UserFacingError as error:
        log.info("%s: %s", type(error).__name__, error.message)
        return Failed.of(error)
    except Exception as error:
        log.exception("A training failed in a way that was not foreseen.")
        return Failed.of(_unforeseen(error))
    return Done()


def _unforeseen(error: Exception) -> UserFacingError:
    if hardware.ran_out_of_memory(error):
        return hardware.out_of_memory()
    what = Phrase("{name}: {text}", name=type(error).__name__, text=f"{error!s:.200}")
    return TrainingEndedError(what)


def _imported() -> Run:
    """What trains, with all its libraries. Raises TrainingLibrariesError."""
    try:
        from .running import run
    except ImportError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _LIBRARIES:
            raise
        raise TrainingLibrariesError(name) from error
    return run


def _as_stream(source: Pipe) -> IO[bytes]:
    return cast("IO[bytes]", source)  # it is read, and nothing else


def main() -> None:
    """Take over stdin and stdout for frames, then train."""
    # A frozen program without a console has no such stream, but was given its log all the same.
    errors = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
    faulthandler.enable(errors)
    form = "%(levelname)s %(message)s [%(name)s:%(lineno)d]"
    logging.basicConfig(level=logging.INFO, stream=errors, format=form)
    if threading.current_thread() is threading.main_thread():
        # Ctrl+C in the terminal that started it is for that program to handle.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print goes to the log, not between the frames
    if launching.is_rank():
        serve_rank(Pipe(0), sink)
    else:
        serve(Pipe(0), sink)
