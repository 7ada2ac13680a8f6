"""The order in which CUDA numbers the cards of a machine."""

from __future__ import annotations

import os


def number_cards_by_slot() -> None:
    """Have CUDA number the cards by their slots, as the driver does, which selection asks.

    Else it puts the fastest first, and “cuda:0” would be another card than the one that was
    chosen. It is read once, when CUDA starts, which importing bitsandbytes does: so it is called
    before anything is imported. What a person has set is of no use to the app either.
    """
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
