"""What is said of cards that are not used, and what to install so that they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.choice.unused_cards import unused_cards
from backends.machine.hardware import Machine
from tests.helpers.machines import LIBRARIES, PYTHON, card, machine

CPU_BUILD = LIBRARIES | {"torch": "2.13.0+cpu"}


def told(facts: Machine) -> tuple[str, str]:
    found = unused_cards(facts)
    assert found is not None
    return str(found.sentence), str(found.hint)


def test_a_build_without_cuda_beside_a_card_is_told_with_what_to_install() -> None:
    facts = machine(card(12), torch_cuda=None, libraries=CPU_BUILD)

    assert told(facts) == (
        "NVIDIA GeForce RTX 3060 cannot be used: torch is installed without CUDA.",
        (
            "Install torch with CUDA: /opt/app/.venv/bin/python -m pip install "
            '"torch==2.13.0+cu130" --index-url https://download.pytorch.org/whl/cu130'
        ),
    )


@pytest.mark.parametrize(
    ("capability", "driver", "driver_cuda", "label"),
    [
        ((8, 6), "550.90.07", (12, 4), "cu126"),  # which that driver runs
        ((8, 6), "550.90.07", None, "cu126"),
        ((6, 1), "580.95.05", (13, 0), "cu126"),  # which has code for that card
        ((12, 0), "580.95.05", (13, 0), "cu130"),
    ],
)
def test_what_is_to_be_installed_runs_on_that_driver_and_that_card(
    capability: tuple[int, int], driver: str, driver_cuda: tuple[int, int] | None, label: str
) -> None:
    one = replace(card(12, capability=capability), driver=driver, driver_cuda=driver_cuda)

    _, hint = told(machine(one, torch_cuda=None, libraries=CPU_BUILD))

    assert f"torch==2.13.0+{label}" in hint
    assert "driver" not in hint


@pytest.mark.parametrize(
    ("capability", "driver", "least", "label"),
    [
        ((12, 0), "570.133.20", "580", "cu130"),  # no older build has code for that card
        ((6, 1), "470.256.02", "525", "cu126"),
        ((8, 6), "470.256.02", "580", "cu130"),
    ],
)
def test_where_no_build_runs_on_the_driver_a_newer_one_is_named_too(
    capability: tuple[int, int], driver: str, least: str, label: str
) -> None:
    one = replace(card(12, capability=capability), driver=driver)

    _, hint = told(machine(one, torch_cuda=None, libraries=CPU_BUILD))

    asked = f"Install NVIDIA's driver {least} or newer, and torch with CUDA: {PYTHON} -m pip "
    assert hint.startswith(asked)
    assert label in hint


def test_a_driver_that_is_too_old_for_the_build_is_all_that_is_named() -> None:
    one = replace(card(12), driver="550.90.07", driver_cuda=(12, 4))

    assert told(machine(one)) == (
        (
            "NVIDIA GeForce RTX 3060 has driver 550.90.07, but the installed torch (CUDA 13.0) "
            "needs driver 580 or newer."
        ),
        "Install NVIDIA's driver 580 or newer.",
    )


@pytest.mark.parametrize(
    ("cuda", "capability", "driver", "driver_cuda"),
    [
        ("13.0", (8, 6), "580.95.05", (12, 8)),  # an older library of it is found before its own
        ("13.2", (13, 0), "580.95.05", (13, 0)),  # a card to come, whose code it would compile
        ("14.0", (8, 6), "580.95.05", (13, 0)),
    ],
)
def test_a_driver_that_is_there_is_not_what_is_to_be_installed(
    cuda: str, capability: tuple[int, int], driver: str, driver_cuda: tuple[int, int]
) -> None:
    one = replace(card(12, capability=capability), driver=driver, driver_cuda=driver_cuda)

    _, hint = told(machine(one, torch_cuda=cuda))

    assert hint == (
        "Install NVIDIA's newest driver; an older package “cuda-compat” may be in its way."
    )


def test_a_driver_that_tells_no_number_is_told_the_least_one() -> None:
    one = replace(card(12), driver="", driver_cuda=(12, 4))

    assert told(machine(one))[1] == "Install NVIDIA's driver 580 or newer."


def test_a_card_that_the_build_has_no_code_for_gets_the_build_that_has() -> None:
    sentence, hint = told(machine(card(11, capability=(6, 1))))

    assert sentence.endswith("needs 7.5.")
    assert "torch==2.11.0+cu126" in hint


def test_of_several_cards_the_largest_that_could_be_used_is_named() -> None:
    old, small, large = card(11, capability=(3, 5), name="old"), card(8, name="small"), card(24)

    sentence, _ = told(machine(old, small, large, torch_cuda=None))

    assert sentence.startswith("NVIDIA GeForce RTX 3060 ")


@pytest.mark.parametrize(
    "facts",
    [
        machine(),
        machine(card(12)),  # used
        machine(card(12), card(11, capability=(6, 1))),  # one of them is
        machine(card(4, capability=(3, 5)), torch_cuda=None),  # no build has code for it
        machine(card(12), torch_cuda=None, libraries={}),  # torch is missing, which is told
        machine(torch_cuda=None),
    ],
)
def test_where_nothing_would_help_nothing_is_told(facts: Machine) -> None:
    assert unused_cards(facts) is None


@pytest.mark.parametrize(
    ("interpreter", "typed"),
    [
        ("/usr/bin/python3", "/usr/bin/python3 -m pip install "),
        ("/home/a b/.venv/bin/python", '"/home/a b/.venv/bin/python" -m pip install '),
        ("C:\\App\\python.exe", "C:\\App\\python.exe -m pip install "),
        (
            "C:\\Program Files\\App\\python.exe",
            '"C:\\Program Files\\App\\python.exe" -m pip install ',
        ),
    ],
)
@pytest.mark.parametrize("driver", ["580.95.05", "470.256.02"])
def test_what_to_type_names_the_python_that_the_app_runs_in(
    interpreter: str, typed: str, driver: str
) -> None:
    facts = machine(replace(card(12), driver=driver), torch_cuda=None, libraries=CPU_BUILD)

    _, hint = told(replace(facts, interpreter=interpreter))

    assert f"torch with CUDA: {typed}" in hint


@pytest.mark.parametrize("driver", ["580.95.05", "470.256.02"])
def test_nobody_is_told_to_install_into_a_frozen_program(driver: str) -> None:
    facts = machine(replace(card(12), driver=driver), torch_cuda=None, libraries=CPU_BUILD)

    _, hint = told(replace(facts, interpreter=None))

    assert "pip" not in hint
    assert "run the app from its source, where torch for CUDA 13.0 can be installed." in hint
    assert ("driver 580 or newer" in hint) is (driver == "470.256.02")
