"""`baichuan-desktop serve` in a process of its own, as a person starts it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from baichuan_desktop.services.serving.key import ServerKey
from tests.helpers.patience import PATIENCE_SECONDS, wait_until

ROOT = Path(__file__).parents[2]
GUIDE = "baichuan-guide"


@dataclass
class Served:
    """A server that runs, with what it said so far."""

    process: subprocess.Popen[str]
    home: Path
    said: list[str] = field(default_factory=list)  #: lines of its output
    errors: list[str] = field(default_factory=list)  #: lines that it said on stderr

    @property
    def address(self) -> str:
        """Where it is reached, as http://127.0.0.1:41234."""
        (line,) = [line for line in self.said if line.startswith("  http")][:1]
        return line.split()[0]

    @property
    def port(self) -> int:
        """The port that it chose."""
        return int(self.address.rpartition(":")[2])

    def key(self) -> str:
        """The key, from its file; it is made if nobody asked for it before."""
        return ServerKey(self.home / "config" / "server.key").text()

    def end(self) -> int:
        """Press Ctrl+C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)


def program(before: str) -> list[str]:
    """The program; `before` is Python that its process begins with."""
    code = "import sys\nfrom baichuan_desktop.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    return [sys.executable, "-c", before + "\n" + code]


@contextlib.contextmanager
def serving(home: Path, words: Sequence[str], before: str = "") -> Iterator[Served]:
    """Start a server at a free port, and end it if it still runs."""
    process = subprocess.Popen(
        [*program(before), *words, "--port", "0"],
        cwd=ROOT,
        env=_environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    served = Served(process, home)
    readers = [
        threading.Thread(target=_read, args=(stream, lines), daemon=True)
        for stream, lines in ((process.stdout, served.said), (process.stderr, served.errors))
    ]
    for reader in readers:
        reader.start()
    try:
        wait_until(
            lambda: (
                process.poll() is not None or any(line.startswith("  http") for line in served.said)
            )
        )
        assert process.poll() is None, served.errors
        yield served
    finally:
        process.kill()
        process.wait()
        for reader in readers:
            reader.join()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "BAICHUAN_DESKTOP_HOME": str(home)}


def _read(stream: IO[str] | None, lines: list[str]) -> None:
    assert stream is not None
    for line in stream:
        lines.append(line.rstrip("\n"))
