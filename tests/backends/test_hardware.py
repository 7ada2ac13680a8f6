"""Facts of a machine from what its system says, however it says it."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from backends import hardware
from backends.hardware import Machine

INTEL = """processor\t: 0
model name\t: Intel(R) Xeon(R) Platinum 8480+
flags\t\t: fpu avx2 avx512f avx512_bf16 avx512_vnni amx_bf16 amx_tile
processor\t: 1
model name\t: another
flags\t\t: fpu
"""
OLD = "model name : Old CPU\nflags : fpu sse2 my_avx2_is_no_avx2\n"
ARM = "processor : 0\nFeatures : fp asimd bf16\n"


def detect(monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> Machine:
    monkeypatch.setattr(hardware, "_read", lambda file: files.get(str(file), ""))
    return hardware.detect()


@pytest.mark.parametrize(
    ("cpuinfo", "name", "features", "bf16"),
    [
        (
            INTEL,
            "Intel(R) Xeon(R) Platinum 8480+",
            {"avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16"},
            True,
        ),
        (OLD, "Old CPU", set(), False),
        (ARM, None, set(), False),
        ("", None, set(), False),
    ],
)
def test_the_processor_as_the_system_describes_it(
    monkeypatch: pytest.MonkeyPatch, cpuinfo: str, name: str | None, features: set[str], bf16: bool
) -> None:
    machine = detect(monkeypatch, {"/proc/cpuinfo": cpuinfo})

    assert machine.features == features
    assert machine.multiplies_bf16 is bf16
    assert machine.processor == (name or machine.processor)
    assert machine.processor


@pytest.mark.parametrize("limit", ["max\n", "", "9" * 19, "nonsense"])
def test_without_a_limit_the_memory_is_the_machines(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    machine = detect(monkeypatch, {"/sys/fs/cgroup/memory.max": limit})

    assert machine.memory_bytes == psutil.virtual_memory().total
    assert 0 < machine.free_memory_bytes <= machine.memory_bytes


def test_a_container_limits_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = psutil.Process().memory_info().rss + 50 * 2**20

    machine = detect(monkeypatch, {"/sys/fs/cgroup/memory.max": str(limit)})

    assert machine.memory_bytes == limit
    assert 0 <= machine.free_memory_bytes <= 55 * 2**20


def test_no_more_is_free_than_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = detect(monkeypatch, {"/sys/fs/cgroup/memory.max": "4096"})

    assert machine.free_memory_bytes == 0


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_only_cores_that_this_process_may_use_count() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert hardware.detect().physical_cores == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_a_file_that_cannot_be_read_is_empty(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    assert hardware._read(tmp_path / "gone") == ""
    assert hardware._read(tmp_path / "bytes") == "��"
