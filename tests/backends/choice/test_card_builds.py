"""What a build of torch needs of a card and its driver."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.choice import selection
from backends.choice.card_builds import (
    PUBLISHED,
    driver_runs,
    held_architectures,
    least_capability,
    published_architectures,
    reads_ptx,
    runs_on,
)
from backends.choice.sentences import card_refusal
from backends.choice.values import Wishes
from backends.errors import BackendUnavailableError
from backends.machine.cards.values import Gpu
from tests.helpers.choices import SEVEN, chosen
from tests.helpers.machines import GIB, card, machine

#: As `torch.cuda.get_arch_list()` of torch 2.13 for CUDA 13.0 and 12.6 on x86.
CUDA_13 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"]
CUDA_12 = ["sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"]


@pytest.mark.parametrize(
    ("arch_list", "capability", "runs"),
    [
        (CUDA_13, (7, 5), True),
        (CUDA_13, (8, 9), True),  # sm_86: the same major version
        (CUDA_13, (12, 1), True),
        (CUDA_13, (7, 0), False),
        (CUDA_13, (6, 1), False),
        (CUDA_13, (8, 7), False),  # Orin, which runs no code of cards
        (CUDA_13, (10, 3), True),
        (CUDA_13, (13, 0), True),  # the driver compiles it
        (CUDA_13, (11, 0), False),  # Thor is older than compute_120, and another major version
        (CUDA_12, (5, 2), True),
        (CUDA_12, (6, 1), True),
        (CUDA_12, (12, 0), False),  # no code, and none to be compiled
        (CUDA_12, (10, 0), False),
        (["sm_86"], (8, 0), False),  # the card is the older one
        (["sm_86"], (8, 6), True),
        (["sm_86"], (8, 9), True),
        (["sm_86"], (9, 0), False),
        (["sm_90a"], (9, 0), True),
        (["sm_120a"], (12, 1), False),  # for that very version
        (["sm_100f"], (10, 3), True),
        (["sm_100f"], (12, 0), False),
        (["compute_90a"], (10, 0), False),
        (["compute_90"], (10, 0), True),
        (["compute_90"], (8, 9), False),
        (["compute_80"], (8, 7), True),  # from it, the driver compiles for a chip too
        (["sm_87"], (8, 7), True),
        (["sm_87"], (8, 9), False),
        (["sm_101"], (11, 0), True),  # one chip, renamed
        (["sm_110"], (11, 0), True),
        ([], (8, 6), True),  # a build that does not tell
        (["gfx942"], (8, 6), True),
    ],
)
def test_whether_a_build_has_code_for_a_card(
    arch_list: list[str], capability: tuple[int, int], runs: bool
) -> None:
    assert runs_on(arch_list, capability) is runs


def test_what_a_driver_would_have_to_compile_needs_one_that_does() -> None:
    assert not runs_on(CUDA_13, (13, 0), with_ptx=False)
    assert runs_on(CUDA_13, (12, 1), with_ptx=False)  # machine code
    assert not runs_on(["compute_50"], (8, 6), with_ptx=False)


def test_the_rule_is_that_of_torch_itself() -> None:
    """Torch judges machine code so, to warn; it leaves out what the driver compiles."""
    from torch.cuda import _code_compatible_with_device

    built = (50, 60, 61, 70, 72, 75, 80, 86, 87, 89, 90, 100, 101, 103, 110, 120, 121)
    devices = (*built, 52, 62, 129)
    for code in built:
        for device in devices:
            expected = _code_compatible_with_device(device, code)
            found = runs_on([f"sm_{code}"], (device // 10, device % 10))
            assert found is expected, (code, device)


def test_wheels_hold_what_the_installed_torch_says_of_its_release() -> None:
    """A new torch that drops a card, or adds one, makes this fail: then the table needs a line."""
    from torch.cuda import PYTORCH_RELEASES_CODE_CC
    from torch.version import __version__

    for cuda, by_machine in PYTORCH_RELEASES_CODE_CC.items():
        for name, capabilities in by_machine.items():
            held = published_architectures(cuda, __version__, is_arm=name == "aarch64")
            codes = {int(one.removeprefix("sm_")) for one in held if one.startswith("sm_")}
            assert codes == capabilities, (cuda, name)


@pytest.mark.parametrize(
    ("cuda", "torch", "capability", "runs"),
    [
        ("12.8", "2.10.0", (7, 0), True),
        ("12.8", "2.11.0", (7, 0), False),  # from then on cuDNN lacks it
        ("12.9", "2.13.0+cu129", (7, 0), False),
        ("12.8", "2.10.0", (6, 1), False),
        ("12.6", "2.13.0", (6, 1), True),
        ("12.6", "2.13.0", (12, 0), False),
        ("12.8", "2.11.0", (12, 0), True),
        ("13.0", "2.13.0", (12, 0), True),
        ("13.2", "2.13.0", (7, 5), True),
        ("13.2", "2.13.0", (7, 0), False),
    ],
)
def test_what_a_wheel_holds_is_known_by_its_version(
    cuda: str, torch: str, capability: tuple[int, int], runs: bool
) -> None:
    assert runs_on(published_architectures(cuda, torch), capability) is runs


def test_wheels_for_arm_hold_something_else() -> None:
    x86, arm = (
        published_architectures("13.0", "2.13.0"),
        published_architectures("13.0", "2.13.0", is_arm=True),
    )

    assert (runs_on(x86, (7, 5)), runs_on(arm, (7, 5))) == (True, False)
    assert (runs_on(x86, (11, 0)), runs_on(arm, (11, 0))) == (False, True)
    assert runs_on(arm, (12, 1))


def test_a_build_of_ones_own_is_judged_by_its_cuda_alone() -> None:
    """A distribution builds for other cards, NVIDIA for its boards; torch tells in the engine."""
    own = replace(machine(torch_cuda="12.6"), is_published_torch=False)

    assert runs_on(held_architectures(own), (12, 0))
    assert runs_on(held_architectures(own), (8, 7))
    assert not runs_on(held_architectures(replace(own, torch_cuda="13.0")), (7, 0))
    assert least_capability(held_architectures(replace(own, torch_cuda="13.1"))) == (7, 5)


@pytest.mark.parametrize(
    ("cuda", "driver_cuda"),
    [("13.2", (13, 0)), ("12.8", (12, 2)), ("12.4", (12, 0)), ("13.1", (13, 0))],
)
@pytest.mark.parametrize("is_published", [False, True])
def test_a_build_whose_code_is_not_known_runs_on_a_driver_of_an_older_minor_version(
    cuda: str, driver_cuda: tuple[int, int], *, is_published: bool
) -> None:
    """It has machine code, as every build has: only what it compiles there needs a newer driver."""
    one = gpu((8, 6), "", driver_cuda)
    libraries = {"torch": "2.9.0" if cuda == "12.4" else "2.11.0"}
    facts = machine(one, torch_cuda=cuda, libraries=libraries)

    assert card_refusal(replace(facts, is_published_torch=is_published), one) is None


# --- the driver ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cuda", "driver", "driver_cuda", "runs"),
    [
        ("13.0", "580.65.06", (13, 0), True),
        ("13.2", "580.65.06", (13, 0), True),  # newer minor versions run too
        ("13.0", "575.64.03", (12, 9), False),
        ("12.9", "525.60.13", (12, 0), True),
        ("12.6", "580.95.05", (13, 0), True),  # every older one
        ("12.6", "470.256.02", (11, 4), False),
        ("13.0", "535.54.03", (13, 0), True),  # with NVIDIA's package of compatibility
        ("13.0", "580.65.06", None, True),
        ("13.0", "579.99", None, False),
        ("12.8", "524.99", None, False),
        ("12.8", "525.0", None, True),
        ("11.8", "450.80.02", None, True),
        ("14.0", "600.10", None, True),  # nobody knows
        ("14.0", "600.10", (13, 5), False),
        ("13.0", "", None, True),
    ],
)
def test_what_a_build_needs_of_the_driver(
    cuda: str, driver: str, driver_cuda: tuple[int, int] | None, runs: bool
) -> None:
    assert driver_runs(cuda, driver, driver_cuda) is runs


@pytest.mark.parametrize(
    ("cuda", "driver_cuda", "reads"),
    [("12.8", (12, 8), True), ("12.8", (12, 4), False), ("13.0", (13, 1), True),
     ("13.2", (13, 0), False), ("13.0", None, True), ("13", (13, 0), True)],
)  # fmt: skip
def test_code_for_cards_to_come_needs_a_driver_as_new(
    cuda: str, driver_cuda: tuple[int, int] | None, reads: bool
) -> None:
    assert reads_ptx(cuda, driver_cuda) is reads


# --- in words --------------------------------------------------------------------------------


def gpu(
    capability: tuple[int, int] = (8, 6),
    driver: str = "580.95.05",
    driver_cuda: tuple[int, int] | None = None,
) -> Gpu:
    return Gpu(0, "A card", 8 * GIB, 8 * GIB, capability, driver, driver_cuda=driver_cuda)


@pytest.mark.parametrize(
    ("cuda", "one", "sentence"),
    [
        (
            "13.0",
            gpu(driver="550.90.07"),
            (
                "A card has driver 550.90.07, but the installed torch (CUDA 13.0) needs driver "
                "580 or newer."
            ),
        ),
        (
            "12.8",
            gpu(driver="470.256.02", driver_cuda=(11, 4)),
            (
                "A card has driver 470.256.02, but the installed torch (CUDA 12.8) needs driver "
                "525 or newer."
            ),
        ),
        (
            "14.1",
            gpu(driver="580.95.05", driver_cuda=(13, 0)),
            (
                "The driver of A card runs CUDA 13.0 at most, but the installed torch is built for "
                "CUDA 14.1."
            ),
        ),
        (
            "13.0",  # a library of an older driver lies before that of the one that is there
            gpu(driver="580.95.05", driver_cuda=(12, 8)),
            (
                "The driver of A card runs CUDA 12.8 at most, but the installed torch is built for "
                "CUDA 13.0."
            ),
        ),
        (
            "13.0",  # nobody tells its number
            gpu(driver="", driver_cuda=(12, 4)),
            (
                "The driver of A card runs CUDA 12.4 at most, but the installed torch is built for "
                "CUDA 13.0."
            ),
        ),
        (
            "13.0",
            gpu((6, 1)),
            "A card has compute capability 6.1, but the installed torch (CUDA 13.0) needs 7.5.",
        ),
        (
            "12.6",
            gpu((12, 0)),
            (
                "A card has compute capability 12.0, for which the installed torch (CUDA 12.6) has "
                "no code."
            ),
        ),
        (
            "13.2",  # code that the driver would have to compile, and is too old for
            gpu((13, 0), driver_cuda=(13, 0)),
            (
                "A card has compute capability 13.0, for which the installed torch (CUDA 13.2) has "
                "no code."
            ),
        ),
        (None, gpu(), "A card cannot be used: torch is installed without CUDA."),
        ("13.0", gpu(driver="535.54.03", driver_cuda=(13, 0)), None),
        ("12.6", gpu((6, 1), "525.60.13", (12, 0)), None),
        ("13.2", gpu((13, 0), driver_cuda=(13, 2)), None),
    ],
)
def test_why_a_card_is_not_used(cuda: str | None, one: Gpu, sentence: str | None) -> None:
    found = card_refusal(machine(one, torch_cuda=cuda), one)

    assert found is None if sentence is None else str(found) == sentence


def test_a_driver_that_is_too_old_leaves_the_processor() -> None:
    """The sentence stands in the menu and in the reason, and the processor is chosen."""
    old = replace(card(24), driver="535.183.01", driver_cuda=(12, 2))

    assert chosen(SEVEN, machine(old))[2] == "cpu"
    assert chosen(SEVEN, machine(old, torch_cuda="12.6"))[2] == "cuda"


@pytest.mark.parametrize(
    ("one", "cuda"),
    [(card(24), None), (replace(card(24), driver="550.90.07"), "13.0"),
     (card(24, capability=(6, 1)), "13.0")],
)  # fmt: skip
def test_who_insists_on_such_a_card_is_told_where_it_stands_what_to_install(
    one: Gpu, cuda: str | None
) -> None:
    facts = machine(one, torch_cuda=cuda)

    with pytest.raises(BackendUnavailableError) as caught:
        selection.choose(SEVEN, facts, Wishes(wanted_device="cuda"))

    assert caught.value.message == str(card_refusal(facts, one))
    assert "doctor” says what to install" in str(caught.value.hint)


def test_published_builds_are_there_for_every_card_from_maxwell_on() -> None:
    for capability in ((5, 0), (5, 2), (6, 1), (7, 0), (7, 5), (8, 9), (9, 0), (10, 0), (12, 0)):
        held = [published_architectures(cuda, "2.13.0") for cuda in PUBLISHED]
        assert any(runs_on(one, capability) for one in held)
