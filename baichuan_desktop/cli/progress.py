"""What a verb that takes long shows meanwhile, and how Ctrl+C ends it."""

from __future__ import annotations

import contextlib
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
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=unguarded(sys.stderr))
        room = terminal_columns() - 1  # what wraps could not be removed
        print(cut(one_line(text), room), end="", file=sys.stderr, flush=True)


def remark(text: str) -> None:
    """Say something to a person at the terminal that no program needs."""
    if sys.stderr.isatty():
        print(one_line(text), file=sys.stderr)


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
