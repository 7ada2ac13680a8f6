"""How much memory this process may still take, and what sets the limit.

A machine has memory; control groups (containers, services) and `ulimit` give a process less of it.
The files of the system are read by a function that is handed in, so that a table can stand in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from ..errors import InsufficientMemoryError
from ..operating_system import (
    MEMORY_COUNTS,
    NO_MEMORY_ERRORS,
    OVERCOMMIT,
    OWN_STATUS,
    is_out_of_memory,
    own_limits,
)
from ..phrases import Phrase
from . import control_groups
from .control_groups import Read

#: A limit from here on is none: version 1 says “no limit” with the largest number of pages.
_UNLIMITED = 2**60
#: Address space that threads and libraries reserve without ever using it, measured with torch.
_RESERVED_BYTES = 160 * 2**20

#: Figures are shown to a tenth of a GiB; two that look alike say nothing.
_SHOWN_BYTES = 2**30 // 10
#: Less than any matrix product takes for itself.
_NOTHING_BYTES = 32 * 2**20

#: What libraries say where the system gives them no more memory.
_NO_MEMORY = re.compile(
    r"cannot allocate memory|can't allocate memory|not enough memory|unable to allocate"
    r"|failed to allocate|memory allocation (?:still )?failed|out of memory|memoryerror"
    r"|bad_alloc|bad allocation|failed to map segment"
    r"|can't start new thread|thread creation failed|pthread_create failed"
    # Windows in English, and Python on a Windows of any language.
    r"|paging file is too small|insufficient system resources|not enough (?:storage|quota)"
    rf"|\[WinError (?:{'|'.join(map(str, NO_MEMORY_ERRORS))})\]",
    re.IGNORECASE,
)
#: Memory of a card is another's concern.
_OF_A_CARD = re.compile(r"cuda|cudnn|cublas|\bgpu\b", re.IGNORECASE)
_TORCH_ASKED = re.compile(r"DefaultCPUAllocator: .*?(\d+) bytes", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit on memory, in bytes."""

    name: Phrase  #: as a part of a sentence, before “allows”
    limit_bytes: int
    free_bytes: int  #: may be negative: a limit can be set below what is used
    is_own: bool = False  #: of this process alone: what others hold is no part of it

    @property
    def is_machine(self) -> bool:
        """Whether this is the machine's own memory, and not a limit that somebody set."""
        return self.name == _MACHINE


_MACHINE = Phrase("the memory of this machine")
_GROUP = Phrase("the control group (container or service) that the app runs in")
_ADDRESSES = Phrase("the shell (ulimit -v)")
_DATA = Phrase("the shell (ulimit -d)")
_COMMIT = Phrase("the system (vm.overcommit_memory is 2)")


def bounds(read: Read) -> list[Bound]:
    """All limits on the memory of this process now; the machine's own memory first."""
    memory = psutil.virtual_memory()
    found = [Bound(_MACHINE, memory.total, memory.available)]
    found += group_bounds(read)
    found += commit_bounds(read)
    found += process_bounds(read, own_limits())
    return found


def tightest(found: list[Bound]) -> Bound:
    """The limit that leaves the least free memory."""
    return min(found, key=lambda bound: bound.free_bytes)


# --- control groups ------------------------------------------------------------------------


def group_bounds(read: Read) -> list[Bound]:
    """The limits of this process's control groups, of version 1 and 2, and of those around it.

    Files that the system keeps in memory are no use of it: it drops them when somebody needs room.
    """
    found: list[Bound] = []
    for version, folder in control_groups.folders(read, "memory"):
        found += (_bounds_of_v1 if version == 1 else _bounds_of_v2)(read, folder)
    return found


def _bounds_of_v2(read: Read, folder: Path) -> Iterator[Bound]:
    used = _used(read, folder / "memory.current", folder / "memory.stat", "")
    # From memory.high on a process is slowed down until it stands still.
    for name in ("memory.max", "memory.high"):
        limit = _number(read(folder / name))
        if limit is not None and limit < _UNLIMITED:
            yield Bound(_GROUP, limit, limit - used)


