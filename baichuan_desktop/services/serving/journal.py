"""What a server did: its latest requests, and a log of all; nothing of what was said is in them."""

from __future__ import annotations

import datetime
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from backends.files.plain_file import go_on
from backends.operating_system import rename
from backends.printable import one_line
from baichuan_desktop.services.serving.values import JournalLine

log = logging.getLogger(__name__)

_KEPT = 500  # lines
#: The log is begun anew beyond this size, and the one before is kept: ten thousand lines.
_MOST_BYTES = 2**20


class Journal:
    """Takes in a line for each request, from any thread."""

    def __init__(
        self, log_file: Path | None, hear: Callable[[JournalLine], object] = lambda _line: None
    ) -> None:
        """`log_file` gets each as text; `hear`, on the server's thread, must not wait."""
        self._log_file, self._hear = log_file, hear
        self._kept: deque[JournalLine] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def add(self, line: JournalLine) -> None:
        """The latest request."""
        with self._lock:
            self._kept.append(line)
            if self._log_file is not None:
                self._write(self._log_file, line)
        self._hear(line)

    def lines(self) -> Sequence[JournalLine]:
        """The latest requests, the oldest first."""
        with self._lock:
            return tuple(self._kept)

    def _write(self, file: Path, line: JournalLine) -> None:
        """Add to the log. Where that fails, the server goes on without one."""
        try:
            if file.exists() and file.stat().st_size > _MOST_BYTES:
                rename(file, file.with_suffix(".previous.log"))
            with go_on(file) as stream:
                stream.write((_text(line) + "\n").encode("utf-8"))
        except OSError as error:
            log.warning("The server's log %s cannot be written: %s", file, error)
            self._log_file = None


def _text(line: JournalLine) -> str:
    """A line with everything that is known, in fields that a program can tell apart."""
    when = datetime.datetime.fromtimestamp(line.at).astimezone().isoformat(timespec="seconds")
    facts = [
        when,
        line.client,
        line.method,
        line.path,
        str(line.status),
        f"seconds={line.seconds:.3f}",
        f"queued={line.queued_seconds:.3f}",
        f"tokens={line.prompt_tokens}+{line.new_tokens}",
        f"model={line.model or '-'}",
        f"ended={line.ended or '-'}",
    ]
    return one_line(" ".join(facts))
