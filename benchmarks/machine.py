"""What every benchmark says of the machine, and how busy others keep it meanwhile."""

from __future__ import annotations

import os
import platform
import time
from importlib import metadata
from pathlib import Path
from typing import Final

import psutil

from backends import hardware

ROOT: Final = Path(__file__).resolve().parents[1]
_PACKAGES: Final = ("torch", "onnxruntime", "onnx", "numpy", "PySide6-Essentials")


def physical_cores() -> int:
    """Threads the app takes by default."""
    return hardware.detect().physical_cores


def facts() -> dict[str, str]:
    """Processor, memory, system and versions, in words."""
    machine = hardware.detect()
    return {
        "processor": f"{machine.processor}, {machine.physical_cores} cores",
        "features": " ".join(sorted(machine.features)),
        "memory": f"{machine.memory_bytes / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def child_environment() -> dict[str, str]:
    """This environment, with the project importable however the parent found it."""
    inherited = os.environ.get("PYTHONPATH")
    paths = [str(ROOT), inherited] if inherited else [str(ROOT)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


class Neighbours:
    """Counts the processor time that is not this process's, from its making on.

    A figure measured while others work is worth little; this tells whether they did.
    """

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._busy = _busy_seconds()
        self._own = time.process_time()

    def cores(self, engine_seconds: float = 0.0) -> float:
        """Cores that others, or the host of a virtual machine, kept busy on average.

        `engine_seconds` of another process are not a neighbour's either.
        """
        wall = time.perf_counter() - self._wall
        own = time.process_time() - self._own + engine_seconds
        others = _busy_seconds() - self._busy - own
        return max(0.0, others / wall) if wall > 0 else 0.0


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    idle: float = times.idle + getattr(times, "iowait", 0.0) + getattr(times, "guest", 0.0)
    return sum(times) - idle


def peak_rss_bytes() -> int | None:
    """Most memory this process ever had resident, mapped files included; None if unknown."""
    status = Path("/proc/self/status")  # not getrusage, whose peak is inherited over exec
    if not status.is_file():
        return None
    for line in status.read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
