"""Everything in which Linux, Windows and macOS differ: no other module asks which system this is.

What Windows is asked, and how, is in `windows_api`, which nobody else uses. Only what costs nothing
is imported at the head of both: an engine binds itself to its window with them first.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import re
import signal
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from . import windows_api
from .process_end import End

if TYPE_CHECKING:
    import subprocess

#: What Linux says of this process and of the system, as text; elsewhere there is no such file.
OWN_STATUS: Final = Path("/proc/self/status")
OWN_GROUPS: Final = Path("/proc/self/cgroup")
MEMORY_COUNTS: Final = Path("/proc/meminfo")
OVERCOMMIT: Final = Path("/proc/sys/vm/overcommit_memory")
OWN_THREADS: Final = Path("/proc/self/task")  #: a folder of folders
_PROCESSORS: Final = Path("/proc/cpuinfo")


def read(file: Path) -> str:
    """What a file of the system says; "" where there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


# --- files -------------------------------------------------------------------------------


def _flags(*names: str, known: object = os) -> int:
    return sum(getattr(known, name, 0) for name in names)


#: For `os.open`: it waits for nobody at the other end of a pipe, takes no terminal, and gives the
#: bytes as they are. Windows has the last alone, and no such pipes among its files.
PLAIN: Final = _flags("O_NONBLOCK", "O_NOCTTY", "O_BINARY")
#: For `os.open`: a link is not followed, where links can be told from files.
NO_LINK: Final = _flags("O_NOFOLLOW")
#: How weights are mapped: writing never reaches the file. Windows charges the whole of a mapping
#: that may be written to when it is made, so none is there.
WEIGHTS_ACCESS: Final[int] = mmap.ACCESS_READ if sys.platform == "win32" else mmap.ACCESS_COPY


def long_path(path: Path) -> Path:
    """The same path in a form in which it may be of any length."""
    if sys.platform != "win32":
        return path
    return Path(windows_api.long_form(str(path.absolute())))


def rename(source: Path, target: Path) -> None:
    """Give a file or a folder another name, in place of a file that has it. Raises OSError.

    Windows refuses it while another program, such as a scanner, has one of them open.
    """
    windows_api.patiently(lambda: long_path(source).replace(long_path(target)))


def is_held(error: OSError) -> bool:
    """Whether it was refused because another program has the file open, as Windows does."""
    return windows_api.is_held(error)


def is_closed_pipe(error: OSError) -> bool:
    """Whether what was written to a standard stream has no reader any more.

    Windows calls that an invalid argument. A name that no file can have is another matter.
    """
    is_invalid = sys.platform == "win32" and error.errno == errno.EINVAL
    return isinstance(error, BrokenPipeError) or (is_invalid and error.filename is None)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut. Raises OSError."""
    if sys.platform == "win32":  # which has no handle of a folder to flush
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock_folder(folder: Path) -> Callable[[], object]:
    """Keep other runs of the app off a folder, until what is returned is called, or we end.

    Raises BlockingIOError while another run has it, OSError where it cannot be locked: there is
    none, or its drive knows no locks. Nothing of it stays on the drive.
    """
    if sys.platform == "win32":
        import ctypes

        name = folder.with_name(folder.name + ".lock")
        kernel32 = windows_api.kernel32()
        return windows_api.lock_name(str(long_path(name)), kernel32, ctypes.get_last_error)
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return partial(os.close, descriptor)


# --- what is the administrator's ----------------------------------------------------------


def site_folder() -> Path:
    """Where an administrator keeps what holds for all; no variable moves it. Raises OSError."""
    if sys.platform == "win32":
        return Path(windows_api.program_data()) / "baichuan-desktop"
    is_mac = sys.platform == "darwin"
    return Path("/Library/Application Support" if is_mac else "/etc/xdg") / "baichuan-desktop"


def ordinary_writer(path: Path, owner: int, *, is_above: bool = False) -> str | None:
    """Who, besides the administrator, may change a file or a folder; None: nobody. Raises OSError.

    `owner` is the administrator's number; Windows knows its own. `is_above` asks of a folder only
    whether what is in it may be taken away: on Windows, all may add to those of the system.
    """
    if sys.platform == "win32":
        return windows_api.ordinary_writer(str(long_path(path)), is_above=is_above)
    found = path.lstat()
    if found.st_uid != owner:
        return f"uid {found.st_uid}"
    if found.st_mode & stat.S_IWOTH:
        return "everybody"
    # An access list for others shows in the bits of the group.
    return f"gid {found.st_gid}" if found.st_mode & stat.S_IWGRP else None


# --- processes ---------------------------------------------------------------------------


def die_with_parent() -> None:
    """Ask Linux to kill us with the thread that started us, even in the middle of a kernel.

    On Windows, a job object of whoever started us does it. Elsewhere, the end of the pipe from the
    window ends the engine once it has started.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import select

    pr_set_pdeathsig = 1
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    # It may have died before: then nobody holds the other end of the pipe any more.
    pipe = select.poll()
    pipe.register(0, select.POLLIN)
    if any(
        events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in pipe.poll(0)
    ):
        os._exit(0)


