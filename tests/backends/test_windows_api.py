"""What Windows is asked: a stand-in for its kernel32 notes it, and answers."""

from __future__ import annotations

import ctypes
import errno
import struct
from types import SimpleNamespace
from typing import Any

import pytest

from backends import windows_api
from backends.windows_api import end_with_us, lock_name, long_form, patiently
from tests.helpers.kernel32 import INVALID_HANDLE, Kernel32


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


# --- files -------------------------------------------------------------------------------


def windows_error(number: int) -> OSError:
    """As Windows raises it; elsewhere the class has no such number."""
    error = PermissionError(errno.EACCES, "refused")
    error.winerror = number  # type: ignore[attr-defined]  # which Windows alone has
    return error


@pytest.mark.parametrize("number", [5, 32, 33])
@pytest.mark.parametrize("failures", [0, 1, 7])
def test_what_is_held_for_moments_is_tried_until_it_is_free(number: int, failures: int) -> None:
    clock = Clock()
    refused = [windows_error(number)] * failures
    tries = []

    def operation() -> None:
        tries.append(clock.now)
        if refused:
            raise refused.pop()

    patiently(operation, clock=clock, sleep=clock.sleep)

    assert len(tries) == failures + 1
    assert clock.now - 100 < 2


def test_what_is_held_for_longer_than_two_seconds_is_refused() -> None:
    clock = Clock()

    def operation() -> None:
        raise windows_error(32)

    with pytest.raises(PermissionError):
        patiently(operation, clock=clock, sleep=clock.sleep)

    assert 2 <= clock.now - 100 < 2.1


@pytest.mark.parametrize(
    "error",
    [
        windows_error(2),
        windows_error(112),  # the disk is full
        PermissionError(errno.EACCES, "of another system"),
        OSError(errno.ENOSPC, "full"),
    ],
)
def test_what_no_other_program_causes_is_refused_at_once(error: OSError) -> None:
    clock = Clock()

    def operation() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        patiently(operation, clock=clock, sleep=clock.sleep)

    assert caught.value is error
    assert clock.now == 100


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (r"C:\models\a", r"C:\models\a"),
        ("C:\\" + "a" * 192, "C:\\" + "a" * 192),
        ("C:\\" + "a" * 193, "\\\\?\\C:\\" + "a" * 193),
        ("C:\\" + "a" * 250 + "\\..\\b/c", r"\\?\C:\b\c"),
        ("\\\\server\\share\\" + "模" * 250, "\\\\?\\UNC\\server\\share\\" + "模" * 250),
        ("\\\\?\\C:\\" + "a" * 300, "\\\\?\\C:\\" + "a" * 300),
        ("\\\\.\\pipe\\" + "a" * 300, "\\\\.\\pipe\\" + "a" * 300),
    ],
)
def test_a_path_that_is_too_long_for_windows_gets_its_other_form(path: str, form: str) -> None:
    assert long_form(path) == form


def test_windows_locks_by_a_file_that_nobody_else_can_open_and_that_goes_with_its_handle() -> None:
    kernel32 = Kernel32(CreateFileW=77)

    unlock = lock_name(r"C:\copy.lock", kernel32, lambda: 0)

    _, name, access, share, security, disposition, attributes, template = kernel32.calls[0]
    assert (name, share, security, template) == (r"C:\copy.lock", 0, None, None)
    assert access == 0x40000000  # GENERIC_WRITE
    assert disposition == 4  # OPEN_ALWAYS
    assert isinstance(attributes, int)
    assert attributes & 0x04000000  # FILE_FLAG_DELETE_ON_CLOSE
    unlock()
    assert kernel32.calls[1:] == [("CloseHandle", 77)]