def _bounds_of_v1(read: Read, folder: Path) -> Iterator[Bound]:
    statistics = folder / "memory.stat"
    used = _used(read, folder / "memory.usage_in_bytes", statistics, "total_")
    # A container does not see the groups around it, but is told the least of their limits.
    around = _number(_values(read(statistics)).get("hierarchical_memory_limit", ""))
    for limit in (_number(read(folder / "memory.limit_in_bytes")), around):
        if limit is not None and limit < _UNLIMITED:
            yield Bound(_GROUP, limit, limit - used)


def _used(read: Read, usage: Path, statistics: Path, prefix: str) -> int:
    """Bytes that a group uses, cached files not counted; those of this process if unknown."""
    used = _number(read(usage))
    if used is None:
        return _kib(read(OWN_STATUS), "VmRSS") or 0
    values = _values(read(statistics))
    files = (f"{prefix}inactive_file", f"{prefix}active_file")
    return max(used - sum(_number(values.get(name, "")) or 0 for name in files), 0)


def _values(text: str) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)


def _number(text: str) -> int | None:
    """The number of bytes in a text; None for “max”, or if it holds no number."""
    word = text.strip()
    return int(word) if word.isascii() and word.isdigit() and len(word) < 20 else None


# --- the system and the process --------------------------------------------------------------


def commit_bounds(read: Read) -> list[Bound]:
    """The commit limit, where the system never promises more memory than it has; else none."""
    if read(OVERCOMMIT).strip() != "2":
        return []
    text = read(MEMORY_COUNTS)
    limit, promised = _kib(text, "CommitLimit"), _kib(text, "Committed_AS")
    return [] if limit is None or promised is None else [Bound(_COMMIT, limit, limit - promised)]


def process_bounds(read: Read, limits: Mapping[str, int]) -> list[Bound]:
    """The limits that `ulimit` sets for this process.

    `limits` are the soft ones that are set, by “as” and “data”, in bytes.
    """
    status = read(OWN_STATUS)
    found: list[Bound] = []
    for key, name, field, reserved in (
        ("as", _ADDRESSES, "VmSize", _RESERVED_BYTES),
        ("data", _DATA, "VmData", 0),
    ):
        if limits.get(key, _UNLIMITED) < _UNLIMITED:
            free = limits[key] - (_kib(status, field) or 0) - reserved
            found.append(Bound(name, limits[key], free, is_own=True))
    return found


def _kib(text: str, field: str) -> int | None:
    match = re.search(rf"^{field}:\s*(\d+) kB$", text, re.MULTILINE)
    return int(match.group(1)) * 1024 if match else None


# --- where it ran out ------------------------------------------------------------------------


def says_no_memory(text: str) -> bool:
    """Whether a library's message says that the system gave it no memory."""
    return bool(_NO_MEMORY.search(text)) and not _OF_A_CARD.search(text)


def ran_out(error: BaseException) -> bool:
    """Whether the system refused memory; an error of ours is judged by its cause."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, MemoryError):
            return True
        if isinstance(cause, OSError) and is_out_of_memory(cause):
            return True
        foreign = isinstance(cause, RuntimeError | ImportError | OSError | SystemError)
        if foreign and says_no_memory(str(cause)):
            return True
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return False


def is_exhausted(found: list[Bound]) -> bool:
    """Whether so little memory is left that any unexplained failure is put down to that."""
    return tightest(found).free_bytes < _NOTHING_BYTES


def asked_bytes(error: BaseException) -> int | None:
    """The bytes that torch asked for and did not get; None for another error."""
    match = _TORCH_ASKED.search(str(error))
    return int(match.group(1)) if match else None


def out_of_memory(
    found: list[Bound], held_bytes: int, device: str, asked: int | None = None
) -> InsufficientMemoryError:
    """The error that memory ran out, with the limit that was met and the bytes needed.

    `held_bytes` is what this process holds already; `asked` is None where nobody says how much
    more it should have been.
    """
    met = tightest(found)
    by = None if met.is_machine else met.name
    free = max(met.free_bytes, 0)
    if asked is None or (asked + held_bytes) // _SHOWN_BYTES <= (free + held_bytes) // _SHOWN_BYTES:
        return InsufficientMemoryError.ran_out(free, met.limit_bytes, by)
    return InsufficientMemoryError(
        device=device,
        needed_bytes=asked + held_bytes,
        free_bytes=free + held_bytes,
        limit_bytes=None if by is None else met.limit_bytes,
        by=by,
    )
