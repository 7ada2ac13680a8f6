"""The two threads of a pipe to a process of the app: what is sent, and what comes."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from typing import IO, TypeVar

from backends.errors import EngineProtocolError

log = logging.getLogger(__name__)

Frame = TypeVar("Frame")


def write_frames(
    stream: IO[bytes],
    outgoing: queue.SimpleQueue[Frame | None],
    write: Callable[[IO[bytes], Frame], None],
) -> None:
    """Write frames until None comes, or nobody reads any more; the pipe is closed then."""
    try:
        with stream:
            while (frame := outgoing.get()) is not None:
                write(stream, frame)
    except OSError as error:
        log.debug("The pipe to a process was closed: %s", error)


def read_frames(
    stream: IO[bytes],
    frames: queue.SimpleQueue[Frame | EngineProtocolError | None],
    read: Callable[[IO[bytes]], Frame | None],
) -> None:
    """Put the frames of a pipe into a queue until end of file, and then None.

    What is no frame is put there as the error that it is, and ends it too.
    """
    with stream:
        try:
            while (frame := read(stream)) is not None:
                frames.put(frame)
        except EngineProtocolError as error:
            frames.put(error)
            return
        except OSError as error:
            log.debug("The pipe from a process cannot be read: %s", error)
        frames.put(None)