@pytest.mark.parametrize(
    ("code", "kind", "waited"),
    [
        (32, BlockingIOError, 0),
        (2, FileNotFoundError, 0),
        (3, FileNotFoundError, 0),
        (50, OSError, 0),  # the drive knows no such thing
        (5, PermissionError, 2),
    ],
)
def test_windows_says_why_a_folder_is_not_locked(
    code: int, kind: type[OSError], waited: float
) -> None:
    clock = Clock()
    kernel32 = Kernel32(CreateFileW=INVALID_HANDLE)

    with pytest.raises(kind) as caught:
        lock_name(r"C:\copy.lock", kernel32, lambda: code, clock=clock, sleep=clock.sleep)

    assert type(caught.value) is kind
    assert f"error {code} of Windows" in str(caught.value)
    assert waited <= clock.now - 100 < waited + 0.1


@pytest.mark.parametrize("times", [1, 7])
def test_a_lock_that_goes_away_is_waited_for(times: int) -> None:
    """Until the file of who had it is gone, Windows denies access to it."""
    clock = Clock()
    answers = [INVALID_HANDLE] * times + [77]
    kernel32 = Kernel32(CreateFileW=lambda *_: answers.pop(0))

    unlock = lock_name(r"C:\copy.lock", kernel32, lambda: 5, clock=clock, sleep=clock.sleep)

    unlock()
    assert kernel32.calls[times + 1 :] == [("CloseHandle", 77)]
    assert 0 < clock.now - 100 < 2


def test_a_lock_that_goes_away_may_be_the_next_ones_already() -> None:
    clock = Clock()
    codes = [5, 5, 32]
    kernel32 = Kernel32(CreateFileW=INVALID_HANDLE)

    with pytest.raises(BlockingIOError):
        lock_name(r"C:\copy.lock", kernel32, lambda: codes.pop(0), clock=clock, sleep=clock.sleep)

    assert clock.now - 100 < 1


@pytest.mark.parametrize("number", [8, 14, 1450, 1455, 1816])
def test_windows_says_by_number_that_memory_ran_out(number: int) -> None:
    assert windows_api.is_out_of_memory(windows_error(number))
    assert not windows_api.is_held(windows_error(number))


@pytest.mark.parametrize("error", [windows_error(5), OSError(errno.ENOMEM, "of another system")])
def test_another_number_is_no_want_of_memory_of_windows(error: OSError) -> None:
    assert not windows_api.is_out_of_memory(error)


# --- handles -----------------------------------------------------------------------------


class Library:
    """A library whose functions keep the types that ctypes is told."""

    def __init__(self) -> None:
        self.functions: dict[str, SimpleNamespace] = {}

    def __getattr__(self, name: str) -> SimpleNamespace:
        return self.functions.setdefault(name, SimpleNamespace())


def test_no_handle_is_cut_to_32_bits() -> None:
    library = Library()

    windows_api.declare_handles(library)

    size = ctypes.sizeof(ctypes.c_void_p)
    giving = ("CreateFileW", "CreateJobObjectW", "GetCurrentProcess", "GetStdHandle", "OpenProcess")
    for name in giving:
        assert ctypes.sizeof(library.functions[name].restype) == size, name
    taking = {
        "AssignProcessToJobObject": 2, "CloseHandle": 1, "GetConsoleMode": 1,
        "SetConsoleMode": 1, "SetInformationJobObject": 1, "SetPriorityClass": 1,
    }  # fmt: skip
    for name, handles in taking.items():
        types = library.functions[name].argtypes[:handles]
        assert [ctypes.sizeof(each) for each in types] == [size] * handles, name


def test_what_is_handed_to_windows_is_of_the_declared_types() -> None:
    """As ctypes tries it before it calls; the handles are larger than 32 bits."""
    library = Library()
    windows_api.declare_handles(library)
    handle = 2**40 + 7
    kernel32 = Kernel32(
        CreateFileW=handle,
        CreateJobObjectW=handle,
        GetCurrentProcess=handle,
        GetStdHandle=handle,
        OpenProcess=handle,
    )

    lock_name("C:\\模型.lock", kernel32, lambda: 0)()
    end_with_us(41, kernel32, lambda: 0)
    windows_api.show_utf8(kernel32)
    windows_api.lower_priority(kernel32)

    declared = [call for call in kernel32.calls if call[0] in library.functions]
    assert {str(call[0]) for call in declared} == set(library.functions)
    for name, *arguments in declared:
        types = library.functions[str(name)].argtypes
        assert len(arguments) == len(types), name
        for of, argument in zip(types, arguments, strict=True):
            of.from_param(argument)  # raises TypeError for another


