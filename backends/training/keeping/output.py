"""The folder that a training writes into: whose it is, what may lie there, whether it has room.

While a training runs, it holds nothing but its checkpoints, and what grows. At the end the result
lies there. Nothing that somebody else put there is ever written over or taken away.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...errors import (
    DamagedTrainingError,
    NothingToResumeError,
    OutputBusyError,
    OutputFullError,
    OutputTakenError,
    OutputUnwritableError,
    system_reason,
)
from ...files.partial_folder import SUFFIX, folders_to_make, is_taken, partial_of
from ...files.plain_file import absolute_path
from ...files.small_files import is_text
from ...operating_system import lock_folder, long_path
from ..events import TrainingReady
from .moving import has_whole_result, move_result
from .sealed import OF_SYSTEMS, RESULT, foreign_in, remove_folder, remove_partial

log = logging.getLogger(__name__)

_CHECKPOINT: Final = re.compile(r"checkpoint-([1-9][0-9]{0,11})")
#: For what a file system adds.
_SPARE_BYTES = 4 * 2**20
_FULL: Final = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@dataclass(frozen=True, slots=True)
class Claim:
    """The folder is ours until the context ends."""

    #: The result of a run that was killed when all of it was written; nothing is left to be done.
    finished: TrainingReady | None = None


def checkpoint_folder(output: Path, step: int) -> Path:
    """Where the checkpoint of a step lies, or would."""
    return output / f"checkpoint-{step}"


def kept_steps(output: Path) -> Sequence[int]:
    """The steps of the checkpoints that have their names, rising; none of what cannot be read."""
    with contextlib.suppress(OSError):
        return _steps(_names(output))
    return ()


def require_output(output: Path, *, resume: bool) -> None:
    """Raise TrainingError unless a training may begin or go on there. Nothing is written.

    OutputUnwritableError, OutputTakenError; NothingToResumeError with `resume` alone.
    """
    if not is_text(output):
        raise OutputUnwritableError(output, "its path is not UTF-8")
    with _readable(output):
        is_taken(output)  # or no name that a folder could have
        missing = folders_to_make(absolute_path(output))
        there = missing[-1].parent if missing else output
        if not long_path(there).is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(long_path(there), os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        names = [] if missing else _names(output)
    _require_ours(output, names, resume=resume)


@contextlib.contextmanager
def claimed_output(output: Path, *, resume: bool) -> Iterator[Claim]:
    """The folder, made if there is none, with what a killed run left half taken away.

    A folder that was made and is still empty in the end is taken away. Raises what
    `require_output` raises, and OutputBusyError while another run has the folder.
    """
    require_output(output, resume=resume)
    with contextlib.ExitStack() as stack:
        with _readable(output):
            output = absolute_path(output)
            made = folders_to_make(output)
            long_path(output).mkdir(parents=True, exist_ok=True)
            stack.callback(_remove_empty, made)
        stack.callback(_lock(output))
        names = _names(output)
        _require_ours(output, names, resume=resume)  # now that nobody else begins there
        has_result = has_whole_result(output)
        with _readable(output):
            for whole in (name.removesuffix(SUFFIX) for name in names if _is_half(name)):
                if not (has_result and whole == RESULT):
                    remove_partial(output / whole)
        if not has_result:
            yield Claim()
            return
        with writing(output, 0):
            ready = move_result(output, lambda: remove_checkpoints(output))
        yield Claim(ready)


def remove_checkpoints(output: Path, steps: Sequence[int] | None = None) -> int:
    """Take checkpoints away, all if none are named; how many there were.

    One that cannot be taken away, or holds something that is not ours, stays whole or has lost its
    name.
    """
    count = 0
    for step in kept_steps(output) if steps is None else steps:
        try:
            remove_folder(checkpoint_folder(output, step))
            count += 1
        except OSError as error:
            log.warning("The checkpoint of step %d cannot be taken away: %s", step, error)
    return count


def discard(output: Path) -> None:
    """Take away what is kept of a training that has no result, and its folder if it is empty then.

    What somebody else put there stays. Raises OutputBusyError while a training runs there,
    OutputUnwritableError.
    """
    if not long_path(output).is_dir():
        return
    unlock = _lock(output)
    try:
        with _readable(output):
            names = _names(output)
            for name in names:
                is_ours = _is_half(name) or _CHECKPOINT.fullmatch(name) is not None
                if is_ours and foreign_in(output / name) is None:
                    remove_folder(output / name.removesuffix(SUFFIX))
    finally:
        unlock()
    with contextlib.suppress(OSError):  # it holds something else
        long_path(output).rmdir()


def require_room(output: Path, needed_bytes: int) -> None:
    """Raise OutputFullError where so much does not fit; OutputUnwritableError if none can tell."""
    with _readable(output):
        free = shutil.disk_usage(long_path(output)).free
    if needed_bytes + _SPARE_BYTES > free:
        raise OutputFullError(output, needed_bytes=needed_bytes + _SPARE_BYTES, free_bytes=free)


@contextlib.contextmanager
def writing(output: Path, needed_bytes: int) -> Iterator[None]:
    """Raise what the system refuses as OutputFullError or OutputUnwritableError."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise OutputUnwritableError(output, system_reason(error)) from error
        free = 0
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(long_path(output)).free
        raise OutputFullError(output, needed_bytes=needed_bytes, free_bytes=free) from error


def _names(output: Path) -> list[str]:
    return sorted(os.listdir(long_path(output)))  # noqa: PTH208  names alone


def _steps(names: Sequence[str]) -> list[int]:
    found = (_CHECKPOINT.fullmatch(name) for name in names)
    return sorted(int(one[1]) for one in found if one is not None)


def _is_half(name: str) -> bool:
    """Whether a name is that of a checkpoint or a result that grows."""
    whole = name.removesuffix(SUFFIX)
    return name != whole and (whole == RESULT or _CHECKPOINT.fullmatch(whole) is not None)


def _require_ours(output: Path, names: Sequence[str], *, resume: bool) -> None:
    has_result = partial_of(output / RESULT).name in names and has_whole_result(output)
    steps = _steps(names)
    if resume and has_result:
        return  # the names of its files stand in it
    if resume and not steps:
        raise NothingToResumeError(output)
    for name in names:
        is_kept = _CHECKPOINT.fullmatch(name) is not None
        if name in OF_SYSTEMS or (resume and is_kept):
            continue
        if not _is_half(name) or (has_result and name == f"{RESULT}{SUFFIX}"):
            raise OutputTakenError(output, name)
        with _readable(output):
            foreign = foreign_in(output / name)
        if foreign is not None:
            raise OutputTakenError(output, f"{name}/{foreign}" if foreign else name)


def _lock(output: Path) -> Callable[[], object]:
    """Keep other runs off, until what is returned is called. Raises OutputBusyError."""
    try:
        return lock_folder(long_path(output))
    except BlockingIOError as error:
        raise OutputBusyError(output) from error
    except OSError as error:  # a drive of another machine that knows no locks
        log.info("“%s” cannot be locked: %s", output, error)
        return lambda: None


def _remove_empty(made: Sequence[Path]) -> None:
    with contextlib.suppress(OSError):  # something lies in it
        for folder in made:
            long_path(folder).rmdir()


@contextlib.contextmanager
def _readable(output: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, DamagedTrainingError):
            raise
        reason = system_reason(error) if not isinstance(error, RuntimeError) else str(error)
        raise OutputUnwritableError(output, reason) from error
