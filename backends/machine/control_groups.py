"""The control groups of this process, which containers and services are limited by.

The files of the system are read by a function that is handed in, so that a table can stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from ..operating_system import OWN_GROUPS

#: Reads a file of the system; "" where there is none.
Read = Callable[[Path], str]

_ROOT = Path("/sys/fs/cgroup")


def folders(read: Read, controller: str) -> Iterator[tuple[int, Path]]:
    """The folders of this process's groups and of those around them, each with its version.

    `controller` is what version 1 has a hierarchy of its own for: “memory”, “cpu”.
    """
    for line in read(OWN_GROUPS).splitlines() or ["0::/"]:
        number, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if number == "0" and not controllers:
            for folder in _with_those_above(_ROOT, group):
                yield 2, folder
        elif controller in controllers.split(","):
            for folder in _with_those_above(_ROOT / controller, group):
                yield 1, folder


def _with_those_above(root: Path, group: str) -> Iterator[Path]:
    """The folders of a group and of those above it, up to `root`.

    In a container the name may be that of the host, where nothing lies; the root always counts.
    """
    parts = [part for part in PurePosixPath(group).parts if part != "/"]
    if ".." in parts:  # the group lies outside of what this process sees
        parts = []
    for length in range(len(parts), -1, -1):
        yield root.joinpath(*parts[:length])


def processor_quota(read: Read) -> float | None:
    """The number of cores whose time the groups may use, such as 1.5; None if unlimited.

    Threads beyond it are all halted together for a part of each tenth of a second.
    """
    quotas = [
        quota
        for version, folder in folders(read, "cpu")
        if (quota := _quota(read, folder, version)) is not None
    ]
    return min(quotas, default=None)


def _quota(read: Read, folder: Path, version: int) -> float | None:
    names = ("cpu.max",) if version == 2 else ("cpu.cfs_quota_us", "cpu.cfs_period_us")
    words = " ".join(read(folder / name) for name in names).split()
    # “max” and -1 are no limit.
    if len(words) != 2 or not all(word.isascii() and word.isdigit() for word in words):
        return None
    quota, period = (int(word[:20]) for word in words)
    return quota / period if quota and period else None