def test_an_invalid_handle_is_the_one_that_ctypes_gives() -> None:
    assert ctypes.c_void_p(-1).value == windows_api._INVALID_HANDLE


# --- who may write -----------------------------------------------------------------------

ADMINISTRATORS, SYSTEM, USERS = "S-1-5-32-544", "S-1-5-18", "S-1-5-32-545"
INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
PERSON, EVERYBODY, CREATOR = "S-1-5-21-1-2-3-1001", "S-1-1-0", "S-1-3-0"
READ, MODIFY, FULL = 0x1200A9, 0x1301BF, 0x1F01FF
ALLOW, DENY, ALLOW_OBJECT = 0, 1, 5
INHERIT_ONLY = 0x8


def sid(text: str) -> bytes:
    _, revision, authority, *parts = text.split("-")
    head = struct.pack("<BB", int(revision), len(parts)) + int(authority).to_bytes(6, "big")
    return head + struct.pack(f"<{len(parts)}I", *map(int, parts))


def entry(account: str, rights: int, kind: int = ALLOW, flags: int = 0) -> bytes:
    body = struct.pack("<I", rights) + sid(account)
    return struct.pack("<BBH", kind, flags, 4 + len(body)) + body


def descriptor(owner: str, *entries: bytes, has_list: bool = True) -> bytes:
    """A security descriptor in one piece, as GetFileSecurityW gives it."""
    access = struct.pack("<BBHHH", 2, 0, 8 + sum(map(len, entries)), len(entries), 0)
    access += b"".join(entries)
    start = 20
    owner_sid = sid(owner)
    head = struct.pack(
        "<BBHIIII", 1, 0, 0x8004 if has_list else 0x8000, start, 0, 0,
        start + len(owner_sid) if has_list else 0,
    )  # fmt: skip
    return head + owner_sid + access


#: As administrators are told to set it.
CLOSED = (entry(ADMINISTRATORS, FULL), entry(SYSTEM, FULL), entry(USERS, READ))


class Advapi32:
    """Gives a security descriptor, or refuses."""

    def __init__(self, content: bytes | None) -> None:
        self._content = content

    def GetFileSecurityW(  # noqa: N802 - Windows calls it so
        self, path: str, wanted: int, buffer: Any, length: Any, needed: Any
    ) -> int:
        assert (path, wanted) == ("C:\\policy.yaml", 5)
        if self._content is None:
            return 0
        assert length.value >= len(self._content)
        ctypes.memmove(buffer, self._content, len(self._content))
        return 1


