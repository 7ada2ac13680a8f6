"""What Windows is asked, and what its numbers mean; `operating_system` alone uses it.

Windows is asked through a `kernel32` that is handed in, so that a stand-in can answer. What is said
here holds on every system: nothing asks whether this is Windows.
"""

from __future__ import annotations

import errno
import importlib
import ntpath
import struct
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

from .process_end import End

_LONG_PATH: Final = 260 - 64  #: a folder leaves 64 of Windows' 260 characters to names in it

# ERROR_… of winerror.h
_FILE_NOT_FOUND, _PATH_NOT_FOUND, _ACCESS_DENIED, _SHARING_VIOLATION = 2, 3, 5, 32
#: While a program has a file open; with the first also until a file that was deleted is gone.
_HELD: Final = frozenset({_ACCESS_DENIED, _SHARING_VIOLATION, 33})  # …LOCK_VIOLATION
_HELD_SECONDS: Final = 2.0
#: NOT_ENOUGH_MEMORY, OUTOFMEMORY, NO_SYSTEM_RESOURCES, COMMITMENT_LIMIT, NOT_ENOUGH_QUOTA
NO_MEMORY_ERRORS: Final = (8, 14, 1450, 1455, 1816)

_INVALID_HANDLE: Final = 2 ** (8 * struct.calcsize("P")) - 1


@cache
def kernel32() -> Any:
    """The library of the system, with the types of what takes or gives a handle declared."""
    import ctypes

    library = ctypes.CDLL("kernel32", use_last_error=True)
    declare_handles(library)
    return library


def declare_handles(kernel32: Any) -> None:
    """Tell ctypes where handles are; it would take them for 32 bits, and they have a pointer's."""
    from ctypes import POINTER, c_int, c_void_p, wintypes

    handle, dword, flag, name = wintypes.HANDLE, wintypes.DWORD, wintypes.BOOL, wintypes.LPCWSTR
    prototypes: dict[str, tuple[Any, ...]] = {  # what each gives, then what it takes
        "AssignProcessToJobObject": (flag, handle, handle),
        "CloseHandle": (flag, handle),
        "CreateFileW": (handle, name, dword, dword, c_void_p, dword, dword, handle),
        "CreateJobObjectW": (handle, c_void_p, name),
        "GetConsoleMode": (flag, handle, POINTER(dword)),
        "GetCurrentProcess": (handle,),
        "GetStdHandle": (handle, dword),
        "OpenProcess": (handle, dword, flag, dword),
        "SetConsoleMode": (flag, handle, dword),
        "SetInformationJobObject": (flag, handle, c_int, c_void_p, dword),
        "SetPriorityClass": (flag, handle, dword),
    }
    for function, (gives, *takes) in prototypes.items():
        getattr(kernel32, function).restype = gives
        getattr(kernel32, function).argtypes = takes


# --- files -------------------------------------------------------------------------------


def long_form(path: str) -> str:
    r"""A full path of Windows, behind `\\?\` if it is too long to be understood without it."""
    if len(path) < _LONG_PATH or path.startswith(("\\\\?\\", "\\\\.\\")):
        return path
    plain = ntpath.normpath(path)  # behind it, neither “..” nor “/” means anything
    return f"\\\\?\\UNC{plain[1:]}" if plain.startswith("\\\\") else f"\\\\?\\{plain}"


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
    return _number_of(error) in _HELD


def is_out_of_memory(error: OSError) -> bool:
    """Whether Windows refused it for want of memory."""
    return _number_of(error) in NO_MEMORY_ERRORS


def _number_of(error: OSError) -> int | None:
    """ERROR_… of winerror.h; None for an error of another system, or of the C library."""
    number: int | None = getattr(error, "winerror", None)
    return number


