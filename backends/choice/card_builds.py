"""What a build of torch needs of a card and its driver: pure functions of facts.

In the window, what a build holds is known by its version; in the engine, torch itself tells it
(`torch.cuda.get_arch_list`). Both are judged by the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from ..machine.cards.values import Gpu
from ..machine.hardware import Machine

#: The least driver of each CUDA, by its major version: newer minor versions run on it too.
#: Source: NVIDIA, CUDA Compatibility, “Minor Version Compatibility”.
_LEAST_DRIVER: Final = {11: 450, 12: 525, 13: 580}

#: Chips beside a processor, which run what was compiled for them, and nothing compiled for cards.
#: Source: NVIDIA, CUDA Programming Guide, “Binary Compatibility”.
_OWN_CODE: Final = frozenset({(5, 3), (6, 2), (7, 2), (8, 7), (10, 1)})

#: What PyTorch's own wheels hold, as torch lists it: machine code (sm) and what the driver compiles
#: (compute, at the end). By CUDA and the first torch for which it is so.
#: Source: torch/cuda/__init__.py and .ci/manywheel/build_cuda.sh of torch 2.10 to 2.13.
_X86_WHEELS: Final[dict[str, tuple[tuple[tuple[int, int], str], ...]]] = {
    "12.6": (((0, 0), "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90"),),
    "12.8": (
        ((2, 11), "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120"),
        ((0, 0), "sm_70 sm_75 sm_80 sm_86 sm_90 sm_100 sm_120"),
    ),
    "12.9": (
        ((2, 11), "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120 compute_120"),
        ((0, 0), "sm_70 sm_75 sm_80 sm_86 sm_90 sm_100 sm_120 compute_120"),
    ),
    "13": (((0, 0), "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120 compute_120"),),
}
_ARM_WHEELS: Final[dict[str, tuple[tuple[tuple[int, int], str], ...]]] = {
    "12.6": (((0, 0), "sm_80 sm_90"),),
    "12.8": (((0, 0), "sm_80 sm_90 sm_100 sm_120"),),
    "12.9": (((0, 0), "sm_80 sm_90 sm_100 sm_120"),),
    "13": (((0, 0), "sm_80 sm_90 sm_100 sm_110 sm_120 compute_120"),),
}

#: CUDA builds that every torch from 2.10 on is published with, the one to prefer first.
PUBLISHED: Final = ("13.0", "12.6")

_ARCHITECTURE = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)")


def least_driver(cuda: str) -> int | None:
    """The first number of the oldest driver that runs a build for this CUDA; None: unknown."""
    return _LEAST_DRIVER.get(_major(cuda))


def driver_runs(cuda: str, driver: str, driver_cuda: tuple[int, int] | None) -> bool:
    """Whether a driver runs a build for this CUDA, as far as is known.

    What the driver says of its CUDA goes before its number: NVIDIA's packages of compatibility let
    an old driver run a newer CUDA.
    """
    if driver_cuda is not None:
        return driver_cuda[0] >= _major(cuda)
    return not is_too_old(driver, cuda)


def is_too_old(driver: str, cuda: str) -> bool:
    """Whether a driver is older than a build for this CUDA needs it, by its number."""
    least, number = least_driver(cuda), driver.partition(".")[0]
    return least is not None and number.isdecimal() and int(number) < least


def reads_ptx(cuda: str, driver_cuda: tuple[int, int] | None) -> bool:
    """Whether a driver compiles what a build for this CUDA holds for cards to come.

    Unlike machine code, that needs a driver at least as new, to the minor version.
    """
    major, _, minor = cuda.partition(".")
    return driver_cuda is None or driver_cuda >= (int(major), int(minor.partition(".")[0] or 0))


def runs_on(
    arch_list: Iterable[str], capability: tuple[int, int], *, with_ptx: bool = True
) -> bool:
    """Whether a build with these architectures has code for a card.

    `arch_list` is what `torch.cuda.get_arch_list` gives: “sm_86”, “compute_120”. Machine code runs
    on cards of the same major version and at least the minor one; with an “a” on that very version
    alone, and with an “f” as without. From “compute” code the driver compiles its own, for every
    later card, unless `with_ptx` is False. A list that tells nothing is taken for one that has it.
    """
    known = [match for name in arch_list if (match := _ARCHITECTURE.fullmatch(name))]
    return not known or any(_has_code(match, capability, with_ptx) for match in known)


def _has_code(match: re.Match[str], capability: tuple[int, int], with_ptx: bool) -> bool:
    kind, major, minor, suffix = match.groups()
    built = int(major), int(minor)
    if kind == "compute" and not with_ptx:
        return False
    if suffix == "a":
        return capability == built
    if kind == "compute" and not suffix:
        return capability >= built
    if _OWN_CODE & {capability, built} and kind == "sm":
        # The chip of 10.1 is called 11.0 from CUDA 13 on.
        return capability == built or (built, capability) == ((10, 1), (11, 0))
    return capability[0] == built[0] and capability >= built


def published_architectures(cuda: str, torch: str, *, is_arm: bool = False) -> Sequence[str]:
    """What PyTorch's own wheel of a version of torch for a CUDA holds; empty: unknown."""
    wheels = _ARM_WHEELS if is_arm else _X86_WHEELS
    release = _release(torch)
    for key in (cuda, str(_major(cuda))):
        for first, architectures in wheels.get(key, ()):
            if release >= first:
                return architectures.split()
    return ()


def held_architectures(machine: Machine) -> Sequence[str]:
    """What the installed torch holds, as far as that is known before it is imported."""
    # CUDA 13 ended support for everything before Turing, CUDA 12 for everything before Maxwell.
    oldest = "compute_75" if _major(machine.torch_cuda or "") >= 13 else "compute_50"
    return _known_architectures(machine) or (oldest,)


def has_code(machine: Machine, gpu: Gpu) -> bool:
    """Whether the installed torch has code that a card runs with its driver, as far as is known."""
    # Of a build that is not known, nobody can say what the driver would have to compile.
    is_known = bool(_known_architectures(machine))
    with_ptx = not is_known or reads_ptx(machine.torch_cuda or "", gpu.driver_cuda)
    return runs_on(held_architectures(machine), gpu.compute_capability, with_ptx=with_ptx)


def _known_architectures(machine: Machine) -> Sequence[str]:
    """What the installed torch holds, where it is one of PyTorch's own wheels; else empty."""
    if not machine.is_published_torch:
        return ()
    cuda, torch = machine.torch_cuda or "", machine.libraries.get("torch", "")
    return published_architectures(cuda, torch, is_arm="asimd" in machine.features)


def least_capability(arch_list: Iterable[str]) -> tuple[int, int] | None:
    """The oldest compute capability that a build is made for; None: unknown."""
    matches = (_ARCHITECTURE.fullmatch(name) for name in arch_list)
    return min(((int(match[2]), int(match[3])) for match in matches if match), default=None)


def _major(cuda: str) -> int:
    return int(cuda.partition(".")[0])


def _release(version: str) -> tuple[int, int]:
    match = re.match(r"(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)
