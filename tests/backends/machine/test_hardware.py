"""Facts about a machine: what a container allows, what is installed."""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from backends import operating_system
from backends.machine import hardware

MIB = 2**20


def with_file(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """Have a file of the system say `text`."""
    real = operating_system.read
    monkeypatch.setattr(hardware, "_read", lambda file: text if str(file) == name else real(file))


CGROUP = "/sys/fs/cgroup/memory.max"


def test_a_container_limits_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    used = psutil.Process().memory_info().rss
    with_file(monkeypatch, CGROUP, f"{used + 50 * MIB}\n")

    machine = hardware.detect()

    assert machine.memory_bytes == used + 50 * MIB
    assert 0 <= machine.free_memory_bytes <= 60 * MIB


def test_the_least_limit_of_the_groups_around_a_process_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {
        "/proc/self/cgroup": "4:memory:/elsewhere\n0::/system.slice/edge.service\n",
        "/sys/fs/cgroup/system.slice/edge.service/memory.max": "max\n",
        "/sys/fs/cgroup/system.slice/memory.max": f"{200 * MIB}\n",
        CGROUP: f"{300 * MIB}\n",
    }
    real = operating_system.read
    monkeypatch.setattr(hardware, "_read", lambda file: files.get(str(file)) or real(file))

    assert hardware.detect().memory_bytes == 200 * MIB


def test_a_container_that_is_full_has_nothing_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with_file(monkeypatch, CGROUP, f"{MIB}\n")

    assert hardware.detect().free_memory_bytes == 0


@pytest.mark.parametrize("text", ["max\n", "", "9223372036854771712\n"])
def test_a_container_without_a_limit_has_the_machines_memory(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_file(monkeypatch, CGROUP, text)

    machine = hardware.detect()

    assert machine.memory_bytes == psutil.virtual_memory().total
    assert 0 < machine.free_memory_bytes <= machine.memory_bytes


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's tunables")


@linux
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "glibc.malloc.hugetlb=1"),
        ("glibc.malloc.check=1", "glibc.malloc.check=1:glibc.malloc.hugetlb=1"),
        ("glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=0"),  # the person's own wish
    ],
)
def test_huge_pages_are_asked_for_beside_other_wishes(given: str | None, expected: str) -> None:
    environment = {"PATH": "/bin"} | ({} if given is None else {"GLIBC_TUNABLES": given})

    found = hardware.with_huge_pages(environment)

    assert found == {"PATH": "/bin", "GLIBC_TUNABLES": expected}


def _has_huge_pages() -> bool:
    file = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    library, version = platform.libc_ver()
    return (
        library == "glibc"
        and tuple(map(int, version.split(".")[:2])) >= (2, 35)
        and file.exists()
        and "[never]" not in file.read_text(encoding="ascii")
    )


@pytest.mark.skipif(not _has_huge_pages(), reason="needs glibc 2.35 and transparent huge pages")
def test_a_process_that_asks_gets_huge_pages() -> None:
    code = (
        "import re\n"
        "kept = bytearray(b'x' * 64 * 2**20)\n"
        "text = open('/proc/self/smaps_rollup').read()\n"
        "print(re.search(r'AnonHugePages: +(\\d+)', text)[1])\n"
    )

    result = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=hardware.with_huge_pages(os.environ),
    )

    assert int(result.stdout) > 16 * 1024  # KiB; the system may not have them for all


@pytest.mark.parametrize(
    ("text", "cuda"),
    [
        ("__version__ = '2.11.0+cu130'\ndebug = False\ncuda: Optional[str] = '13.0'\n", "13.0"),
        ("cuda = '12.8'\nhip: Optional[str] = None\n", "12.8"),
        ("__version__ = '2.13.0+cpu'\ncuda: Optional[str] = None\n", None),
        ("cuda: Optional[str] = None\nhip: Optional[str] = '6.4'\n", None),
        ("", None),
    ],
)
def test_the_cuda_version_of_torch_is_read_from_its_text(
    text: str, cuda: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "version.py").write_text(text, encoding="utf-8")
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)

    assert hardware.detect().torch_cuda == cuda


@pytest.mark.parametrize(
    ("version", "cuda", "is_published"),
    [
        ("2.13.0+cu130", "13.0", True),
        ("2.10.0+cu128", "12.8", True),
        ("2.10.0", "12.8", False),  # of a distribution
        ("2.10.0a0+b558c986e8.nv25.11", "13.0", False),  # of NVIDIA, for a container or a board
        ("2.13.0+git1234567", "13.0", False),  # built here
        ("2.13.0+cu126", "13.0", False),
    ],
)
def test_whether_torch_is_a_wheel_that_pytorch_published_is_read_from_its_text(
    version: str, cuda: str, is_published: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"__version__ = '{version}'\ncuda: Optional[str] = '{cuda}'\n"
    (tmp_path / "version.py").write_text(text, encoding="utf-8")
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)

    assert hardware.detect().is_published_torch is is_published


def test_torch_that_is_not_installed_has_no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    assert hardware.detect().torch_cuda is None


def test_this_machine_is_described_without_importing_torch() -> None:
    code = (
        "import sys; from backends.machine import hardware; machine = hardware.detect(); "
        "print(machine.libraries['torch'], 'torch' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )

    import torch

    assert result.stdout.split() == [torch.__version__, "False"]


@pytest.mark.parametrize(
    ("executable", "interpreter"),
    [
        ("/opt/app/bin/python3.12", "/opt/app/bin/python3.12"),
        ("/opt/app/pythonw.exe", "/opt/app/python.exe"),
        ("/opt/pythonw/python", "/opt/pythonw/python"),
        ("", None),
    ],
)
def test_the_python_of_the_app_is_one_that_prints(
    executable: str, interpreter: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)

    found = hardware.detect().interpreter

    assert found == (None if interpreter is None else str(Path(interpreter)))


def test_a_frozen_program_has_no_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    assert hardware.detect().interpreter is None
