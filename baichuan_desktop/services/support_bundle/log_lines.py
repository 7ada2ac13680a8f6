"""What of a log goes into a bundle: when, how bad, and which line of the program said it.

What was said is left out. An error's text may quote a question, an answer or a name of a file, and
nobody can tell such text from any other. The line of the program tells which sentence it was.
"""

from __future__ import annotations

import builtins
import functools
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import backends
from backends import errors

_MOST_LETTERS = 4000  #: of a line that are looked at

_DATE = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[,.]\d+)?(?:[+-]\d\d:\d\d)?"
_RECORD = re.compile(rf"(?:(?P<date>{_DATE}) )?(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)(?: |$)")
#: Stands at the end of a record.
_PLACE = re.compile(r"\[(?P<logger>[a-z0-9_.]+):(?P<line>\d{1,5})\]$")
_COMMAND = re.compile(rf"(?P<date>{_DATE}) (?P<version>\d[\d.a-z]*) (?P<system>\w+) (?P<pid>\d+)$")
_FRAME = re.compile(r'  File "(?P<file>[^"]*)", line (?P<line>\d{1,6})(?: in |, in |$)')
_ERROR = re.compile(r"(?P<error>[A-Za-z_][A-Za-z0-9_.]*)(?::|$)")
_THREAD = re.compile(r"(?:Current thread|Thread) 0x[0-9a-f]+ .*\(most recent call first\):$")
_ERRNO = re.compile(r"\[(?:Errno|WinError) (\d{1,5})\]")
#: Lines that Python writes around a traceback, and nothing else.
_FIXED = {
    "Traceback (most recent call last):",
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
    *(f"Fatal Python error: {what}" for what in (
        "Segmentation fault", "Aborted", "Bus error", "Illegal instruction",
        "Floating-point exception", "Floating point exception",
    )),
    "Windows fatal exception: access violation",
}  # fmt: skip
#: Errors of libraries that are not loaded where a bundle is made. Any other name that only looks
#: like one may be a word of somebody's question.
_OF_LIBRARIES = frozenset({
    "onnxruntime.capi.onnxruntime_pybind11_state.Fail",
    "onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument",
    "onnxruntime.capi.onnxruntime_pybind11_state.InvalidGraph",
    "onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf",
    "onnxruntime.capi.onnxruntime_pybind11_state.NoSuchFile",
    "onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented",
    "onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException",
    "json.decoder.JSONDecodeError", "numpy.exceptions.AxisError",
    "pydantic_core._pydantic_core.ValidationError", "safetensors_rust.SafetensorError",
    "sqlite3.DatabaseError", "sqlite3.IntegrityError", "sqlite3.OperationalError",
    "torch.AcceleratorError", "torch.OutOfMemoryError", "torch.cuda.OutOfMemoryError",
    "zipfile.BadZipFile", "zlib.error",
})  # fmt: skip


def telling_lines(log: str) -> str:
    """A log without what was said in it; how many lines are left out is told."""
    return "\n".join(_told(log)) + "\n"


def _told(log: str) -> Iterator[str]:
    left_out = 0
    for line in log.splitlines():
        kept = _kept(line[:_MOST_LETTERS])
        if kept is None:
            left_out += 1
            continue
        if left_out:
            yield _count(left_out)
            left_out = 0
        yield kept
    if left_out:
        yield _count(left_out)


def _count(lines: int) -> str:
    return "[1 line]" if lines == 1 else f"[{lines} lines]"


def _kept(line: str) -> str | None:
    """What of a line is no free text; None where all of it may be."""
    if line in _FIXED:
        return line
    if _THREAD.match(line):
        return "Thread (most recent call first):"
    if found := _FRAME.match(line):
        return f"  File {_program_file(found['file'])}, line {found['line']}"
    if found := _COMMAND.match(line):
        system = found["system"] if found["system"] == sys.platform else "…"
        return f"{found['date']} {found['version']} {system}"
    if found := _RECORD.match(line):
        said = _error(line[found.end() :])
        return " ".join(filter(None, (found["date"], found["level"], said, _place(line))))
    # A number alone may stand in any text.
    return (
        _error(line) if (found := _ERROR.match(line)) and _is_known_error(found["error"]) else None
    )


def _error(line: str) -> str:
    """The class of the error that a line begins with, and a number of the system's in it."""
    found = _ERROR.match(line)
    name = found["error"] if found is not None and _is_known_error(found["error"]) else ""
    return " ".join(filter(None, (name, _errno(line))))


def _errno(line: str) -> str:
    """The system's number of an error, with its own words for it."""
    found = _ERRNO.search(line)
    return "" if found is None else f"[Errno {found[1]}: {os.strerror(int(found[1]))}]"


def _place(line: str) -> str:
    """The module and the line that wrote a record; nothing where there is no such module."""
    found = _PLACE.search(line)
    if found is None or not _is_own_module(found["logger"]):
        return ""
    return f"[{found['logger']}:{found['line']}]"


@functools.lru_cache(maxsize=1000)
def _is_own_module(name: str) -> bool:
    parts = name.split(".")
    if parts[0] not in ("backends", "baichuan_desktop") or not all(parts):
        return False
    place = _root().joinpath(*parts)
    return place.is_dir() or place.with_suffix(".py").is_file()


@functools.lru_cache(maxsize=1000)
def _program_file(path: str) -> str:
    """A file of the program or of a library, from its package on; “…” for any other."""
    parts = re.split(r"[\\/]", path)[-12:]
    if ".." in parts:
        return "…"
    bases = (_root(), *(Path(sysconfig.get_path(name)) for name in ("purelib", "stdlib")))
    for first in range(len(parts)):
        tail = parts[first:]
        if tail[0] and any(base.joinpath(*tail).is_file() for base in bases):
            return "/".join(tail)
    return "…"


def _root() -> Path:
    """The folder that the program's packages lie in."""
    return Path(next(iter(backends.__path__))).parent


def _is_known_error(name: str) -> bool:
    """Whether a name is that of an error that the program, Python or a library raises."""
    if name in _OF_LIBRARIES:
        return True
    module, _, last = name.rpartition(".")
    if module:
        known = getattr(sys.modules.get(module), last, None)
    else:
        known = getattr(errors, last, getattr(builtins, last, None))
    return isinstance(known, type) and issubclass(known, BaseException)
