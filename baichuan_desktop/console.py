"""The standard streams of the commands: whatever is printed reaches a terminal as text alone."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from backends.operating_system import prepare_console
from backends.printable import printable


class SafeStream:
    """A stream for which all text is made `printable`, but for what is asked to stay exact.

    What the stream cannot encode is escaped.
    """

    def __init__(self, stream: TextIO, *, is_exact: bool = False) -> None:
        self.unguarded = stream
        self._is_exact = is_exact

    def write(self, text: str) -> int:
        """Print `text`; the number of its characters."""
        shown = text if self._is_exact else printable(text)
        encoding = self.unguarded.encoding or "utf-8"
        self.unguarded.write(shown.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unguarded, name)


def guarded(stream: TextIO) -> TextIO:
    """`stream`, behind a `SafeStream`."""
    return cast("TextIO", SafeStream(unguarded(stream)))


def exact(stream: TextIO) -> TextIO:
    """A stream that leads to a file or to another program, for text as it is."""
    return cast("TextIO", SafeStream(unguarded(stream), is_exact=True))


def unguarded(stream: TextIO) -> TextIO:
    """What lies behind a `SafeStream`, for the app's own sequences."""
    return stream.unguarded if isinstance(stream, SafeStream) else stream


@contextlib.contextmanager
def guarded_output() -> Iterator[None]:
    """Have everything that is printed meanwhile be text alone, errors and logs among it."""
    prepare_console()
    with contextlib.ExitStack() as stack:
        if sys.stdout is not None:  # as it is where Windows starts a program without a console
            stack.enter_context(contextlib.redirect_stdout(guarded(sys.stdout)))
        if sys.stderr is not None:
            stack.enter_context(contextlib.redirect_stderr(guarded(sys.stderr)))
        yield
