"""Facts about a machine: what nvidia-smi prints, what a container allows, what is installed."""

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
from backends.machine.hardware import parse_gpus
from tests.helpers.patience import PATIENCE_SECONDS

MIB = 2**20

#: As `--query-gpu=index,uuid,name,memory.total,memory.free,compute_cap,driver_version` prints it.
ONE = "0, GPU-5a1a6c34-7f1c-9d2e-0b55-3d5a0c9c1b11, NVIDIA GeForce RTX 3060, 12288, 11909, 8.6, 580.95.05\n"  # noqa: E501
THREE = """\
0, GPU-11111111-aaaa-bbbb-cccc-000000000000, NVIDIA GeForce RTX 4090, 24564, 24111, 8.9, 570.133.20
1, GPU-12222222-aaaa-bbbb-cccc-000000000001, NVIDIA GeForce GTX 1080 Ti, 11264, 11002, 6.1, 570.133.20  # noqa: E501
2, GPU-33333333-aaaa-bbbb-cccc-000000000002, NVIDIA H100 80GB HBM3, 81559, 81008, 9.0, 570.133.20
"""  # noqa: E501


def test_a_card_is_read_whole() -> None:
    (gpu,) = parse_gpus(ONE, None)

    assert gpu == hardware.Gpu(
        index=0,
        name="NVIDIA GeForce RTX 3060",
        memory_bytes=12288 * MIB,
        free_memory_bytes=11909 * MIB,
        compute_capability=(8, 6),
        driver="580.95.05",
    )
    assert gpu.device == "cuda:0"


def test_every_card_is_read() -> None:
    gpus = parse_gpus(THREE, None)

    assert [gpu.index for gpu in gpus] == [0, 1, 2]
    assert [gpu.compute_capability for gpu in gpus] == [(8, 9), (6, 1), (9, 0)]


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (None, ["4090", "1080 Ti", "H100"]),
        ("0,1,2", ["4090", "1080 Ti", "H100"]),
        ("2", ["H100"]),
        ("2,0", ["H100", "4090"]),  # in this order
        (" 1 , 0 ", ["1080 Ti", "4090"]),
        ("GPU-33333333-aaaa-bbbb-cccc-000000000002", ["H100"]),
        ("GPU-33", ["H100"]),  # the beginning of a UUID is enough
        ("GPU-33,0", ["H100", "4090"]),
        ("GPU-1", []),  # of two cards
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("0,-1,1", ["4090"]),  # the first wrong entry ends the list
        ("7,0", []),
        ("0,,1", ["4090"]),
        ("0,0", ["4090"]),
        ("10", []),  # not card 1, nor card 0
    ],
)
def test_cuda_visible_devices_is_honoured(visible: str | None, names: list[str]) -> None:
    gpus = parse_gpus(THREE, visible)

    assert [gpu.name.split(maxsplit=1)[1].removeprefix("GeForce ") for gpu in gpus] == [
        {"4090": "RTX 4090", "1080 Ti": "GTX 1080 Ti", "H100": "H100 80GB HBM3"}[name]
        for name in names
    ]
    assert [gpu.index for gpu in gpus] == list(range(len(names)))  # as CUDA numbers them


@pytest.mark.parametrize("column", ["11264", "11002", "6.1"])
@pytest.mark.parametrize("word", ["[N/A]", "[Not Supported]", "[Unknown Error]", "[GPU is lost]"])
def test_a_card_that_the_driver_lost_is_left_out(column: str, word: str) -> None:
    gpus = parse_gpus(THREE.replace(column, word), None)

    assert [gpu.name for gpu in gpus] == ["NVIDIA GeForce RTX 4090", "NVIDIA H100 80GB HBM3"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "No devices were found\n",
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure "  # noqa: E501
            "that the latest NVIDIA driver is installed and running.\n"
        ),
        'Field "compute_cap" is not a valid field to query.\n',
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.95\n",  # noqa: E501
        "0, GPU-1, half a line",
    ],
)
def test_what_is_no_table_holds_no_card(text: str) -> None:
    assert parse_gpus(text, None) == ()


# --- the machine -------------------------------------------------------------------------


def nvidia_smi(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `script` be the only program that can be found."""
    folder.mkdir()
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in")


@needs_sh
def test_the_cards_are_those_of_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "table"
    table.write_text(THREE, encoding="utf-8")
    nvidia_smi(
        tmp_path / "bin", f"while read -r line; do echo \"$line\"; done < '{table}'", monkeypatch
    )
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    monkeypatch.setattr(hardware, "_NVIDIA_SMI_SECONDS", PATIENCE_SECONDS)

    (gpu,) = hardware.detect().gpus

    assert gpu.name == "NVIDIA H100 80GB HBM3"
    assert gpu.index == 0


@needs_sh
@pytest.mark.parametrize("script", [f"echo '{ONE.strip()}'; exit 9", "kill -SEGV $$"])
def test_a_driver_that_fails_means_no_card(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    nvidia_smi(tmp_path / "bin", script, monkeypatch)

    assert hardware.detect().gpus == ()


@needs_sh
def test_a_driver_that_hangs_means_no_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nvidia_smi(tmp_path / "bin", "exec /bin/sleep 100", monkeypatch)
    monkeypatch.setattr(hardware, "_NVIDIA_SMI_SECONDS", 0.1)

    assert hardware.detect().gpus == ()


def test_without_nvidia_smi_there_is_no_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert hardware.detect().gpus == ()


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
