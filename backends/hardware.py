"""Facts about this machine. Looks at the world and decides nothing."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Processor features that matter here, by the names of /proc/cpuinfo.
_FEATURES = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16")


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine has."""

    processor: str
    physical_cores: int  #: that this process may use
    features: frozenset[str]
    memory_bytes: int  #: of the machine, or of the container that limits it
    free_memory_bytes: int  #: that can be had without swapping

    @property
    def multiplies_bf16(self) -> bool:
        """The processor has an instruction for bf16 products."""
        return bool(self.features & {"avx512_bf16", "amx_bf16"})


def detect() -> Machine:
    """Look at this machine now."""
    cpuinfo = _read(Path("/proc/cpuinfo"))
    memory = psutil.virtual_memory()
    total, free = memory.total, memory.available
    limit = _container_limit()
    if limit is not None and limit < total:
        used = psutil.Process().memory_info().rss
        total, free = limit, min(free, limit - used)
    return Machine(
        processor=_processor_name(cpuinfo),
        physical_cores=_usable_cores(),
        features=frozenset(_features(cpuinfo)),
        memory_bytes=total,
        free_memory_bytes=max(free, 0),
    )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _processor_name(cpuinfo: str) -> str:
    match = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return match.group(1).strip() if match else platform.processor() or platform.machine()


def _features(cpuinfo: str) -> set[str]:
    match = re.search(r"^flags\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return set(match.group(1).split()) & set(_FEATURES) if match else set()


def _usable_cores() -> int:
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    return max(cores, 1)


def _container_limit() -> int | None:
    text = _read(Path("/sys/fs/cgroup/memory.max")).strip()
    return int(text) if text.isdigit() else None
