"""Two models are loaded at once only where both fit together, with some room to spare."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.machine.hardware import Machine
from backends.machine.memory_room import Bound
from backends.phrases import Phrase
from backends.precision import DeviceKind
from baichuan_desktop.services.precisions.side_by_side import Claim, beside
from tests.helpers.machines import GIB, card, machine

CARD = "NVIDIA GeForce RTX 3060"
OTHER_CARD = "NVIDIA RTX A6000"
MIB = 2**20


def on_processor(gib: float) -> Claim:
    return Claim(int(gib * GIB), DeviceKind.CPU, "A processor", "cpu")


def on_card(gib: float, *, name: str = CARD, device: str | None = None) -> Claim:
    return Claim(int(gib * GIB), DeviceKind.CUDA, name, device)


def sentence(loaded: Claim, other: Claim, facts: Machine) -> str:
    found = beside(loaded, other, facts)
    assert not found.fits
    return str(found.sentence)


def test_two_in_main_memory_fit_up_to_nine_tenths_of_it() -> None:
    """20 GiB free, of which 18 can be used: 10 and 8 are just that."""
    facts = machine(free_gib=20.0)

    assert beside(on_processor(10), on_processor(8), facts).fits
    assert not beside(on_processor(10), on_processor(8.01), facts).fits


def test_two_on_the_processor_are_said_to_be_slower_than_alone() -> None:
    shared = beside(on_processor(1), on_processor(1), machine(free_gib=20.0)).sentence
    apart = beside(on_card(1), on_processor(1), machine(card(12), free_gib=20.0)).sentence

    assert "more slowly than alone" in str(shared)
    assert "more slowly" not in str(apart)


def test_where_only_one_fits_the_sentence_has_both_numbers() -> None:
    assert sentence(on_processor(14), on_processor(15), machine(free_gib=20.0)) == (
        "Together they need 29.0 GiB of the machine's memory, of which 18.0 GiB can be used: they "
        "are answered one after the other."
    )


def test_a_number_that_is_just_too_large_is_not_shown_as_equal() -> None:
    assert "18.1 GiB of the machine's memory, of which 18.0 GiB" in sentence(
        on_processor(10), on_processor(8.01), machine(free_gib=20.0)
    )


def test_two_on_the_same_card_must_fit_it_together() -> None:
    """20 GiB free on it, of which 18 can be used."""
    facts = machine(card(24, free_gib=20.0), free_gib=20.0)

    assert beside(on_card(10), on_card(8), facts).fits
    assert sentence(on_card(10), on_card(9), facts).startswith(
        f"Together they need 19.0 GiB of {CARD}, of which 18.0 GiB can be used"
    )


def test_a_card_and_the_processor_do_not_take_from_each_other() -> None:
    """10 of 10.8 GiB of the card; 8.5 and 0.4 for the card's process of 9 GiB of memory."""
    facts = machine(card(12, free_gib=12.0), free_gib=10.0)

    assert beside(on_card(10), on_processor(8.5), facts).fits
    assert beside(on_processor(8.5), on_card(10), facts).fits
    assert not beside(on_card(11), on_processor(8.5), facts).fits


def test_weights_of_a_card_that_lie_in_main_memory_are_counted_there() -> None:
    """10 GiB free, of which 9 can be used: 0.4 drives the card, 1 is its embedding, 7.6 is left."""
    facts, lean = machine(card(24), free_gib=10.0), replace(on_card(5), host_weights_bytes=GIB)

    assert beside(lean, on_processor(7.6), facts).fits
    assert not beside(lean, on_processor(7.7), facts).fits
    assert beside(on_card(5), on_processor(7.7), facts).fits


def test_a_card_without_memory_of_its_own_takes_from_the_processor() -> None:
    facts = machine(replace(card(64, free_gib=20.0), is_unified=True), free_gib=20.0)

    assert beside(on_card(10), on_processor(8), facts).fits
    assert "18.0 GiB can be used" in sentence(on_card(12), on_processor(8), facts)


def test_the_process_that_drives_a_card_takes_main_memory_too() -> None:
    """8.8 GiB and the 0.39 of its libraries are more than 9."""
    facts = machine(card(12, free_gib=12.0), free_gib=10.0)

    assert "9.2 GiB of the machine's memory" in sentence(on_card(10), on_processor(8.8), facts)


def test_each_of_two_cards_has_its_own_room() -> None:
    facts = machine(card(12, free_gib=12.0), card(48, name=OTHER_CARD, index=1, free_gib=48.0))

    assert beside(on_card(10), on_card(40, name=OTHER_CARD), facts).fits
    assert OTHER_CARD in sentence(on_card(10), on_card(44, name=OTHER_CARD), facts)


def test_cards_of_one_name_are_told_apart_by_what_was_wanted() -> None:
    facts = machine(card(12, free_gib=12.0), card(12, free_gib=12.0, index=1))

    assert beside(on_card(9, device="cuda:1"), on_card(9, device="cuda:0"), facts).fits
    assert not beside(on_card(9, device="cuda:1"), on_card(9, device="cuda:1"), facts).fits


@pytest.mark.parametrize(
    "loaded",
    [
        on_card(1),  # which of the two
        on_card(1, device="cuda"),  # is any
        on_card(1, name="A card that is gone"),
        Claim(GIB, DeviceKind.CUDA, f"{CARD} + {CARD}"),
        Claim(GIB, DeviceKind.SPREAD, f"{CARD} + A processor"),
        on_processor(0),  # nobody counted
    ],
    ids=["same names", "any card", "gone", "two cards", "spread", "no number"],
)
def test_what_is_not_known_is_taken_for_no(loaded: Claim) -> None:
    facts = machine(card(12, free_gib=12.0), card(12, free_gib=12.0, index=1))

    assert "is not known here" in sentence(loaded, on_processor(1), facts)
    assert "is not known here" in sentence(on_processor(1), loaded, facts)


def test_a_limit_that_each_process_has_for_itself_says_nothing_of_two() -> None:
    ulimit = Bound(Phrase("the shell"), 40 * GIB, 30 * GIB, is_own=True)
    facts = replace(machine(free_gib=30.0), limit=ulimit, own_limit=ulimit)

    assert "is not known here" in sentence(on_processor(1), on_processor(1), facts)
