"""What a verb that takes long shows meanwhile, and how Ctrl+C ends it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from backends.printable import one_line
from baichuan_desktop.cli.wrapping import cut, terminal_columns
from baichuan_desktop.console import unguarded


def progress(text: str) -> None:
    """Show `text` in place of the progress before it; empty text removes it."""
    if sys.stderr is not None and sys.stderr.isatty():
        print("\r\x1b[K", end="", file=unguarded(sys.stderr))
        room = terminal_columns() - 1  # what wraps could not be removed
        print(cut(one_line(text), room), end="", file=sys.stderr, flush=True)


def remark(text: str) -> None:
    """Say something to a person at the terminal that no program needs."""
    if sys.stderr is not None and sys.stderr.isatty():
        print(one_line(text), file=sys.stderr)


def leave_unread() -> None:
    """Have what is printed from now on go nowhere, where nothing can be printed any more."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def interrupt_sets(cancel: threading.Event) -> Iterator[None]:
    """Ctrl+C sets `cancel` instead of raising in the middle of a forward pass."""

    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        cancel.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
