"""Lines that outlive the process which writes them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

_PROBE_SECONDS = 0.03


class Recorder:
    """Writes lines that the parent reads once this process is dead."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(self, what: str, **facts: object) -> None:
        """Write a line: something is handed over now, or is known to be on the disk."""
        line = json.dumps({"what": what, "at": time.monotonic(), **facts})
        os.write(self._descriptor, line.encode() + b"\n")


def probe(file: Path, recorder: Recorder) -> None:
    """Tell how long the drive takes for as little as can be, for ever."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    while True:
        begins = time.monotonic()
        os.pwrite(descriptor, b"probe", 0)
        os.fsync(descriptor)
        recorder.tell("drive", seconds=time.monotonic() - begins)
        time.sleep(_PROBE_SECONDS)
