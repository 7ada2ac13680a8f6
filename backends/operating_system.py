"""Everything in which Linux, Windows and macOS differ: no other module asks which system this is.

Only what costs nothing is imported at its head: an engine binds itself to its window with it
first. Windows is asked through a `kernel32` that is handed in, so that a stand-in can answer.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import ntpath
import os
import re
import signal
import struct
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import subprocess

#: What Linux says of this process and of the system, as text; elsewhere there is no such file.
OWN_STATUS: Final = Path("/proc/self/status")
OWN_GROUPS: Final = Path("/proc/self/cgroup")
MEMORY_COUNTS: Final = Path("/proc/meminfo")
OVERCOMMIT: Final = Path("/proc/sys/vm/overcommit_memory")
OWN_THREADS: Final = Path("/proc/self/task")  #: a folder of folders
PROCESSORS: Final = Path("/proc/cpuinfo")


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

_LONG_PATH: Final = 260 - 12  #: a folder leaves 12 of Windows' 260 characters to a file
_HELD: Final = frozenset({5, 32, 33})  # ERROR_ACCESS_DENIED, …SHARING_VIOLATION, …LOCK_VIOLATION
_HELD_SECONDS: Final = 2.0


def long_path(path: Path) -> Path:
    """The same path in a form in which it may be of any length."""
    if sys.platform != "win32":
        return path
    return Path(long_form(str(path.absolute())))


def long_form(path: str) -> str:
    r"""A full path of Windows, behind `\\?\` if it is too long to be understood without it."""
    if len(path) < _LONG_PATH or path.startswith(("\\\\?\\", "\\\\.\\")):
        return path
    plain = ntpath.normpath(path)  # behind it, neither “..” nor “/” means anything
    return f"\\\\?\\UNC{plain[1:]}" if plain.startswith("\\\\") else f"\\\\?\\{plain}"


def rename(source: Path, target: Path) -> None:
    """Give a file or a folder another name, in place of a file that has it. Raises OSError.

    Windows refuses it while another program, such as a scanner, has one of them open.
    """
    patiently(lambda: long_path(source).replace(long_path(target)))


def patiently(
    operation: Callable[[], object],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Do something to files that others may hold for moments; tried again for two seconds."""
    end = clock() + _HELD_SECONDS
    while True:
        try:
            operation()
        except OSError as error:
            if not is_held(error) or clock() >= end:
                raise
            sleep(0.05)
        else:
            return


def is_held(error: OSError) -> bool:
    """Whether Windows refused it because another program has the file open."""
    return getattr(error, "winerror", None) in _HELD


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
        return lock_name(str(long_path(name)), _kernel32(), ctypes.get_last_error)
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return partial(os.close, descriptor)


def lock_name(name: str, kernel32: Any, last_error: Callable[[], int]) -> Callable[[], object]:
    """See `lock_folder`: a file that nobody else can open, and that goes with its handle."""
    generic_write, nobody, open_always, invalid = 0x40000000, 0, 4, -1
    hidden, delete_on_close = 0x2, 0x04000000
    handle = kernel32.CreateFileW(
        name, generic_write, nobody, None, open_always, hidden | delete_on_close, None
    )
    if handle != invalid:
        return partial(kernel32.CloseHandle, handle)
    code = last_error()  # ERROR_SHARING_VIOLATION, …FILE_NOT_FOUND, …PATH_NOT_FOUND
    reason = {32: errno.EWOULDBLOCK, 2: errno.ENOENT, 3: errno.ENOENT}.get(code, errno.EACCES)
    raise OSError(reason, f"it cannot be locked (error {code} of Windows)", name)


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


def start_child(
    command: Sequence[str], log: IO[bytes], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a process with pipes to its input and output, which ends with us. Raises OSError."""
    import subprocess

    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=environment,
        creationflags=child_flags(),
    )
    if sys.platform == "win32":
        end_with_us(child.pid, _kernel32())
    return child


def child_flags() -> int:
    """For a child that shall have no console: Windows shows one for each that has none to share."""
    return 0x08000000 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW


def end_with_us(pid: int, kernel32: Any) -> None:
    """Have Windows end a child when this process ends, in whatever way."""
    set_quota_and_terminate = 0x0101
    child = kernel32.OpenProcess(set_quota_and_terminate, False, pid)
    kernel32.AssignProcessToJobObject(_job(kernel32), child)
    kernel32.CloseHandle(child)


@cache
def _job(kernel32: Any) -> int:
    """A job object whose processes end when its last handle is closed: ours, by our end."""
    extended_limits, kill_on_job_close = 9, 0x2000
    # JOBOBJECT_EXTENDED_LIMIT_INFORMATION, of which LimitFlags alone counts.
    limits = struct.pack("<16xI124x", kill_on_job_close)
    job: int = kernel32.CreateJobObjectW(None, None)
    kernel32.SetInformationJobObject(job, extended_limits, limits, len(limits))
    return job


def output_of(command: Sequence[str], seconds: float) -> str:
    """What a program prints; "" if there is no such program, it fails, or it takes longer."""
    import subprocess

    try:
        result = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=True,
            stdin=subprocess.DEVNULL,
            creationflags=child_flags(),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout


class End(Enum):
    """Why a process ended that nobody asked to end, as far as its exit code tells."""

    KILLED = auto()  #: by the system, as it does when memory runs out
    NO_MEMORY = auto()  #: it asked for memory, and got none
    CRASH = auto()
    STACK_OVERFLOW = auto()
    ABORT = auto()
    UNREADABLE_FILE = auto()  #: that was mapped
    NO_INSTRUCTION = auto()  #: of the kind that it came to
    NO_LIBRARY = auto()


_SIGNALS: Final = {
    "SIGKILL": End.KILLED, "SIGSEGV": End.CRASH, "SIGABRT": End.ABORT,
    "SIGBUS": End.UNREADABLE_FILE, "SIGILL": End.NO_INSTRUCTION,
}  # fmt: skip
#: STATUS_… of ntstatus.h.
_NTSTATUS: Final = {
    End.NO_MEMORY: (  # NO_MEMORY, QUOTA_EXCEEDED, INSUFFICIENT_RESOURCES, …QUOTA, COMMITMENT_LIMIT
        0xC0000017, 0xC0000044, 0xC000009A, 0xC000012C, 0xC000012D,
    ),
    # ACCESS_VIOLATION, INTEGER_DIVIDE_BY_ZERO, PRIVILEGED_INSTRUCTION, HEAP_CORRUPTION
    End.CRASH: (0xC0000005, 0xC0000094, 0xC0000096, 0xC0000374),
    End.STACK_OVERFLOW: (0xC00000FD,),
    # STACK_BUFFER_OVERRUN, with which “abort” ends; FAIL_FAST_EXCEPTION; C++ that nobody caught
    End.ABORT: (0xC0000409, 0xC0000602, 0xE06D7363),
    End.UNREADABLE_FILE: (0xC0000006,),  # IN_PAGE_ERROR
    End.NO_INSTRUCTION: (0xC000001D,),  # ILLEGAL_INSTRUCTION
    End.NO_LIBRARY: (  # INVALID_IMAGE_FORMAT, DLL_, ORDINAL_ and ENTRYPOINT_NOT_FOUND, DLL_INIT_…
        0xC000007B, 0xC0000135, 0xC0000138, 0xC0000139, 0xC0000142,
    ),
}  # fmt: skip


def end_of(code: int) -> End | None:
    """What an exit code of `subprocess` tells; None for one that a program chose, or unknown."""
    if sys.platform == "win32":
        return next((end for end, codes in _NTSTATUS.items() if code & 0xFFFFFFFF in codes), None)
    try:
        return _SIGNALS.get(signal.Signals(-code).name)
    except ValueError:
        return None


# --- memory and processor ----------------------------------------------------------------


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
    """What Windows or macOS calls this processor; "" elsewhere."""
    if sys.platform == "win32":
        import winreg

        place = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
    return sysctl("machdep.cpu.brand_string")


def has_feature(number: int) -> bool:
    """Whether Windows says that the processor has a feature, PF_… of winnt.h; False elsewhere."""
    return sys.platform == "win32" and bool(_kernel32().IsProcessorFeaturePresent(number))


def sysctl(key: str) -> str:
    """What macOS says of itself by this name; "" elsewhere."""
    return output_of(["sysctl", "-n", key], 10.0).strip() if sys.platform == "darwin" else ""


# --- terminal and display ----------------------------------------------------------------


def prepare_console() -> None:
    """Have Windows write and read UTF-8, and obey the sequences that move the cursor."""
    if sys.platform == "win32":
        import atexit

        kernel32 = _kernel32()
        atexit.register(kernel32.SetConsoleOutputCP, kernel32.GetConsoleOutputCP())
        show_utf8(kernel32)
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            # A console is spoken to in UTF-16 already; None: there is none.
            if stream is not None and hasattr(stream, "reconfigure") and not stream.isatty():
                stream.reconfigure(encoding="utf-8")


def show_utf8(kernel32: Any) -> None:
    """Tell the console of this process, if it has one, what it is going to be sent."""
    import ctypes

    utf8, output, errors, obey_sequences = 65001, -11, -12, 0x4
    kernel32.SetConsoleOutputCP(utf8)
    for number in (output, errors):
        handle, mode = kernel32.GetStdHandle(number), ctypes.c_uint32()
        if kernel32.GetConsoleMode(handle, ctypes.byref(mode)):
            kernel32.SetConsoleMode(handle, mode.value | obey_sequences)


def enable_line_editing() -> None:
    """History and cursor keys for `input`, where Python has them; Windows' console has its own."""
    if sys.platform != "win32":
        with contextlib.suppress(ImportError):
            import readline

            readline.set_history_length(1000)


def has_display() -> bool:
    """Whether a window can be opened."""
    is_named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return sys.platform in ("win32", "darwin") or is_named


@cache
def _kernel32() -> Any:
    import ctypes

    return ctypes.CDLL("kernel32", use_last_error=True)
