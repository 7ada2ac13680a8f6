"""What differs between systems: Linux's for real, Windows' with a stand-in for its kernel32."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from backends import operating_system, windows_api
from backends.operating_system import (
    end_of,
    lock_folder,
    output_of,
    rename,
    start_child,
)
from backends.process_end import End
from tests.helpers.kernel32 import Kernel32
from tests.helpers.patience import PATIENCE_SECONDS, wait_until

ROOT = Path(__file__).parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="as Linux does it")
posix = pytest.mark.skipif(sys.platform == "win32", reason="as POSIX does it")


# --- what is the administrator's ----------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "folder"),
    [
        ("linux", "/etc/xdg/baichuan-desktop"),
        ("darwin", "/Library/Application Support/baichuan-desktop"),
        ("win32", "D:/Data/baichuan-desktop"),
    ],
)
def test_what_holds_for_everybody_has_one_folder(
    system: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("backends.windows_api.program_data", lambda: "D:/Data")
    monkeypatch.setenv("XDG_CONFIG_DIRS", "/tmp")
    monkeypatch.setenv("ProgramData", "/tmp")

    assert operating_system.site_folder().as_posix() == folder


@posix
def test_who_may_write_is_told_by_owner_and_bits(tmp_path: Path) -> None:
    file, me = tmp_path / "file", os.getuid()
    file.touch()
    gid = file.stat().st_gid
    for mode, who in ((0o644, None), (0o600, None), (0o664, f"gid {gid}"), (0o646, "everybody")):
        file.chmod(mode)
        assert operating_system.ordinary_writer(file, me) == who
    assert operating_system.ordinary_writer(file, me + 1) == f"uid {me}"


def test_windows_is_asked_for_a_path_of_any_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []

    def answer(path: str, *, is_above: bool) -> str:
        asked.append((path, is_above))
        return "S-1-1-0"

    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("backends.windows_api.ordinary_writer", answer)

    assert operating_system.ordinary_writer(tmp_path, 0, is_above=True) == "S-1-1-0"
    assert asked == [(str(tmp_path), True)]


# --- how a process ended -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (0xC0000005, End.CRASH),
        (0xC0000006, End.UNREADABLE_FILE),
        (0xC0000017, End.NO_MEMORY),
        (0xC000012D, End.NO_MEMORY),
        (0xC000009A, End.NO_MEMORY),
        (0xC000001D, End.NO_INSTRUCTION),
        (0xC00000FD, End.STACK_OVERFLOW),
        (0xC0000374, End.CRASH),
        (0xC0000409, End.ABORT),
        (0xE06D7363, End.ABORT),
        (0xC0000135, End.NO_LIBRARY),
        (0xC0000142, End.NO_LIBRARY),
        (0xC0000005 - 2**32, End.CRASH),  # as a signed number, which some programs make of it
        (0xC0000420, None),  # an assertion
        (0, None),
        (1, None),  # as the task manager ends a process
        (3, None),
    ],
)
def test_windows_names_the_end_by_its_status(
    code: int, end: End | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")

    assert end_of(code) is end


@posix
@pytest.mark.parametrize(
    ("code", "end"),
    [
        (-9, End.KILLED), (-11, End.CRASH), (-6, End.ABORT), (-4, End.NO_INSTRUCTION),
        (-15, None), (-999, None), (0, None), (1, None), (137, None), (0xC0000005, None),
    ],
)  # fmt: skip
def test_posix_names_the_end_by_its_signal(code: int, end: End | None) -> None:
    assert end_of(code) is end


@posix
@pytest.mark.parametrize(
    ("word", "end"), [("KILL", End.KILLED), ("SEGV", End.CRASH), ("BUS", End.UNREADABLE_FILE)]
)
def test_the_end_of_a_process_that_was_ended_is_found(word: str, end: End) -> None:
    code = f"import os, signal; os.kill(os.getpid(), signal.SIG{word})"

    ended = subprocess.run([sys.executable, "-c", code], check=False)

    assert end_of(ended.returncode) is end


# --- files -------------------------------------------------------------------------------


def test_a_rename_replaces_what_has_the_name(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "file").write_text("old")

    rename(tmp_path / "new", tmp_path / "file")

    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"file": "new"}


@posix
def test_elsewhere_a_path_is_what_it_is() -> None:
    path = Path("/models/" + "a" * 300)

    assert operating_system.long_path(path) is path


@pytest.mark.parametrize(
    ("known", "flags"),
    [
        (SimpleNamespace(O_NONBLOCK=0x800, O_NOCTTY=0x100), 0x900),
        (SimpleNamespace(O_BINARY=0x8000), 0x8000),
        (SimpleNamespace(), 0),
    ],
)
def test_flags_are_those_that_the_system_has(known: SimpleNamespace, flags: int) -> None:
    assert operating_system._flags("O_NONBLOCK", "O_NOCTTY", "O_BINARY", known=known) == flags


def test_a_file_of_the_system_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"12\xff\n")

    assert operating_system.read(tmp_path / "there") == "12\ufffd\n"
    assert operating_system.read(tmp_path / "gone") == ""
    assert operating_system.read(tmp_path) == ""


@pytest.mark.parametrize(
    ("system", "error", "is_closed"),
    [
        ("linux", BrokenPipeError(errno.EPIPE, "closed"), True),
        ("linux", OSError(errno.EINVAL, "invalid"), False),
        ("win32", BrokenPipeError(errno.EPIPE, "closed"), True),
        ("win32", OSError(errno.EINVAL, "Invalid argument"), True),
        ("win32", OSError(errno.EINVAL, "Invalid argument", "a?b.txt"), False),
        ("win32", OSError(errno.ENOSPC, "full"), False),
        ("darwin", OSError(errno.EINVAL, "invalid"), False),
    ],
)
def test_a_pipe_that_nobody_reads_any_more_is_told_from_other_errors(
    system: str, error: OSError, is_closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", system)

    assert operating_system.is_closed_pipe(error) is is_closed


# --- locks -------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from backends.operating_system import lock_folder
unlock = lock_folder(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """A process that has locked a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_folder_is_locked_until_its_holder_ends(tmp_path: Path, is_killed: bool) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    process = holder(folder)

    with pytest.raises(BlockingIOError):
        lock_folder(folder)
    if is_killed:
        process.kill()
    process.communicate()

    unlock = lock_folder(folder)
    with pytest.raises(BlockingIOError):
        lock_folder(folder)  # not within one process either
    unlock()
    lock_folder(folder)()
    assert list(tmp_path.iterdir()) == [folder]
    assert list(folder.iterdir()) == []


