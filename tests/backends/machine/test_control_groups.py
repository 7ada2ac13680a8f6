"""How many cores' time the control groups leave: tables of what the system's files say."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from backends.machine import hardware
from backends.machine.control_groups import processor_quota

V2 = "0::/a/b\n"
V1 = "9:memory:/m\n4:cpu,cpuacct:/a\n0::/\n"


def quota(groups: str, files: dict[str, str]) -> float | None:
    table = {"/proc/self/cgroup": groups}
    table |= {f"/sys/fs/cgroup{name}": text for name, text in files.items()}
    return processor_quota(lambda file: table.get(str(file), ""))


@pytest.mark.parametrize(
    ("groups", "files", "cores"),
    [
        (V2, {}, None),
        (V2, {"/a/b/cpu.max": "max 100000\n"}, None),
        (V2, {"/a/b/cpu.max": "150000 100000\n"}, 1.5),
        (V2, {"/a/b/cpu.max": "400000 100000\n", "/a/cpu.max": "200000 100000\n"}, 2.0),
        (V2, {"/cpu.max": "50000 100000\n"}, 0.5),  # of a container, which sees no other
        ("", {"/cpu.max": "300000 100000\n"}, 3.0),
        ("0::/../c\n", {"/cpu.max": "300000 100000\n"}, 3.0),
        (V1, {"/cpu/a/cpu.cfs_quota_us": "-1\n", "/cpu/a/cpu.cfs_period_us": "100000\n"}, None),
        (V1, {"/cpu/a/cpu.cfs_quota_us": "250000\n", "/cpu/a/cpu.cfs_period_us": "100000"}, 2.5),
        (V1, {"/cpu/a/cpu.cfs_quota_us": "250000\n"}, None),
        (V1, {"/cpu/m/cpu.cfs_quota_us": "1\n", "/cpu/m/cpu.cfs_period_us": "9"}, None),
        *((V2, {"/a/b/cpu.max": odd}, None) for odd in ("", "5", "x y", "0 1", "1 0", "1 2 3")),
    ],
)  # fmt: skip
def test_the_least_quota_counts(groups: str, files: dict[str, str], cores: float | None) -> None:
    assert quota(groups, files) == cores


@pytest.mark.parametrize(("share", "cores"), [("250000", 2), ("50000", 1), ("9900000", 8)])
def test_there_are_no_more_threads_than_a_quota_has_time_for(
    share: str, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda *, logical: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8), raising=False)
    files = {Path("/sys/fs/cgroup/cpu.max"): f"{share} 100000"}
    monkeypatch.setattr(hardware, "_read", lambda file: files.get(file, ""))

    assert hardware.usable_cores() == cores
