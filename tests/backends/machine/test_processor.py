"""What a processor has, what follows from it, and the switch that takes some of it away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from backends import operating_system, windows_api
from backends.machine import hardware, processor

AVX2 = "fpu sse2 sse4_1 avx2"
AVX512 = f"{AVX2} avx512f avx512bw avx512dq avx512vl"


@pytest.fixture(autouse=True)
def no_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the suite may have set it."""
    monkeypatch.delenv(processor.WITHOUT_VARIABLE, raising=False)


def found(monkeypatch: pytest.MonkeyPatch, flags: str, *, ne_convert: bool = False) -> set[str]:
    """The features of a processor with these flags."""
    text = f"processor\t: 0\nmodel name\t: Some 9R14\nflags\t\t: {flags}\n\nprocessor\t: 1\n"
    monkeypatch.setattr(operating_system, "_cpuinfo", lambda: text)
    monkeypatch.setattr(operating_system, "_has_ne_convert", lambda: ne_convert)
    return set(processor.features())


@pytest.mark.parametrize("flags", ["fpu sse2", AVX2, f"{AVX512} avx512_vnni avx512_bf16"])
def test_features_are_those_that_linux_lists(flags: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, flags) == set(flags.split()) - {"fpu"}
    assert operating_system.processor_name() == "Some 9R14"


def test_avx_ne_convert_is_found_though_linux_does_not_list_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert found(monkeypatch, AVX2, ne_convert=True) == {"sse2", "sse4_1", "avx2", "avx_ne_convert"}


def test_arm_calls_its_flags_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        operating_system, "_cpuinfo", lambda: "Features\t: fp asimd i8mm bf16 sve\n"
    )

    assert processor.features() == {"asimd", "bf16"}


def test_a_processor_that_nobody_describes_has_a_name_and_no_features(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operating_system, "_cpuinfo", lambda: "")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "some")

    assert operating_system.processor_name()
    assert processor.features() == frozenset()


@pytest.mark.parametrize(
    ("present", "features"),
    [
        ({10}, {"sse2"}),
        ({10, 37, 40}, {"sse2", "sse4_1", "avx2"}),
        (
            {10, 37, 40, 41},
            {"sse2", "sse4_1", "avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl"},
        ),
        ({19, 68}, {"asimd", "bf16"}),
    ],
)
def test_windows_is_asked_by_number(
    present: set[int], features: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel32 = SimpleNamespace(IsProcessorFeaturePresent=lambda number: int(number in present))
    monkeypatch.setattr(operating_system, "_cpuinfo", lambda: "")
    monkeypatch.setattr(operating_system, "_has_ne_convert", lambda: False)
    monkeypatch.setattr(windows_api, "kernel32", lambda: kernel32)
    monkeypatch.setattr("sys.platform", "win32")

    assert processor.features() == features


@pytest.mark.parametrize(
    ("machine", "answers", "features"),
    [
        ("arm64", {"hw.optional.arm.FEAT_BF16": "1"}, {"asimd", "bf16"}),
        ("arm64", {"hw.optional.arm.FEAT_BF16": "0"}, {"asimd"}),
        ("arm64", {}, {"asimd"}),
        (
            "x86_64",
            {
                "machdep.cpu.features": "FPU SSE2 SSE4.1 AVX1.0",
                "machdep.cpu.leaf7_features": "BMI1 AVX2 AVX512F AVX512DQ AVX512BW AVX512VL",
            },
            {"sse2", "sse4_1", "avx2", "avx512f", "avx512dq", "avx512bw", "avx512vl"},
        ),
    ],
)
def test_a_mac_is_asked_by_sysctl(
    machine: str, answers: dict[str, str], features: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operating_system, "_cpuinfo", lambda: "")
    monkeypatch.setattr(operating_system, "_has_ne_convert", lambda: False)
    monkeypatch.setattr(
        operating_system, "output_of", lambda command, _: answers.get(command[-1], "") + "\n"
    )
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: machine)

    assert processor.features() == features


# --- what follows ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "lacks_packed", "lacks_bf16", "multiplies"),
    [
        ("sse2", True, True, False),
        ("sse2 sse4_1", True, True, False),
        ("sse2 sse4_1 avx2", True, False, False),
        ("sse2 sse4_1 avx2 avx_ne_convert", False, False, False),
        ("sse2 sse4_1 avx2 avx512f", True, False, False),  # Xeon Phi
        ("sse2 sse4_1 avx2 avx512f avx512bw avx512dq", True, False, False),
        ("sse2 sse4_1 avx2 avx512f avx512bw avx512dq avx512vl", False, False, False),
        ("sse2 sse4_1 avx2 avx512f avx512bw avx512dq avx512vl avx512_bf16", False, False, True),
        ("sse2 sse4_1 avx2 avx512f avx512bw avx512dq avx512vl amx_bf16", False, False, True),
        ("sse2 sse4_1 avx2 avx512f avx512_bf16", True, False, False),
        ("asimd", True, False, False),
        ("asimd bf16", False, False, True),
        ("", False, False, False),  # nobody knows: only the trial tells
    ],
)
def test_what_bf16_needs(
    flags: str, lacks_packed: bool, lacks_bf16: bool, multiplies: bool
) -> None:
    features = frozenset(flags.split())

    assert processor.lacks_packed_bf16(features) is lacks_packed
    assert processor.lacks_bf16(features) is lacks_bf16
    assert processor.multiplies_bf16(features) is multiplies


def test_what_onednn_and_packed_4_bits_need() -> None:
    assert processor.lacks_onednn(frozenset({"sse2"}))
    assert not processor.lacks_onednn(frozenset({"sse2", "sse4_1"}))
    assert not processor.lacks_onednn(frozenset({"asimd"}))
    assert not processor.lacks_onednn(frozenset())
    assert processor.lacks_avx512_bf16(frozenset({"avx2"}))
    assert not processor.lacks_avx512_bf16(frozenset({"avx2", "avx512_bf16"}))


# --- the switch --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ("", f"{AVX512} avx512_bf16"),
        ("avx512_bf16", AVX512),
        (" AVX512_BF16 , nonsense,", AVX512),
        ("avx512bw", f"{AVX2} avx512f avx512dq avx512vl"),  # bf16 is built on it
        ("avx512f", AVX2),
        ("avx2", "fpu sse2 sse4_1"),
        ("sse4_1", "fpu sse2"),
    ],
)
def test_the_switch_takes_away_what_is_named_and_what_is_built_on_it(
    named: str, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(processor.WITHOUT_VARIABLE, named)

    assert found(monkeypatch, f"{AVX512} avx512_bf16") == set(left.split()) - {"fpu"}


def test_the_switch_reaches_the_machine_that_selection_sees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found(monkeypatch, f"{AVX512} avx512_bf16")
    assert hardware.detect().multiplies_bf16

    monkeypatch.setenv(processor.WITHOUT_VARIABLE, "avx512vl")

    machine = hardware.detect()
    assert not machine.multiplies_bf16
    assert processor.lacks_packed_bf16(machine.features)


def test_features_are_found_without_importing_torch() -> None:
    code = (
        "import sys; from backends.machine import processor; processor.features(); "
        "print('torch' in sys.modules)"
    )

    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )

    assert result.stdout == "False\n"
