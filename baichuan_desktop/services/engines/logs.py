"""What a process of the app prints, in a file of its own: how it is begun, and its last words."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from backends.files.plain_file import begin_anew
from backends.operating_system import is_held, rename

log = logging.getLogger(__name__)

#: Of a log, what may say why its process ended.
_TAIL_BYTES = 4096


@contextlib.contextmanager
def opened_log(file: Path) -> Iterator[tuple[IO[bytes], Path | None]]:
    """The log for a process, and its name; where it cannot be written, there is none.

    The one before is kept. On Windows, one that another window's engine writes to keeps its name.
    """
    try:
        rename(file, file.with_suffix(".previous.log"))
    except OSError as error:  # there was no engine before, for one
        if is_held(error):
            file = _own_log(file)
    with contextlib.ExitStack() as stack:
        written: Path | None = file
        try:
            stream: IO[bytes] = stack.enter_context(begin_anew(file))
        except OSError as error:
            log.warning("The log %s cannot be written: %s", file, error)
            stream, written = stack.enter_context(Path(os.devnull).open("wb")), None
        yield stream, written


def _own_log(file: Path) -> Path:
    """The log of this window's engines, where another window's engine writes to `file`."""
    for left in file.parent.glob(f"{file.stem}.[0-9]*.log"):
        with contextlib.suppress(OSError):  # of a window that is still open, too
            left.unlink()
    return file.with_stem(f"{file.stem}.{os.getpid()}")


def log_tail(file: Path | None) -> str:
    """The last that was written to a log; nothing of one that cannot be read."""
    if file is None:
        return ""
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(size - _TAIL_BYTES, 0))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
