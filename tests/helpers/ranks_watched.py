"""Processes that share a training, as who started them sees them: frames, sockets, children."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from backends.protocol.frames import Alive
from backends.training.values import TrainingRequest
from backends.training.wire import TrainingPayload, read_training, write_training

ROOT = Path(__file__).parents[2]


@dataclass
class Watched:
    """The process that a training is asked of, and those that it starts."""

    child: subprocess.Popen[bytes]
    frames: list[TrainingPayload] = field(default_factory=list)

    def ask(self, payload: TrainingPayload) -> None:
        assert self.child.stdin is not None
        write_training(self.child.stdin, payload)

    def ranks(self) -> list[psutil.Process]:
        """Those that compute, in their order."""
        return psutil.Process(self.child.pid).children()

    def internet_sockets(self) -> list[tuple[str, str]]:
        """Own and other address of each socket of an internet family, of all processes."""
        found = []
        for process in (psutil.Process(self.child.pid), *self.ranks()):
            with contextlib.suppress(psutil.NoSuchProcess):
                for one in process.net_connections("all"):
                    if one.family in (socket.AF_INET, socket.AF_INET6):
                        found.append((one.laddr.ip, one.raddr.ip if one.raddr else ""))
        return found


@contextlib.contextmanager
def _started(request: TrainingRequest, log: Path) -> Iterator[Watched]:
    with log.open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "backends.training.process"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=ROOT,
        )  # fmt: skip
        with child:
            watched = Watched(child)
            watched.ask(request)
            try:
                yield watched
            finally:
                child.kill()


def watched(
    request: TrainingRequest,
    log: Path,
    meanwhile: Callable[[TrainingPayload, Watched], object] = lambda frame, processes: None,
) -> list[TrainingPayload]:
    """All frames of a training until its process has ended; `meanwhile` is called with each."""
    with _started(request, log) as processes:
        assert processes.child.stdout is not None
        while (frame := read_training(processes.child.stdout)) is not None:
            if not isinstance(frame, Alive):
                processes.frames.append(frame)
                meanwhile(frame, processes)
        processes.child.wait()
    return processes.frames