@posix
def test_a_folder_that_is_not_there_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        lock_folder(tmp_path / "gone")


# --- children ----------------------------------------------------------------------------


def test_a_child_that_may_outlive_the_app_is_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bound = Kernel32(CreateJobObjectW=5, OpenProcess=6)
    refused = Kernel32(CreateJobObjectW=5, OpenProcess=6, AssignProcessToJobObject=0)

    operating_system.bind(41, bound, lambda: 0)
    assert not caplog.records
    operating_system.bind(42, refused, lambda: 50)

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "process 42 cannot be taken into a job (error 50 of Windows)" in record.getMessage()


@pytest.mark.parametrize(("system", "flags"), [("win32", 0x08000000), ("linux", 0), ("darwin", 0)])
def test_no_child_opens_a_console(system: str, flags: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", system)

    assert operating_system.child_flags() == flags


def test_windows_is_asked_to_compute_with_what_others_leave() -> None:
    kernel32 = Kernel32(GetCurrentProcess=7)

    windows_api.lower_priority(kernel32)

    assert kernel32.calls[-1] == ("SetPriorityClass", 7, 0x4000)  # BELOW_NORMAL_PRIORITY_CLASS


@pytest.mark.skipif(sys.platform == "win32", reason="os.nice")
def test_elsewhere_priority_is_lowered_where_the_system_allows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("os.nice", asked.append)
    operating_system.lower_priority()
    assert asked == [10]

    def refused(_: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.nice", refused)
    operating_system.lower_priority()


def test_a_child_has_pipes_a_log_and_its_own_environment(tmp_path: Path) -> None:
    code = "import os, sys; print(input() + os.environ['WORD']); print('said', file=sys.stderr)"
    with (tmp_path / "log").open("wb") as log:
        child = start_child([sys.executable, "-c", code], log, {**os.environ, "WORD": "two"})

    output, _ = child.communicate(b"one")

    assert output.split() == [b"onetwo"]
    assert (tmp_path / "log").read_bytes().split() == [b"said"]
    assert child.returncode == 0


def test_a_child_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log, pytest.raises(FileNotFoundError):
        start_child([str(tmp_path / "gone")], log, {})


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("print('one'); print('二')", "one\n二\n"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "\ufffd"),
        ("print('one'); raise SystemExit(3)", ""),
    ],
)
def test_what_a_program_prints_counts_only_if_it_ends_well(
    code: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUTF8", "1")

    printed = output_of([sys.executable, "-c", code], PATIENCE_SECONDS)

    assert printed.replace("\r\n", "\n") == text


def test_a_program_that_is_not_there_or_hangs_prints_nothing(tmp_path: Path) -> None:
    assert output_of([str(tmp_path / "gone")], PATIENCE_SECONDS) == ""
    assert output_of([sys.executable, "-c", "import time; time.sleep(600)"], 0.1) == ""


@linux
def test_a_child_of_linux_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    child = "from backends.operating_system import die_with_parent; die_with_parent(); input()"
    code = (
        "import os, sys, time\n"
        "from backends.operating_system import start_child\n"
        f"child = start_child([sys.executable, '-c', {child!r}], sys.stderr.buffer, os.environ)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert parent.stdout is not None
    process = psutil.Process(int(parent.stdout.readline()))

    parent.kill()
    parent.wait()
    parent.stdout.close()

    def has_ended() -> bool:
        try:
            return bool(process.status() == psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return True

    wait_until(has_ended)


# --- memory, terminal, display -----------------------------------------------------------


def test_the_peak_of_memory_grows_with_what_was_held() -> None:
    code = (
        "from backends.operating_system import resident_peak\n"
        "before = resident_peak(); held = bytearray(b'1') * 2**26; del held\n"
        "print(before, resident_peak())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    before, after = map(int, result.stdout.split())
    assert before > 2**20
    assert after >= before + 2**25


@linux
def test_a_limit_that_is_set_is_found_and_one_that_is_not_is_none() -> None:
    code = (
        "import resource; from backends.operating_system import own_limits\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (2**31, resource.RLIM_INFINITY))\n"
        "print(own_limits())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert f"'data': {2**31}" in result.stdout


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_only_linux_keeps_ulimits(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", system)

    assert operating_system.own_limits() == {}


@pytest.mark.parametrize(
    ("system", "variables", "is_there"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ""}, False),
        ("win32", {}, True),
        ("darwin", {}, True),
    ],
)
def test_a_display_is_there(
    system: str, variables: dict[str, str], is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", system)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert operating_system.has_display() is is_there


@linux
def test_linux_is_not_asked_for_what_windows_and_macos_alone_know() -> None:
    assert operating_system._registered_name() == ""
    assert operating_system._sysctl("hw.ncpu") == ""


def test_want_of_memory_is_known_on_every_system() -> None:
    assert operating_system.is_out_of_memory(OSError(errno.ENOMEM, "none"))
    assert not operating_system.is_out_of_memory(OSError(errno.ENOSPC, "full"))