def lower_priority() -> None:
    """Have this process compute with what others leave, where the system allows it."""
    if sys.platform == "win32":
        windows_api.lower_priority(windows_api.kernel32())
        return
    with contextlib.suppress(OSError):
        os.nice(10)


def start_child(
    command: Sequence[str], log: IO[bytes], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a process with pipes to its input and output, which ends with us. Raises OSError.

    Where Windows does not let it be bound to us, it is told in the log: an engine still ends with
    its input, but not in the middle of a kernel.
    """
    import subprocess

    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment,
        creationflags=child_flags(),
    )  # fmt: skip
    if sys.platform == "win32":
        import ctypes

        bind(child.pid, windows_api.kernel32(), ctypes.get_last_error)
    return child


def child_flags() -> int:
    """For a child that shall have no console: Windows shows one for each that has none to share."""
    return 0x08000000 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW


def bind(pid: int, kernel32: object, last_error: Callable[[], int]) -> None:
    """Have Windows end a child with us; told in the log where it refuses."""
    try:
        windows_api.end_with_us(pid, kernel32, last_error)
    except OSError as error:
        import logging

        logging.getLogger(__name__).warning("A child may outlive the app: %s", error)


def output_of(command: Sequence[str], seconds: float) -> str:
    """What a program prints; "" if there is no such program, it fails, or it takes longer."""
    import subprocess

    try:
        result = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=seconds,
            check=True, stdin=subprocess.DEVNULL, creationflags=child_flags(),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout


_SIGNALS: Final = {
    "SIGKILL": End.KILLED, "SIGSEGV": End.CRASH, "SIGABRT": End.ABORT,
    "SIGBUS": End.UNREADABLE_FILE, "SIGILL": End.NO_INSTRUCTION,
}  # fmt: skip


def end_of(code: int) -> End | None:
    """What an exit code of `subprocess` tells; None for one that a program chose, or unknown."""
    if sys.platform == "win32":
        return windows_api.end_of_status(code)
    try:
        return _SIGNALS.get(signal.Signals(-code).name)
    except ValueError:
        return None


def is_status(code: int) -> bool:
    """Whether Windows itself, and no program, chose an exit code of this size."""
    return windows_api.is_status(code)


# --- memory and processor ----------------------------------------------------------------


#: Numbers by which Windows says so, in a language of its own; Python puts them into its message.
NO_MEMORY_ERRORS: Final = windows_api.NO_MEMORY_ERRORS


def is_out_of_memory(error: OSError) -> bool:
    """Whether the system refused it for want of memory."""
    return error.errno == errno.ENOMEM or windows_api.is_out_of_memory(error)


def own_limits() -> dict[str, int]:
    """What `ulimit` sets for this process, in bytes: “as” and “data”, those that are set."""
    if sys.platform != "linux":  # elsewhere they are not kept, or do not exist
        return {}
    import resource

    limits = {"as": resource.RLIMIT_AS, "data": resource.RLIMIT_DATA}
    soft = {name: resource.getrlimit(number)[0] for name, number in limits.items()}
    return {name: limit for name, limit in soft.items() if limit != resource.RLIM_INFINITY}


def resident_peak() -> int:
    """The most resident memory of this process so far, mapped files included, in bytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    # Not getrusage on Linux: its peak is inherited over exec, from whoever started the process.
    if match := re.search(r"^VmHWM:\s*(\d+) kB$", read(OWN_STATUS), re.MULTILINE):
        return int(match.group(1)) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def trim_heap() -> None:
    """Give the pages of what was freed back to the system; glibc keeps them otherwise."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def processor_name() -> str:
    """What this processor is called."""
    if match := re.search(r"^model name\s*:\s*(.+)$", _cpuinfo(), re.MULTILINE):
        return match.group(1).strip()
    import platform

    own = _registered_name() or _sysctl("machdep.cpu.brand_string")
    return own or platform.processor() or platform.machine()


def _registered_name() -> str:
    """What Windows calls this processor; "" elsewhere."""
    return windows_api.processor_name() if sys.platform == "win32" else ""


def processor_features() -> set[str]:
    """All that the system says this processor can do, in Linux's words; nothing if it says none."""
    if match := re.search(r"^(?:flags|Features)\s*:\s*(.+)$", _cpuinfo(), re.MULTILINE):
        found = set(match.group(1).split())
        return found | {"avx_ne_convert"} if "avx2" in found and _has_ne_convert() else found
    if sys.platform == "win32":
        return windows_api.processor_features(windows_api.kernel32())
    return _mac_features() if sys.platform == "darwin" else set()


@cache
def _cpuinfo() -> str:
    return read(_PROCESSORS)


def _has_ne_convert() -> bool:
    """Whether there is AVX-NE-CONVERT, which Linux does not list, as glibc 2.33 and later tell."""
    import ctypes

    leaf_7_1, edx, bit = 6, 3, 5
    try:
        ask = ctypes.CDLL("libc.so.6")["__x86_get_cpuid_feature_leaf"]
    except (OSError, AttributeError):  # another C library, or an older one
        return False
    # struct cpuid_feature of <sys/platform/x86.h>: eax, ebx, ecx, edx
    ask.restype = ctypes.POINTER(ctypes.c_uint * 4)
    return bool(ask(leaf_7_1).contents[edx] >> bit & 1)


def _mac_features() -> set[str]:
    """What macOS tells, in its own words."""
    import platform

    if platform.machine() == "arm64":
        return {"asimd"} | ({"bf16"} if _sysctl("hw.optional.arm.FEAT_BF16") == "1" else set())
    words = f"{_sysctl('machdep.cpu.features')} {_sysctl('machdep.cpu.leaf7_features')}"
    return {"sse4_1" if word == "sse4.1" else word for word in words.lower().split()}


def _sysctl(key: str) -> str:
    """What macOS says of itself by this name; "" elsewhere."""
    return output_of(["sysctl", "-n", key], 10.0).strip() if sys.platform == "darwin" else ""


# --- other processes of the same person -----------------------------------------------------


def local_address(folder: Path, name: str) -> str:
    """Where a process listens for others of the same person, and nobody else can.

    That is a socket in this folder, which is made, and which nobody else may enter; Windows' pipes
    lie in no folder, and have names alone. Raises OSError where others could enter the folder.
    """
    if sys.platform == "win32":
        return f"baichuan-desktop-{name}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(folder))
    return str(folder / name)


# --- terminal and display ----------------------------------------------------------------


def prepare_console() -> None:
    """Have Windows write and read UTF-8, and obey the sequences that move the cursor."""
    if sys.platform == "win32":
        windows_api.show_utf8(windows_api.kernel32())
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            # A console is spoken to in UTF-16 already; None: there is none.
            if stream is not None and hasattr(stream, "reconfigure") and not stream.isatty():
                stream.reconfigure(encoding="utf-8")


def has_display() -> bool:
    """Whether a window can be opened."""
    is_named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return sys.platform in ("win32", "darwin") or is_named
