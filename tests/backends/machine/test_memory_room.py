"""What a process may take of memory: tables of what the system's files say, and limits by hand."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backends.errors import (
    GIB,
    BackendUnavailableError,
    DamagedCheckpointError,
)
from backends.machine import hardware, memory_room
from backends.machine.control_groups import Read
from backends.machine.memory_room import Bound, group_bounds, out_of_memory, process_bounds, ran_out
from tests.helpers.sentences import assert_one_sentence

MIB = 2**20
ROOT = Path(__file__).parents[3]


def reader(files: dict[str, str]) -> Read:
    return lambda file: files.get(str(file), "")


def free_of_groups(files: dict[str, str]) -> list[tuple[int, int]]:
    """Limit and free memory of each bound, in MiB."""
    found = group_bounds(reader(files))
    return [(bound.limit_bytes // MIB, bound.free_bytes // MIB) for bound in found]


def group(folder: str, **values: str) -> dict[str, str]:
    names = {name: name.replace("_", ".", 1) for name in values}
    return {f"/sys/fs/cgroup{folder}/{names[name]}": text for name, text in values.items()}


def v2(folder: str, limit: str, used: int, statistics: str = "", high: str = "max") -> Any:
    return group(
        folder,
        memory_max=f"{limit}\n",
        memory_high=f"{high}\n",
        memory_current=f"{used * MIB}\n",
        memory_stat=statistics,
    )


def v1(folder: str, limit: int, used: int, statistics: str = "") -> Any:
    return group(
        f"/memory{folder}",
        memory_limit_in_bytes=f"{limit}\n",
        memory_usage_in_bytes=f"{used * MIB}\n",
        memory_stat=statistics,
    )


NO_LIMIT_OF_V1 = 9223372036854771712
OWN_V2 = {"/proc/self/cgroup": "0::/user.slice/app.scope\n"}
OWN_V1 = {"/proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/box/one\n1:cpu:/\n0::/\n"}


@pytest.mark.parametrize(
    ("files", "bounds"),
    [
        ({}, []),
        (OWN_V2 | v2("/user.slice/app.scope", "max", 50), []),
        (OWN_V2 | v2("/user.slice/app.scope", str(200 * MIB), 50), [(200, 150)]),
        # What is kept of files is given back to whoever needs room.
        (
            OWN_V2
            | v2(
                "/user.slice/app.scope",
                str(200 * MIB),
                150,
                f"anon {50 * MIB}\ninactive_file {60 * MIB}\nactive_file {40 * MIB}\n",
            ),
            [(200, 150)],
        ),
        # A neighbour in the same slice uses most of what that has.
        (
            OWN_V2
            | v2("/user.slice/app.scope", str(300 * MIB), 10)
            | v2("/user.slice", str(400 * MIB), 390),
            [(300, 290), (400, 10)],
        ),
        (OWN_V2 | v2("/user.slice/app.scope", "max", 10, high=str(100 * MIB)), [(100, 90)]),
        # In a container, the name may be the host's; its files lie at the root.
        (
            {"/proc/self/cgroup": "0::/docker/0123abcd\n"} | v2("", str(512 * MIB), 12),
            [(512, 500)],
        ),
        ({"/proc/self/cgroup": "0::/../other\n"} | v2("", str(512 * MIB), 12), [(512, 500)]),
        (v2("", str(512 * MIB), 12), [(512, 500)]),
        (OWN_V1 | v1("/box/one", NO_LIMIT_OF_V1, 50), []),
        (OWN_V1 | v1("/box/one", 200 * MIB, 50), [(200, 150)]),
        (
            OWN_V1
            | v1("/box/one", 200 * MIB, 150, f"total_inactive_file {100 * MIB}\ncache 7\n"),
            [(200, 150)],
        ),
        (
            OWN_V1 | v1("/box/one", 300 * MIB, 10) | v1("/box", 400 * MIB, 390),
            [(300, 290), (400, 10)],
        ),
        # The groups around a container are not seen, but the least of their limits is told.
        (
            OWN_V1 | v1("", NO_LIMIT_OF_V1, 30, f"hierarchical_memory_limit {100 * MIB}\n"),
            [(100, 70)],
        ),
        # Set below what is used already.
        (OWN_V2 | v2("/user.slice/app.scope", str(10 * MIB), 50), [(10, -40)]),
        # No numbers: nothing is known.
        (OWN_V2 | group("/user.slice/app.scope", memory_max="²\n"), []),
        (OWN_V2 | group("/user.slice/app.scope", memory_max="-1\n"), []),
        (OWN_V2 | group("/user.slice/app.scope", memory_max="9" * 5000), []),
    ],
)  # fmt: skip
def test_control_groups_limit_memory(files: dict[str, str], bounds: list[tuple[int, int]]) -> None:
    assert free_of_groups(files) == bounds


def test_a_group_that_does_not_tell_its_use_is_used_by_this_process_at_least() -> None:
    files = OWN_V2 | group("/user.slice/app.scope", memory_max=str(100 * MIB))
    files["/proc/self/status"] = "Name:\tx\nVmRSS:\t   30720 kB\n"

    assert free_of_groups(files) == [(100, 70)]


STATUS = {"/proc/self/status": "VmPeak:\t 999999 kB\nVmSize:\t  204800 kB\nVmData:\t  51200 kB\n"}


@pytest.mark.parametrize(
    ("limits", "free"),
    [
        ({}, []),
        ({"as": 1000 * MIB}, [1000 - 200 - 160]),  # threads and libraries reserve 160
        ({"data": 1000 * MIB}, [950]),
        ({"as": 1000 * MIB, "data": 300 * MIB}, [640, 250]),
        ({"data": 10 * MIB}, [-40]),
    ],
)
def test_ulimit_limits_memory(limits: dict[str, int], free: list[int]) -> None:
    found = process_bounds(reader(STATUS), limits)

    assert [bound.free_bytes // MIB for bound in found] == free
    assert all(bound.is_own for bound in found)


@pytest.mark.parametrize(
    ("overcommit", "free"), [("0\n", []), ("1\n", []), ("", []), ("2\n", [300])]
)
def test_a_system_that_promises_no_more_than_it_has_is_believed(
    overcommit: str, free: list[int]
) -> None:
    files = {
        "/proc/sys/vm/overcommit_memory": overcommit,
        "/proc/meminfo": "CommitLimit:    1024000 kB\nCommitted_AS:    716800 kB\n",
    }

    found = memory_room.commit_bounds(reader(files))

    assert [bound.free_bytes // MIB for bound in found] == free


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit is kept by Linux")


@linux
@pytest.mark.parametrize("limit", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_a_process_under_ulimit_has_what_that_leaves(limit: str) -> None:
    code = (
        f"import resource; resource.setrlimit(resource.{limit}, (2**30, 2**30))\n"
        "from backends.machine import hardware; machine = hardware.detect()\n"
        "print(machine.memory_bytes, machine.free_memory_bytes, machine.own_limit.free_bytes)\n"
        "print(machine.limit.name)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    figures, name = result.stdout.splitlines()
    total, free, own = map(int, figures.split())
    assert name == {"RLIMIT_AS": "the shell (ulimit -v)"}.get(limit, "the shell (ulimit -d)")
    assert total == 2**30
    assert 0 < own < 2**30
    assert free <= own


# --- where it ran out ------------------------------------------------------------------------


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def of_windows(number: int, text: str) -> OSError:
    error = OSError(errno.EINVAL, text)
    error.winerror = number  # type: ignore[attr-defined]  # which Windows alone has
    return error


def no_memory() -> OSError:
    return OSError(errno.ENOMEM, "Cannot allocate memory")


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (MemoryError(), True),
        (MemoryError("Unable to allocate 1.2 GiB for an array with shape (9,)"), True),
        (no_memory(), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("can't start new thread"), True),
        (ImportError("libtorch.so: failed to map segment from shared object"), True),
        (OSError("libtorch.so: cannot allocate memory in static TLS block"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (caused(DamagedCheckpointError(Path("w.bin"), "it cannot be read"), no_memory()), True),
        (caused(BackendUnavailableError("No."), ImportError("failed to map segment")), True),
        (of_windows(1455, "页面文件太小，无法完成操作。"), True),
        (of_windows(8, "没有足够的内存资源来处理此命令。"), True),
        (of_windows(112, "磁盘空间不足。"), False),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (RuntimeError("CUDA error: out of memory"), False),
        (RuntimeError("shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),  # of ours, or of a text
        (DamagedCheckpointError(Path("out of memory.bin"), "it is short"), False),
    ],
)
def test_memory_that_ran_out_is_known_by_what_was_raised(error: Exception, is_memory: bool) -> None:
    assert ran_out(error) is is_memory


def test_an_error_that_goes_round_in_circles_is_judged() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    assert not ran_out(first)


MACHINE = Bound(memory_room._MACHINE, 16 * GIB, 8 * GIB)
ULIMIT = Bound(memory_room._ADDRESSES, 2 * GIB, GIB, is_own=True)
LIMITED = (
    "The model needs 2.5 GiB on A processor, but only 2.0 GiB is free of the 2.0 GiB that "
    "the shell (ulimit -v) allows."
)


@pytest.mark.parametrize(
    ("bounds", "asked", "message"),
    [
        (
            [MACHINE], 20 * GIB,
            "The model needs 21.0 GiB on A processor, but only 9.0 GiB is free.",
        ),
        (
            [MACHINE, ULIMIT], int(1.5 * GIB),
            LIMITED,
        ),
        (
            [MACHINE], None,
            "Memory ran out: 8.0 GiB is free of the 16.0 GiB that this machine has.",
        ),
        (
            [MACHINE, ULIMIT], None,
            "Memory ran out: 1.0 GiB is free of the 2.0 GiB that the shell (ulimit -v) allows.",
        ),
        (  # two figures that look alike would say nothing
            [MACHINE, ULIMIT], GIB + MIB,
            "Memory ran out: 1.0 GiB is free of the 2.0 GiB that the shell (ulimit -v) allows.",
        ),
        (  # in pieces, there was enough; one that large there was not
            [MACHINE, ULIMIT], GIB // 2,
            "Memory ran out: 1.0 GiB is free of the 2.0 GiB that the shell (ulimit -v) allows.",
        ),
    ],
)  # fmt: skip
def test_the_sentence_has_the_figures_of_the_limit_that_was_met(
    bounds: list[Bound], asked: int | None, message: str
) -> None:
    error = out_of_memory(bounds, GIB, "A processor", asked)

    assert error.message == message
    assert str(error.hint).startswith("Raise" if ULIMIT in bounds else "Close")
    assert_one_sentence(error)


@pytest.mark.parametrize(("free", "is_exhausted"), [(-MIB, True), (MIB, True), (GIB, False)])
def test_whatever_fails_where_nothing_is_left_fails_for_that(
    free: int, is_exhausted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As oneDNN's “could not create a primitive”, which says nothing of memory."""
    monkeypatch.setattr(memory_room, "bounds", lambda _: [Bound(memory_room._DATA, GIB, free)])

    assert hardware.ran_out_of_memory(RuntimeError("could not create a primitive")) is is_exhausted
    assert not hardware.ran_out_of_memory(DamagedCheckpointError(Path("w.bin"), "it is short"))


@pytest.mark.parametrize("free", [MIB, GIB])
def test_what_a_library_could_not_do_without_memory_is_told_as_memory(
    free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen: “oneDNN does not multiply on this processor”, which had multiplied before."""
    monkeypatch.setattr(memory_room, "bounds", lambda _: [Bound(memory_room._DATA, GIB, free)])
    foreign = RuntimeError("could not create a primitive")
    error = caused(BackendUnavailableError("oneDNN does not multiply: {why}.", why="…"), foreign)

    assert hardware.ran_out_of_memory(error) is (free < GIB)
