"""What is made of NVML's answers, and of its refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.machine.cards import nvml
from backends.machine.cards.values import Listed, Listing, Memory
from tests.helpers.fake_nvml import (
    FUNCTION_NOT_FOUND,
    GPU_IS_LOST,
    LIBRARY_NOT_FOUND,
    MISMATCH,
    NO_PERMISSION,
    NOT_LOADED,
    NOT_SUPPORTED,
    FakeCard,
    FakeNvml,
)

GIB = 2**30
CARD = FakeCard("GPU-1")


def listing(*cards: FakeCard | int) -> Listing:
    """What is told of these cards."""
    fake = FakeNvml(cards)
    found = nvml.listing(fake)
    assert found is not None
    assert fake.opened == 0  # a laptop's card may sleep again
    return found


def test_driver_and_cards_are_told() -> None:
    found = listing(CARD, FakeCard("GPU-2", "NVIDIA H100", (80 * GIB, 70 * GIB, GIB), (9, 0)))

    assert (found.driver, found.driver_cuda) == ("580.95.05", (13, 0))
    assert found.cards == (
        Listed(
            0,
            "GPU-1",
            "NVIDIA GeForce RTX 3060",
            Memory(12 * GIB, 11 * GIB, GIB // 4),
            (8, 6),
        ),
        Listed(1, "GPU-2", "NVIDIA H100", Memory(80 * GIB, 70 * GIB, GIB), (9, 0)),
    )


@pytest.mark.parametrize("error", [LIBRARY_NOT_FOUND, NOT_LOADED, MISMATCH])
def test_where_nvml_does_not_start_it_tells_nothing(error: int) -> None:
    assert nvml.listing(FakeNvml([CARD], start=error)) is None


def test_an_older_driver_tells_memory_in_the_older_way() -> None:
    found = nvml.listing(FakeNvml([CARD], has_memory_v2=False))

    assert found is not None
    assert found.cards[0].memory == Memory(12 * GIB, 11 * GIB)


@pytest.mark.parametrize(
    ("number", "version"),
    [(13000, (13, 0)), (12080, (12, 8)), (11040, (11, 4)), (LIBRARY_NOT_FOUND, None),
     (FUNCTION_NOT_FOUND, None)],
)  # fmt: skip
def test_the_newest_cuda_of_the_driver_is_told(
    number: int, version: tuple[int, int] | None
) -> None:
    found = nvml.listing(FakeNvml([CARD], driver_cuda=number))

    assert found is not None
    assert found.driver_cuda == version


def test_without_the_library_of_cuda_the_version_is_that_of_nvml() -> None:
    found = nvml.listing(FakeNvml([CARD], driver_cuda=LIBRARY_NOT_FOUND, own_cuda=12040))

    assert found is not None
    assert found.driver_cuda == (12, 4)


def test_an_older_module_tells_what_it_can() -> None:
    """One from a distribution lies in the way of the one that is asked for."""

    class Older:
        """As nvidia-ml-py 11.4, which knows no second form of memory."""

        def __init__(self) -> None:
            self._real = FakeNvml([CARD])

        def __getattr__(self, name: str) -> object:
            if name in (
                "nvmlMemory_v2",
                "nvmlSystemGetCudaDriverVersion_v2",
                "nvmlDeviceGetMigMode",
            ):
                raise AttributeError(name)
            return getattr(self._real, name)

    found = nvml.listing(Older())

    assert found is not None
    assert found.driver_cuda is None
    assert found.cards[0].memory == Memory(12 * GIB, 11 * GIB)
    assert not found.cards[0].is_divided


@pytest.mark.parametrize("error", [GPU_IS_LOST, NO_PERMISSION, 16, 999])
@pytest.mark.parametrize("where", ["handle", "name", "memory", "capability", "uuid"])
def test_a_card_that_is_lost_leaves_the_others(where: str, error: int) -> None:
    lost: FakeCard | int = error
    if where != "handle":
        lost = replace(CARD, uuid="GPU-0")
        setattr(lost, where, error)

    found = listing(lost, CARD, FakeCard("GPU-2"))

    assert [card.number for card in found.cards] == [0, 1, 2]
    assert [card.uuid for card in found.cards[1:]] == ["GPU-1", "GPU-2"]
    assert found.cards[0].is_usable == (where in ("name", "uuid"))
    assert not found.cards[0].is_unified  # it has memory, and nobody can tell how much


@pytest.mark.parametrize("memory", [NOT_SUPPORTED, (0, 0, 0)])
def test_a_chip_that_tells_no_memory_shares_the_machines(
    memory: tuple[int, int, int] | int,
) -> None:
    """As GB10 and Jetson: both questions are “Not Supported” there."""
    (card,) = listing(FakeCard("GPU-1", "NVIDIA GB10", memory, (12, 1))).cards

    assert card.memory is None
    assert card.is_unified
    assert card.is_usable


@pytest.mark.parametrize(
    ("told", "is_drawn"), [(True, True), (False, False), (NOT_SUPPORTED, False)]
)
def test_whether_a_desktop_is_drawn_is_told(told: bool | int, is_drawn: bool) -> None:
    assert listing(replace(CARD, display=told)).cards[0].has_display is is_drawn


# --- instances -------------------------------------------------------------------------------

ONE = FakeCard("MIG-1", "NVIDIA A100 MIG 3g.20gb", (20 * GIB, 19 * GIB, 0), ids=(1, 0))
TWO = FakeCard("MIG-2", "NVIDIA A100 MIG 1g.5gb", (5 * GIB, 4 * GIB, 0), ids=(9, 0))
DIVIDED = FakeCard(
    "GPU-1",
    "NVIDIA A100",
    (40 * GIB, 39 * GIB, 0),
    (8, 0),
    mig=True,
    instances=[ONE, None, TWO, None],  # places without an instance
)


def test_instances_have_their_own_memory_and_the_card_has_none() -> None:
    (card,) = listing(DIVIDED).cards

    assert card.is_divided
    assert card.memory is None
    assert not card.is_usable
    assert card.instances == (
        Listed(
            0, "MIG-1", "NVIDIA A100 MIG 3g.20gb", Memory(20 * GIB, 19 * GIB), (8, 0),
            former_id="MIG-GPU-1/1/0",
        ),
        Listed(
            0, "MIG-2", "NVIDIA A100 MIG 1g.5gb", Memory(5 * GIB, 4 * GIB), (8, 0),
            former_id="MIG-GPU-1/9/0",
        ),
    )  # fmt: skip


def test_a_container_that_was_given_an_instance_sees_that_one() -> None:
    """There the memory of the card is not told: “Insufficient Permissions”."""
    (card,) = listing(replace(DIVIDED, memory=NO_PERMISSION, instances=[None, TWO])).cards

    assert [(part.uuid, part.memory) for part in card.instances] == [
        ("MIG-2", Memory(5 * GIB, 4 * GIB))
    ]


@pytest.mark.parametrize("error", [NO_PERMISSION, NOT_SUPPORTED, GPU_IS_LOST])
def test_an_instance_whose_memory_is_not_told_gets_no_others(error: int) -> None:
    (card,) = listing(replace(DIVIDED, instances=[replace(ONE, memory=error)])).cards

    assert card.instances[0].memory is None
    assert not card.instances[0].is_unified
    assert not card.instances[0].is_usable


@pytest.mark.parametrize("mig", [False, NOT_SUPPORTED, FUNCTION_NOT_FOUND])
def test_a_card_that_is_not_divided_is_whole(mig: bool | int) -> None:
    (card,) = listing(replace(DIVIDED, mig=mig, instances=[])).cards

    assert not card.is_divided
    assert card.memory == Memory(40 * GIB, 39 * GIB)


# --- who holds it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({7: 3 * GIB, 8: GIB}, 3 * GIB),
        ({8: GIB}, None),  # a container counts its processes from 1
        ({7: None, 8: GIB}, None),  # Windows
        ({}, None),
        ({7: 0}, 0),
    ],
)
def test_what_a_process_holds_is_told_or_not(
    held: dict[int, int | None], expected: int | None
) -> None:
    fake = FakeNvml([FakeCard("GPU-0"), replace(CARD, held=held)])

    assert nvml.held_bytes(fake, "GPU-1", 7) == expected
    assert fake.opened == 0


def test_what_a_process_holds_of_an_instance_is_told() -> None:
    card = replace(DIVIDED, held={7: 30 * GIB}, instances=[None, replace(TWO, held={7: GIB})])

    assert nvml.held_bytes(FakeNvml([card]), "MIG-2", 7) == GIB


@pytest.mark.parametrize("fake", [FakeNvml([CARD], start=NOT_LOADED), FakeNvml([]), FakeNvml([15])])
def test_a_card_that_is_gone_holds_nothing_that_is_told(fake: FakeNvml) -> None:
    assert nvml.held_bytes(fake, "GPU-1", 7) is None
