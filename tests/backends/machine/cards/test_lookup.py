"""Who is asked for the cards, and what a driver that is slow, hangs or is missing leads to."""

from __future__ import annotations

import importlib
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from backends.machine import hardware
from backends.machine.cards import lookup
from backends.machine.cards.values import Cards, Memory
from backends.machine.memory_room import Bound
from backends.phrases import Phrase
from tests.helpers.fake_nvml import NOT_LOADED, NOT_SUPPORTED, FakeCard, FakeNvml
from tests.helpers.patience import PATIENCE_SECONDS

GIB, MIB = 2**30, 2**20
MACHINE = Memory(64 * GIB, 60 * GIB)
LINE = "0, GPU-5a1a, NVIDIA GeForce RTX 3060, 12288, 11909, 8.6, 580.95.05"


def with_nvml(monkeypatch: pytest.MonkeyPatch, fake: FakeNvml | None) -> None:
    """Have NVML's library be `fake`, or not installed."""
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def with_program(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Have `script` be the only program that can be found, under the name of nvidia-smi."""
    folder.mkdir()
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in")


def test_nvml_is_asked_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_nvml(monkeypatch, FakeNvml([FakeCard("GPU-1", "by NVML")]))
    with_program(monkeypatch, tmp_path / "bin", f"echo '{LINE}'")

    assert [gpu.name for gpu in lookup.gpus(MACHINE)] == ["by NVML"]


@pytest.mark.parametrize(
    ("variable", "visible", "hidden"),
    [
        (None, ["one", "two"], 0),
        ("", [], 2),
        ("-1", [], 2),
        ("1", ["two"], 1),
        ("1,0", ["two", "one"], 0),
        ("GPU-9", [], 2),
        ("0,0", [], 2),
    ],
)
def test_cards_that_the_variable_leaves_out_are_counted(
    variable: str | None, visible: list[str], hidden: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_nvml(monkeypatch, FakeNvml([FakeCard("GPU-1", "one"), FakeCard("GPU-2", "two")]))
    if variable is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", variable)

    found = lookup.cards(MACHINE)

    assert [gpu.name for gpu in found.visible] == visible
    assert found.hidden == hidden
    assert hardware.detect().hidden_cards == hidden


def test_where_there_is_no_card_none_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with_nvml(monkeypatch, FakeNvml([]))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")

    assert lookup.cards(MACHINE) == Cards()


@needs_sh
@pytest.mark.parametrize("fake", [None, FakeNvml([FakeCard("GPU-1")], start=NOT_LOADED)])
def test_nvidia_smi_is_asked_where_nvml_fails(
    fake: FakeNvml | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_nvml(monkeypatch, fake)
    with_program(monkeypatch, tmp_path / "bin", f"echo '{LINE}'")

    (gpu,) = lookup.gpus(MACHINE)

    assert gpu.name == "NVIDIA GeForce RTX 3060"
    assert (gpu.memory_bytes, gpu.driver) == (12288 * MIB, "580.95.05")


@needs_sh
def test_another_library_of_that_name_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", ModuleType("pynvml"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with_program(monkeypatch, tmp_path / "bin", f"echo '{LINE}'")

    assert [gpu.driver for gpu in lookup.gpus(MACHINE)] == ["580.95.05"]


def test_cuda_visible_devices_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    with_nvml(monkeypatch, FakeNvml([FakeCard("GPU-1", "first"), FakeCard("GPU-2", "second")]))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")

    (gpu,) = lookup.gpus(MACHINE)

    assert (gpu.index, gpu.name) == (0, "second")


@needs_sh
@pytest.mark.parametrize(
    ("question", "error"),
    [
        ("nvmlDeviceGetName", UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")),
        ("nvmlSystemGetDriverVersion", TypeError("a bytes-like object is required")),
        ("nvmlInit", OSError("the library cannot be loaded")),
        ("nvmlDeviceGetCount", AttributeError("function 'nvmlDeviceGetCount_v2' not found")),
        ("nvmlShutdown", ValueError("a value")),
    ],
)
def test_a_library_that_breaks_is_one_that_fails(
    question: str, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> object:
        raise error

    fake = FakeNvml([FakeCard("GPU-5a1a", "by NVML", held={7: GIB})])
    monkeypatch.setattr(FakeNvml, question, breaks)
    with_nvml(monkeypatch, fake)
    with_program(monkeypatch, tmp_path / "bin", f"echo '{LINE}'")

    assert [gpu.name for gpu in lookup.gpus(MACHINE)] == ["NVIDIA GeForce RTX 3060"]


@needs_sh
@pytest.mark.parametrize("script", [f"echo '{LINE}'; exit 9", "kill -SEGV $$"])
def test_a_driver_that_fails_means_no_card(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_nvml(monkeypatch, None)
    with_program(monkeypatch, tmp_path / "bin", script)

    assert lookup.gpus(MACHINE) == ()


@needs_sh
def test_a_program_that_hangs_means_no_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_nvml(monkeypatch, None)
    with_program(monkeypatch, tmp_path / "bin", "exec /bin/sleep 100")
    monkeypatch.setattr(lookup, "PATIENCE_SECONDS", 0.1)

    assert lookup.gpus(MACHINE) == ()


def test_a_driver_that_hangs_means_no_card_and_is_not_asked_by_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken = threading.Event()

    class Hanging(FakeNvml):
        def nvmlInit(self) -> None:  # noqa: N802  NVML's name
            woken.wait(PATIENCE_SECONDS)
            super().nvmlInit()

    with_nvml(monkeypatch, Hanging([FakeCard("GPU-1")]))
    with_program(monkeypatch, tmp_path / "bin", f"echo '{LINE}'")
    monkeypatch.setattr(lookup, "PATIENCE_SECONDS", 0.01)

    try:
        assert lookup.gpus(MACHINE) == ()
    finally:
        woken.set()


def test_cards_that_have_to_be_started_first_are_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without persistence mode the first question takes seconds a card, more than ten in all."""
    granted: list[float] = []

    def slow(_: object, seconds: float) -> str:
        granted.append(seconds)
        return LINE if seconds > 20 else ""

    with_nvml(monkeypatch, None)
    monkeypatch.setattr(lookup, "output_of", slow)

    assert [gpu.name for gpu in lookup.gpus(MACHINE)] == ["NVIDIA GeForce RTX 3060"]
    assert min(granted) > 20


def test_without_a_driver_there_is_no_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_nvml(monkeypatch, None)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert lookup.gpus(MACHINE) == ()


def test_the_library_that_is_installed_has_what_is_asked_of_it() -> None:
    """The stand-in has no function that the real module lacks."""
    real = importlib.import_module("pynvml")

    used = [name for name in vars(FakeNvml) if name.startswith(("nvml", "NVML"))]

    assert isinstance(real, ModuleType)
    assert len(used) > 15
    assert [name for name in used if not hasattr(real, name)] == []
    assert real.NVML_ERROR_NOT_SUPPORTED == NOT_SUPPORTED
    assert real.nvmlMemory_v2 == FakeNvml.nvmlMemory_v2


@pytest.mark.parametrize(
    ("variable", "gib"), [(None, 20), ("MIG-2", 5), ("MIG-GPU-1/9/0", 5), ("0", 20)]
)
def test_of_a_divided_card_the_machine_has_one_instance_and_its_memory(
    variable: str | None, gib: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    instances = [
        FakeCard("MIG-1", "MIG 3g.20gb", (20 * GIB, 19 * GIB, 0), ids=(1, 0)),
        FakeCard("MIG-2", "MIG 1g.5gb", (5 * GIB, 4 * GIB, 0), ids=(9, 0)),
    ]
    divided = FakeCard(
        "GPU-1", "NVIDIA A100", (40 * GIB, 39 * GIB, 0), (8, 0), mig=True, instances=instances
    )
    with_nvml(monkeypatch, FakeNvml([divided, FakeCard("GPU-2")]))
    if variable is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", variable)

    (gpu,) = hardware.detect().gpus

    assert (gpu.memory_bytes, gpu.free_memory_bytes) == (gib * GIB, (gib - 1) * GIB)
    assert gpu.device == "cuda:0"


# --- one memory for all ----------------------------------------------------------------------


def test_a_chip_without_memory_of_its_own_has_what_the_machine_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_nvml(monkeypatch, FakeNvml([FakeCard("GPU-1", "NVIDIA GB10", NOT_SUPPORTED, (12, 1))]))

    machine = hardware.detect()

    (gpu,) = machine.gpus
    assert gpu.memory_bytes == machine.memory_bytes
    assert gpu.free_memory_bytes == machine.free_memory_bytes
    assert gpu.is_unified


def test_the_least_limit_counts() -> None:
    name = Phrase("the shell (ulimit -v)")

    found = lookup.memory_within([Bound(name, 64 * GIB, 20 * GIB), Bound(name, 32 * GIB, 30 * GIB)])

    assert found == Memory(32 * GIB, 20 * GIB)
    assert lookup.memory_within([Bound(name, GIB, -5)]) == Memory(GIB, 0)


# --- who holds it ----------------------------------------------------------------------------


def test_what_is_held_is_told_of_hidden_cards_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other, card = FakeCard("GPU-1", held={7: 2 * GIB}), FakeCard("GPU-2", held={7: GIB})
    with_nvml(monkeypatch, FakeNvml([other, card]))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")

    assert lookup.held_bytes("GPU-2", 7) == GIB
    assert lookup.held_bytes("GPU-1", 7) == 2 * GIB


def test_what_nobody_tells_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_nvml(monkeypatch, FakeNvml([FakeCard("GPU-1", held={7: None})]))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert lookup.held_bytes("GPU-1", 7) is None
    assert lookup.held_bytes("GPU-9", 7) is None
    assert lookup.held_bytes("", 7) is None  # of a card whose UUID is not told
