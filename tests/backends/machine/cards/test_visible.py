"""What CUDA shows of the cards that are listed, and how it numbers them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.machine.cards.values import Gpu, Listed, Listing, Memory
from backends.machine.cards.visible import visible_gpus

GIB = 2**30
MACHINE = Memory(128 * GIB, 100 * GIB)


def listed(number: int, uuid: str, name: str, gib: int = 24) -> Listed:
    return Listed(number, uuid, name, Memory(gib * GIB, (gib - 1) * GIB), (8, 9))


THREE = (
    listed(0, "GPU-11111111-aaaa", "4090"),
    listed(1, "GPU-12222222-bbbb", "1080 Ti"),
    listed(2, "GPU-33333333-cccc", "H100"),
)


def divided(number: int, uuid: str, *instances: str) -> Listed:
    """A card in whose instances of 20, 10, … GiB programs run; of the card nothing is free."""
    parts = tuple(
        replace(
            listed(number, f"MIG-{name}", f"A100 MIG {name}", 20 // (place + 1)),
            former_id=f"MIG-{uuid}/{place + 1}/0",
        )
        for place, name in enumerate(instances)
    )
    return Listed(number, uuid, "A100", None, (8, 0), is_divided=True, instances=parts)


def shown(cards: tuple[Listed, ...], variable: str | None) -> list[str]:
    gpus = visible_gpus(Listing("580.95", (13, 0), cards), variable, MACHINE)
    assert [gpu.index for gpu in gpus] == list(range(len(gpus)))  # as CUDA numbers them
    return [gpu.name for gpu in gpus]


def test_a_card_is_told_whole() -> None:
    card = replace(THREE[1], memory=Memory(11 * GIB, 8 * GIB, GIB), has_display=True)

    (gpu,) = visible_gpus(Listing("535.54.03", (12, 2), (THREE[0], card)), "1", MACHINE)

    assert gpu == Gpu(
        index=0,
        name="1080 Ti",
        memory_bytes=11 * GIB,
        free_memory_bytes=8 * GIB,
        compute_capability=(8, 9),
        driver="535.54.03",
        uuid="GPU-12222222-bbbb",
        driver_cuda=(12, 2),
        has_display=True,
        reserved_bytes=GIB,
    )
    assert gpu.device == "cuda:0"
    assert gpu.used_bytes == 2 * GIB


@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("NVIDIA\n RTX  A4000\r\n", "NVIDIA RTX A4000"),  # it stands in sentences
        ("英伟达\t显卡", "英伟达 显卡"),
        ("", "NVIDIA GPU"),  # the driver does not tell it
        (" \n", "NVIDIA GPU"),
    ],
)
def test_a_card_has_a_name_of_one_line(name: str, shown_as: str) -> None:
    assert shown((replace(THREE[0], name=name),), None) == [shown_as]


@pytest.mark.parametrize(
    ("variable", "names"),
    [
        (None, ["4090", "1080 Ti", "H100"]),
        ("0,1,2", ["4090", "1080 Ti", "H100"]),
        ("2", ["H100"]),
        ("2,0", ["H100", "4090"]),  # in this order
        (" 1 , 0 ", ["1080 Ti", "4090"]),
        ("+1", ["1080 Ti"]),
        ("1gpu2,2ampere", ["1080 Ti", "H100"]),  # a number, and what follows is not read
        ("GPU-33333333-cccc", ["H100"]),
        ("GPU-33", ["H100"]),  # the beginning of a UUID is enough
        ("GPU-33,GPU-11", ["H100", "4090"]),
        ("GPU-1", []),  # of two cards
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("33333333", []),  # a number that no card has
        ("0,-1,1", ["4090"]),  # the first wrong entry ends the list
        ("7,0", []),
        ("0,,1", ["4090"]),
        ("9" * 5000, []),  # more digits than Python makes a number of
        ("0," + "9" * 5000 + ",1", ["4090"]),
        ("\u0661", []),  # a digit, but none of C's
        ("10", []),  # not card 1, nor card 0
        # As torch reads it. Where CUDA itself might see more, a card less is seen here.
        ("0,0", []),
        ("GPU-33,GPU-33333", []),  # twice the same
        ("GPU-33,0", ["H100"]),  # UUIDs and numbers are not mixed
        ("0,GPU-33", ["4090"]),
        ("GPU-33, GPU-11", ["H100"]),
        ("MIG-33", []),  # no instance is called so
    ],
)
def test_cuda_visible_devices_is_honoured(variable: str | None, names: list[str]) -> None:
    assert shown(THREE, variable) == names


@pytest.mark.parametrize(
    ("variable", "names"),
    [
        (None, ["4090", "H100"]),
        ("0,1,2", ["4090", "H100"]),
        ("2,1,0", ["H100", "4090"]),
        ("1,2", ["H100"]),
        ("2", ["H100"]),
        ("1", []),
    ],
)
@pytest.mark.parametrize(
    "lost",
    [
        Listed(1, "", "", None, None),  # it has no handle any more
        replace(THREE[1], memory=None),
        replace(THREE[1], compute_capability=None),
        replace(THREE[1], compute_capability=None, memory=None, is_unified=True),
    ],
)
def test_a_card_that_the_driver_lost_leaves_the_others(
    lost: Listed, variable: str | None, names: list[str]
) -> None:
    assert shown((THREE[0], lost, THREE[2]), variable) == names


# --- instances -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "names"),
    [
        (None, ["A100 MIG one"]),  # CUDA takes one instance, and no whole card beside it
        ("1", ["A100 MIG one"]),
        ("0,1", ["A100 MIG one"]),
        ("0", ["4090"]),  # no divided card is shown
        ("GPU-22", ["A100 MIG one"]),
        ("MIG-two", ["A100 MIG two"]),
        ("MIG-tw", ["A100 MIG two"]),
        ("MIG-two,MIG-one", ["A100 MIG two"]),  # only the first
        ("MIG-GPU-22/2/0", ["A100 MIG two"]),  # as drivers before R470 call it
        ("MIG-GPU-22/7/0", []),
        ("MIG-", []),  # of two
        ("MIG-three", []),
    ],
)
def test_one_instance_is_used_with_its_own_memory(variable: str | None, names: list[str]) -> None:
    cards = (THREE[0], divided(1, "GPU-22", "one", "two"))

    assert shown(cards, variable) == names

    gpus = visible_gpus(Listing("580.95", (13, 0), cards), variable, MACHINE)
    sizes = {"A100 MIG one": 20 * GIB, "A100 MIG two": 10 * GIB, "4090": 24 * GIB}
    assert [gpu.memory_bytes for gpu in gpus] == [sizes[name] for name in names]
    assert [gpu.is_mig for gpu in gpus] == ["MIG" in name for name in names]


def test_a_divided_card_without_an_instance_leaves_the_others() -> None:
    cards = (divided(0, "GPU-22"), THREE[1])

    assert shown(cards, None) == ["1080 Ti"]
    assert shown(cards, "0") == []


def test_an_instance_whose_memory_is_not_told_is_not_used() -> None:
    """It would be given the memory of the whole card otherwise."""
    card = divided(0, "GPU-22", "one", "two")
    hidden = replace(card.instances[0], memory=None)

    assert shown((replace(card, instances=(hidden, card.instances[1])),), None) == ["A100 MIG two"]
    assert shown((replace(card, instances=(hidden,)),), "MIG-one") == []


# --- one memory for all ----------------------------------------------------------------------


def test_a_card_without_memory_of_its_own_has_the_machines() -> None:
    chip = Listed(0, "GPU-1", "NVIDIA GB10", None, (12, 1), is_unified=True)

    (gpu,) = visible_gpus(Listing("580.95", (13, 0), (chip,)), None, MACHINE)

    assert (gpu.memory_bytes, gpu.free_memory_bytes) == (128 * GIB, 100 * GIB)
    assert gpu.is_unified
    assert gpu.reserved_bytes == 0