@pytest.mark.parametrize(
    ("content", "who", "who_takes_away"),
    [
        (descriptor(ADMINISTRATORS, *CLOSED), None, None),
        (descriptor(SYSTEM, *CLOSED), None, None),
        (descriptor(INSTALLER, *CLOSED), None, None),
        (descriptor(PERSON, *CLOSED), PERSON, PERSON),
        (descriptor(ADMINISTRATORS, *CLOSED, entry(USERS, MODIFY)), USERS, USERS),
        (descriptor(ADMINISTRATORS, entry(EVERYBODY, FULL)), EVERYBODY, EVERYBODY),
        (descriptor(ADMINISTRATORS, entry(PERSON, 0x40000)), PERSON, PERSON),  # WRITE_DAC
        (descriptor(ADMINISTRATORS, entry(PERSON, 0x80000)), PERSON, PERSON),  # WRITE_OWNER
        (descriptor(ADMINISTRATORS, entry(PERSON, 0x10000)), PERSON, PERSON),  # DELETE
        (descriptor(ADMINISTRATORS, entry(PERSON, 0x40)), PERSON, PERSON),  # DELETE_CHILD
        (descriptor(ADMINISTRATORS, entry(PERSON, 0x10000000)), PERSON, PERSON),  # GENERIC_ALL
        (descriptor(ADMINISTRATORS, entry(PERSON, 0x40000000)), PERSON, PERSON),  # GENERIC_WRITE
        # What ProgramData gives to all: adding files and folders, and their attributes.
        (descriptor(SYSTEM, *CLOSED, entry(USERS, 0x116)), USERS, None),
        (descriptor(SYSTEM, *CLOSED, entry(CREATOR, FULL, flags=0xB)), None, None),
        (descriptor(SYSTEM, *CLOSED, entry(USERS, MODIFY, flags=INHERIT_ONLY)), None, None),
        (descriptor(SYSTEM, *CLOSED, entry(USERS, FULL, kind=DENY)), None, None),
        # An entry that is not understood is somebody's.
        (descriptor(SYSTEM, *CLOSED, entry(ADMINISTRATORS, FULL, ALLOW_OBJECT)),
         "everybody", "everybody"),
        (descriptor(ADMINISTRATORS, has_list=False), "everybody", "everybody"),
        (descriptor(ADMINISTRATORS), None, None),  # a list that allows nobody anything
    ],
)  # fmt: skip
def test_windows_tells_who_may_write_by_owner_and_access_list(
    content: bytes, who: str | None, who_takes_away: str | None
) -> None:
    library = Advapi32(content)

    assert windows_api.ordinary_writer("C:\\policy.yaml", is_above=False, advapi32=library) == who
    assert (
        windows_api.ordinary_writer("C:\\policy.yaml", is_above=True, advapi32=library)
        == who_takes_away
    )


def test_windows_that_does_not_tell_who_may_write_is_an_error() -> None:
    with pytest.raises(OSError, match="does not tell"):
        windows_api.ordinary_writer("C:\\policy.yaml", is_above=False, advapi32=Advapi32(None))


