"""What is known of an option without a decision."""

from __future__ import annotations

from backends.choice.options import options
from tests.helpers.choices import FP4, INT8, NF4, SEVEN
from tests.helpers.machines import card, machine


def test_only_bitsandbytes_on_a_processor_is_slow() -> None:
    every = options(SEVEN, machine(card(24)))

    slow = {(option.precision, option.device_kind) for option in every if option.is_slow}

    assert slow == {(INT8, "cpu"), (NF4, "cpu"), (FP4, "cpu")}
