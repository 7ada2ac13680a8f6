"""Reads a large file once from its beginning to its end, while what was read is worked on.

What others have in the system's cache stays there: a file of 10 GB that is read once would push out
the model that is being chatted with.
"""

from __future__ import annotations

import contextlib
import io
import os
import queue
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, cast

BLOCK_BYTES: Final = 2**20  # a few of them stay in a processor's cache
_BUFFERS = 8  # one is worked on, one is read into; the others even out who is faster
_PROBES = 8
_DROP_BYTES = 16 * 2**20

#: Linux alone has these; elsewhere the system decides by itself what it keeps.
_advise = getattr(os, "posix_fadvise", None)
_read_at = getattr(os, "preadv", None)
_NO_WAIT: Final = getattr(os, "RWF_NOWAIT", 0)


def blocks(
    stream: BinaryIO, look: Callable[[memoryview], None] = lambda _: None
) -> Iterator[memoryview]:
    """The bytes of a file in order; each block is only good until the next one is asked for.

    A thread reads ahead of who asks, and has `look` see each block: a hash that is computed of
    them takes the other processor as a whole. Raises OSError where the file cannot be read.
    """
    descriptor = stream.fileno()
    size = os.fstat(descriptor).st_size
    if size <= BLOCK_BYTES:
        if data := stream.read(BLOCK_BYTES + 1):
            look(memoryview(data))
            yield memoryview(data)
        return
    was_cached = _is_cached(descriptor, size)
    _advise_of(descriptor, 0, 0, "POSIX_FADV_SEQUENTIAL")
    done = dropped = 0
    for block in _read_ahead(cast("io.BufferedReader", stream), look):
        yield block
        done += len(block)
        if not was_cached and done - dropped >= _DROP_BYTES:
            # From the begin on: the system drops nothing of which a part lies beyond the end.
            _advise_of(descriptor, 0, done, "POSIX_FADV_DONTNEED")
            dropped = done
    if not was_cached:  # what another process has mapped stays all the same
        _advise_of(descriptor, 0, 0, "POSIX_FADV_DONTNEED")


def forget(stream: BinaryIO) -> None:
    """Have what is read of a file next come from its drive, where the system can be told so."""
    _advise_of(stream.fileno(), 0, 0, "POSIX_FADV_DONTNEED")


def _read_ahead(
    stream: io.BufferedReader, look: Callable[[memoryview], None]
) -> Iterator[memoryview]:
    free: queue.SimpleQueue[bytearray | None] = queue.SimpleQueue()
    full: queue.SimpleQueue[tuple[bytearray, int] | Exception] = queue.SimpleQueue()
    for _ in range(_BUFFERS):
        free.put(bytearray(BLOCK_BYTES))

    def read() -> None:
        while (buffer := free.get()) is not None:
            try:
                count = stream.readinto(buffer)
                look(memoryview(buffer)[:count])
            except Exception as error:  # noqa: BLE001 - it is raised where the blocks are asked for
                full.put(error)
                return
            full.put((buffer, count))
            if not count:
                return

    reader = threading.Thread(target=read, name="read-ahead", daemon=True)
    reader.start()
    try:
        while True:
            found = full.get()
            if isinstance(found, Exception):
                raise found
            buffer, count = found
            if not count:
                return
            yield memoryview(buffer)[:count]
            free.put(buffer)
    finally:
        free.put(None)
        while reader.is_alive():  # it may still read into what is free; then the file may close
            with contextlib.suppress(queue.Empty):
                free.get_nowait()
            free.put(None)
            reader.join(0.05)


def _is_cached(descriptor: int, size: int) -> bool:
    """Whether most of a file is in the system's cache before we read it, by a few bytes of it."""
    if _advise is None or _read_at is None or not _NO_WAIT:
        return False
    _advise_of(descriptor, 0, 0, "POSIX_FADV_RANDOM")  # looking shall bring nothing in
    probe, found = bytearray(1), 0
    for number in range(_PROBES):
        try:
            found += _read_at(descriptor, [probe], size * number // _PROBES, _NO_WAIT)
        except OSError:  # it is not, or a file system cannot say
            continue
    return 2 * found > _PROBES


def _advise_of(descriptor: int, start: int, count: int, advice: str) -> None:
    if _advise is not None:
        with contextlib.suppress(OSError):
            _advise(descriptor, start, count, getattr(os, advice))
