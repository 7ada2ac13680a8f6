"""Which of the listed cards CUDA shows a process, and in which order: a pure function.

CUDA is told to number cards by their PCI address (CUDA_DEVICE_ORDER), as the driver does. How it
reads CUDA_VISIBLE_DEVICES is what torch does with it: where the two could differ, less is seen
here, since a card too few is a choice less and a card too many is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .values import Gpu, Listed, Listing, Memory

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?![0-9])")  #: at the beginning; what follows is ignored


def visible_gpus(listing: Listing, variable: str | None, machine: Memory) -> tuple[Gpu, ...]:
    """The cards of a listing as CUDA numbers them; `variable` is CUDA_VISIBLE_DEVICES or None.

    `machine` is the memory of cards that have none of their own.
    """
    found: list[Gpu] = []
    for card in _enumerated(_named(listing.cards, variable)):
        memory = machine if card.is_unified else card.memory
        if memory is None or card.compute_capability is None:
            continue
        gpu = Gpu(
            index=len(found),
            name=_name(card),
            memory_bytes=memory.total,
            free_memory_bytes=memory.free,
            compute_capability=card.compute_capability,
            driver=listing.driver,
            uuid=card.uuid,
            driver_cuda=listing.driver_cuda,
            is_mig=_is_instance(card),
            is_unified=card.is_unified,
            has_display=card.has_display,
            reserved_bytes=memory.reserved,
        )
        found.append(gpu)
    return tuple(found)


def _name(card: Listed) -> str:
    """What a card is called in sentences: in one line, and somehow where it is not told."""
    return " ".join(card.name.split()) or "NVIDIA GPU"


def _is_instance(card: Listed) -> bool:
    return card.uuid.startswith("MIG-")


def _enumerated(named: Sequence[Listed]) -> list[Listed]:
    """What CUDA makes of the cards it is shown: one instance alone, or whole cards.

    Source: NVIDIA's MIG user guide. Of several instances the first is used, and beside an instance
    no card that is not divided.
    """
    usable: list[Listed] = []
    for card in named:
        parts = card.instances if card.is_divided else (card,)
        usable += [part for part in parts if part.is_usable]
    instances = [card for card in usable if _is_instance(card)]
    return instances[:1] or usable


# --- CUDA_VISIBLE_DEVICES ------------------------------------------------------------------


def _named(cards: Sequence[Listed], variable: str | None) -> list[Listed]:
    """The cards that the variable names, in its order; all of them where it is not set.

    The first entry says what all are: numbers, or beginnings of UUIDs of cards or of instances.
    The first wrong entry ends the list; a card that is named twice leaves none.
    """
    if variable is None:
        return list(cards)
    if variable.startswith("GPU-"):
        return _distinct(_by_uuid(cards, variable.split(","), "GPU-"))
    if variable.startswith("MIG-"):
        instances = [instance for card in cards for instance in card.instances]
        return _distinct(_by_uuid(instances, variable.split(","), "MIG-"))
    return _distinct(_by_number(cards, variable.split(",")))


def _distinct(named: Iterator[Listed]) -> list[Listed]:
    found: list[Listed] = []
    for card in named:
        if card in found:
            return []
        found.append(card)
    return found


def _by_uuid(cards: Sequence[Listed], entries: Sequence[str], prefix: str) -> Iterator[Listed]:
    for entry in entries:
        if not entry.startswith(prefix):
            return
        match = [card for card in cards if card.uuid.startswith(entry) or card.former_id == entry]
        if len(match) != 1:
            return
        yield match[0]


def _by_number(cards: Sequence[Listed], entries: Sequence[str]) -> Iterator[Listed]:
    by_number = {card.number: card for card in cards}
    for entry in entries:
        number = _NUMBER.match(entry.strip())
        if number is None or int(number.group()) not in by_number:
            return
        yield by_number[int(number.group())]