def lock_name(
    name: str,
    kernel32: Any,
    last_error: Callable[[], int],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[[], object]:
    """Make a file that nobody else can open, and that goes when what is returned is called.

    It goes when this process ends, too. Raises BlockingIOError while another one has it, OSError
    where there can be no such file.
    """
    generic_write, nobody, open_always = 0x40000000, 0, 4
    hidden, delete_on_close = 0x2, 0x04000000
    end = clock() + _HELD_SECONDS
    while True:
        handle = kernel32.CreateFileW(
            name, generic_write, nobody, None, open_always, hidden | delete_on_close, None
        )
        if handle != _INVALID_HANDLE:
            return partial(kernel32.CloseHandle, handle)
        code = last_error()
        # So is a file refused that another one has let go of, while it goes away; a folder that
        # nothing may be made in refuses it for ever.
        if code != _ACCESS_DENIED or clock() >= end:
            raise _refusal(f"“{name}” cannot be locked", code)
        sleep(0.02)


def _refusal(what: str, code: int) -> OSError:
    reasons = {
        _ACCESS_DENIED: errno.EACCES,
        _FILE_NOT_FOUND: errno.ENOENT,
        _PATH_NOT_FOUND: errno.ENOENT,
        _SHARING_VIOLATION: errno.EAGAIN,
    }
    return OSError(reasons.get(code, errno.EIO), f"{what} (error {code} of Windows)")


# --- who may write -----------------------------------------------------------------------

#: Administrators, SYSTEM, TrustedInstaller: who they are may not be chosen by an ordinary person.
_TRUSTED: Final = frozenset({
    "S-1-5-32-544",
    "S-1-5-18",
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
})  # fmt: skip
_ACCESS_DENIED_TYPES: Final = (1, 6, 10, 12)  #: of entries that take something away
_ALLOWED_TYPES: Final = (0, 9)  #: of entries whose account stands behind the rights
_INHERIT_ONLY: Final = 0x8  #: it holds for what is in a folder, and not for the folder
#: DELETE, WRITE_DAC, WRITE_OWNER, GENERIC_ALL, GENERIC_WRITE, FILE_DELETE_CHILD
_TAKES_AWAY: Final = 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000 | 0x40
#: … and FILE_WRITE_DATA, APPEND_DATA, WRITE_EA, WRITE_ATTRIBUTES
_WRITES: Final = _TAKES_AWAY | 0x2 | 0x4 | 0x10 | 0x100


def program_data(shell32: Any = None, ole32: Any = None) -> str:
    """The folder of all accounts' data, as Windows was installed. Raises OSError."""
    import ctypes
    import uuid

    shell32, ole32 = shell32 or ctypes.CDLL("shell32"), ole32 or ctypes.CDLL("ole32")
    folder_id = uuid.UUID("62ab5d82-fdc1-4dc3-a9dd-070d1d495d97").bytes_le
    unverified = 0x4000  # it need not be there
    found = ctypes.c_wchar_p()
    code = shell32.SHGetKnownFolderPath(folder_id, unverified, None, ctypes.byref(found))
    if code or not found.value:
        raise OSError(errno.ENOENT, f"Windows does not tell its folder ProgramData ({code:#x})")
    folder = found.value
    ole32.CoTaskMemFree(found)
    return folder


def ordinary_writer(path: str, *, is_above: bool, advapi32: Any = None) -> str | None:
    """The first account, besides the administrators', that may write, as a SID. Raises OSError."""
    import ctypes

    ask = (advapi32 or ctypes.CDLL("advapi32", use_last_error=True)).GetFileSecurityW
    owner_and_access, needed = 0x1 | 0x4, ctypes.c_uint32()
    buffer = ctypes.create_string_buffer(0x10000)  # as long as it can be
    length = ctypes.c_uint32(len(buffer))
    if not ask(path, owner_and_access, buffer, length, ctypes.byref(needed)):
        raise OSError(errno.EACCES, "Windows does not tell who may write to it", path)
    return writer_in(buffer.raw, _TAKES_AWAY if is_above else _WRITES)


def writer_in(descriptor: bytes, rights: int) -> str | None:
    """Who, besides the administrators, has one of the rights by a security descriptor.

    What is denied is not weighed against what is allowed: others may be asked for less than this.
    """
    control, owner, _, _, access = struct.unpack_from("<2xHIIII", descriptor)
    if (account := _account(descriptor, owner)) not in _TRUSTED:
        return account
    is_present = 0x4
    if not (control & is_present and access):
        return "everybody"
    (count,) = struct.unpack_from("<4xH", descriptor, access)
    place = access + 8
    for _ in range(count):
        kind, flags, size, granted = struct.unpack_from("<BBHI", descriptor, place)
        if kind not in _ACCESS_DENIED_TYPES and not flags & _INHERIT_ONLY and granted & rights:
            account = _account(descriptor, place + 8) if kind in _ALLOWED_TYPES else "everybody"
            if account not in _TRUSTED:
                return account
        place += size
    return None


def _account(descriptor: bytes, place: int) -> str:
    """A SID as Windows writes it, such as S-1-5-32-544 for the administrators."""
    revision, count = struct.unpack_from("<BB", descriptor, place)
    authority = int.from_bytes(descriptor[place + 2 : place + 8], "big")
    parts = struct.unpack_from(f"<{count}I", descriptor, place + 8)
    return "-".join(map(str, ("S", revision, authority, *parts)))


# --- processes ---------------------------------------------------------------------------


def end_with_us(pid: int, kernel32: Any, last_error: Callable[[], int]) -> None:
    """Have Windows end a child when this process ends, in whatever way. Raises OSError."""
    set_quota_and_terminate = 0x0101
    job = _job(kernel32, last_error)
    child = kernel32.OpenProcess(set_quota_and_terminate, False, pid)
    if not child:
        raise _refusal(f"process {pid} cannot be opened", last_error())
    try:
        if not kernel32.AssignProcessToJobObject(job, child):
            raise _refusal(f"process {pid} cannot be taken into a job", last_error())
    finally:
        kernel32.CloseHandle(child)


@cache
def _job(kernel32: Any, last_error: Callable[[], int]) -> int:
    """A job object whose processes end when its last handle is closed: ours, by our end."""
    extended_limits, kill_on_job_close = 9, 0x2000
    # JOBOBJECT_EXTENDED_LIMIT_INFORMATION, of which LimitFlags alone counts.
    limits = struct.pack("<16xI124x", kill_on_job_close)
    job: int | None = kernel32.CreateJobObjectW(None, None)
    if not job:
        raise _refusal("no job can be made", last_error())
    if not kernel32.SetInformationJobObject(job, extended_limits, limits, len(limits)):
        code = last_error()
        kernel32.CloseHandle(job)
        raise _refusal("a job cannot be told to end what is in it", code)
    return job


def lower_priority(kernel32: Any) -> None:
    """Have this process compute with what others leave; whether Windows does it, nobody asks."""
    below_normal = 0x4000  # BELOW_NORMAL_PRIORITY_CLASS
    kernel32.SetPriorityClass(kernel32.GetCurrentProcess(), below_normal)


#: STATUS_… of ntstatus.h.
_STATUSES: Final = {
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


def end_of_status(code: int) -> End | None:
    """What an exit code tells; None for one that a program chose, or unknown."""
    return next((end for end, codes in _STATUSES.items() if code & 0xFFFFFFFF in codes), None)


def is_status(code: int) -> bool:
    """Whether Windows itself, and no program, chose an exit code."""
    return code >= 0x80000000


# --- processor and console ---------------------------------------------------------------


def processor_features(kernel32: Any) -> set[str]:
    """What the processor can do, in Linux's words.

    All that have AVX512F and run Windows have BW, DQ and VL too.
    """
    known = {
        10: {"sse2"},
        37: {"sse4_1"},
        40: {"avx2"},
        41: {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
        19: {"asimd"},
        68: {"bf16"},
    }  # PF_… of winnt.h
    present = kernel32.IsProcessorFeaturePresent
    return {each for number, found in known.items() if present(number) for each in found}


def processor_name() -> str:
    """What the processor is called; "" where that is not told."""
    winreg: Any = importlib.import_module("winreg")
    place = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
    except OSError:
        return ""


def show_utf8(kernel32: Any) -> None:
    """Tell the console of this process, if it has one, what it is going to be sent.

    It is told otherwise again when the process ends.
    """
    import atexit
    from ctypes import byref, wintypes

    atexit.register(kernel32.SetConsoleOutputCP, kernel32.GetConsoleOutputCP())

    utf8, output, errors, obey_sequences = 65001, -11, -12, 0x4
    kernel32.SetConsoleOutputCP(utf8)
    for number in (output, errors):
        handle, mode = kernel32.GetStdHandle(number), wintypes.DWORD()
        if kernel32.GetConsoleMode(handle, byref(mode)):
            kernel32.SetConsoleMode(handle, mode.value | obey_sequences)