class Shell32:
    """Knows where ProgramData is, or does not."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self.freed = 0

    def SHGetKnownFolderPath(  # noqa: N802 - Windows calls it so
        self, folder_id: bytes, flags: int, token: None, found: Any
    ) -> int:
        assert folder_id.hex() == "825dab62c1fdc34da9dd070d1d495d97"  # FOLDERID_ProgramData
        assert (flags, token) == (0x4000, None)
        if self._folder is None:
            return 0x80070002
        found._obj.value = self._folder
        return 0

    def CoTaskMemFree(self, _pointer: object) -> None:  # noqa: N802 - Windows calls it so
        self.freed += 1


def test_the_folder_of_all_accounts_is_the_one_that_windows_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = Shell32("D:\\ProgramData")
    monkeypatch.setenv("PROGRAMDATA", "C:\\Users\\person")

    assert windows_api.program_data(library, library) == "D:\\ProgramData"
    assert library.freed == 1
    with pytest.raises(OSError, match="ProgramData"):
        windows_api.program_data(Shell32(None), library)


# --- processes ---------------------------------------------------------------------------


def _no_error() -> int:
    return 0


def test_windows_ends_every_child_with_us_by_one_job() -> None:
    kernel32 = Kernel32(CreateJobObjectW=5, OpenProcess=lambda access, inherits, pid: pid + 1000)

    end_with_us(41, kernel32, _no_error)
    end_with_us(42, kernel32, _no_error)

    names = [call[0] for call in kernel32.calls]
    assert names.count("CreateJobObjectW") == names.count("SetInformationJobObject") == 1
    assigned = [call[1:] for call in kernel32.calls if call[0] == "AssignProcessToJobObject"]
    assert assigned == [(5, 1041), (5, 1042)]
    closed = [call[1] for call in kernel32.calls if call[0] == "CloseHandle"]
    assert closed == [1041, 1042], "the job's own handle stays open"


def test_the_limits_of_a_job_lie_where_windows_looks_for_them() -> None:
    class Basic(ctypes.Structure):  # JOBOBJECT_BASIC_LIMIT_INFORMATION of winnt.h, in 64 bits
        _fields_ = (
            ("PerProcessUserTimeLimit", ctypes.c_int64),
            ("PerJobUserTimeLimit", ctypes.c_int64),
            ("LimitFlags", ctypes.c_uint32),
            ("MinimumWorkingSetSize", ctypes.c_uint64),
            ("MaximumWorkingSetSize", ctypes.c_uint64),
            ("ActiveProcessLimit", ctypes.c_uint32),
            ("Affinity", ctypes.c_uint64),
            ("PriorityClass", ctypes.c_uint32),
            ("SchedulingClass", ctypes.c_uint32),
        )

    class Extended(ctypes.Structure):  # JOBOBJECT_EXTENDED_LIMIT_INFORMATION
        _fields_ = (
            ("BasicLimitInformation", Basic),
            ("IoInfo", ctypes.c_uint64 * 6),
            ("Memory", ctypes.c_uint64 * 4),
        )

    kernel32 = Kernel32(CreateJobObjectW=5)
    end_with_us(41, kernel32, _no_error)

    asked = next(call for call in kernel32.calls if call[0] == "SetInformationJobObject")
    _, job, what, data, size = asked
    assert (job, what, size) == (5, 9, ctypes.sizeof(Extended))
    assert isinstance(data, bytes)
    limits = Extended.from_buffer_copy(data)
    assert limits.BasicLimitInformation.LimitFlags == 0x2000  # KILL_ON_JOB_CLOSE
    assert not any(data[:16] + data[20:])


@pytest.mark.parametrize(
    ("refused", "answer", "what", "closed"),
    [
        ("CreateJobObjectW", None, "no job can be made", []),
        ("SetInformationJobObject", 0, "a job cannot be told", [5]),
        ("OpenProcess", None, "process 41 cannot be opened", []),
        ("AssignProcessToJobObject", 0, "process 41 cannot be taken into a job", [6]),
    ],
)
def test_a_child_that_windows_does_not_bind_is_told_with_its_reason(
    refused: str, answer: object, what: str, closed: list[int]
) -> None:
    answers = {"CreateJobObjectW": 5, "OpenProcess": 6}
    kernel32 = Kernel32(**{**answers, refused: answer})

    with pytest.raises(PermissionError, match=what) as caught:
        end_with_us(41, kernel32, lambda: 5)

    assert "error 5 of Windows" in str(caught.value)
    assert [call[1] for call in kernel32.calls if call[0] == "CloseHandle"] == closed


def test_a_job_that_could_not_be_made_is_tried_again_for_the_next_child() -> None:
    jobs = [None, 5]
    kernel32 = Kernel32(CreateJobObjectW=lambda *_: jobs.pop(0), OpenProcess=6)

    with pytest.raises(OSError, match="error 0 of Windows"):
        end_with_us(41, kernel32, _no_error)
    end_with_us(42, kernel32, _no_error)

    assert ("AssignProcessToJobObject", 5, 6) in kernel32.calls


# --- console -----------------------------------------------------------------------------


def test_a_console_of_windows_is_told_of_utf8_and_obeys_sequences() -> None:
    def console_mode(handle: int, mode: Any) -> int:
        mode._obj.value = 3
        return int(handle == 11)  # the other one leads to a file

    kernel32 = Kernel32(GetStdHandle=lambda number: -number, GetConsoleMode=console_mode)

    windows_api.show_utf8(kernel32)

    assert ("SetConsoleOutputCP", 65001) in kernel32.calls
    assert [call for call in kernel32.calls if call[0] == "SetConsoleMode"] == [
        ("SetConsoleMode", 11, 3 | 4)
    ]
