"""What a model takes of a card: torch's own memory, and the context that torch does not count."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
import torch

from backends.choice.memory import CUDA_LIBRARY_BYTES
from backends.interface import LayerDevices, LoadOptions
from backends.machine.cards import lookup
from backends.machine.cards.values import Cards as CardsThere
from backends.machine.cards.values import Memory
from backends.precision import Precision
from backends.torch_backend import cuda, low_bits
from backends.torch_backend.card_memory import CardMemory, context_bytes
from backends.torch_backend.cuda import CudaModel
from tests.helpers import goldens, quantized
from tests.helpers.fake_cards import GIB, MIB, Card, Cards, fake_cards
from tests.helpers.fake_nvml import FakeCard, FakeNvml

CONTEXT = 437 * MIB
DESKTOP = 900 * MIB
RESERVED = 300 * MIB  # by the driver, which CUDA does not count


class Driver:
    """NVML over the cards of a test, which tells what processes hold of them, or does not."""

    def __init__(self, cards: Cards, monkeypatch: pytest.MonkeyPatch, *, tells: bool) -> None:
        self._cards, self._tells = cards, tells
        module = FakeNvml()
        self.listings = 0  #: how often all cards were asked for
        monkeypatch.setattr(type(module), "cards", property(lambda _: self.listed()), raising=False)
        monkeypatch.setattr(type(module), "nvmlDeviceGetCount", lambda _: self.counted())
        monkeypatch.setitem(sys.modules, "pynvml", module)

    def counted(self) -> int:
        self.listings += 1
        return len(self._cards.all)

    def listed(self) -> list[FakeCard]:
        return [self._listed(card) for card in self._cards.all]

    def _listed(self, card: Card) -> FakeCard:
        own = card.memory_bytes - card.others_bytes - card.free_bytes if card.is_used else None
        held = {1: card.others_bytes} | ({os.getpid(): own} if own else {})
        return FakeCard(
            f"GPU-{card.index}",
            card.name,
            (card.memory_bytes + RESERVED, card.free_bytes, RESERVED),
            held={pid: bytes_ if self._tells else None for pid, bytes_ in held.items()},
        )


def machine() -> AbstractContextManager[Cards]:
    return fake_cards(
        Card("first", 12 * GIB, context_bytes=CONTEXT, others_bytes=DESKTOP),
        Card("second", 8 * GIB, context_bytes=CONTEXT + 100 * MIB, others_bytes=0),
    )


def loaded_on(*layers: str, context_length: int = 64) -> CudaModel:
    checkpoint = goldens.checkpoint("b2-13b")
    assert len(layers) == checkpoint.config.num_layers
    options = LoadOptions(Precision.BF16, context_length, 1, LayerDevices(layers))
    loaded = quantized.finish(cuda.load(checkpoint, options))
    assert isinstance(loaded, CudaModel)
    return loaded


@pytest.mark.parametrize(
    ("total", "free", "reserved", "others", "context"),
    [
        (12 * GIB, 6 * GIB, 5 * GIB, GIB // 2, GIB // 2),
        (12 * GIB, 7 * GIB, 5 * GIB, 0, 0),
        (12 * GIB, 8 * GIB, 5 * GIB, 0, 0),  # others gave something back meanwhile
        (24 * GIB, 10 * GIB, 5 * GIB, 0, 3 * GIB // 2),  # or took 7.5 GiB: no context is so large
    ],
)
def test_a_context_is_what_neither_torch_nor_another_program_has(
    total: int, free: int, reserved: int, others: int, context: int
) -> None:
    assert context_bytes(total, free, reserved, others) == context


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize(
    ("layers", "contexts"),
    [
        (("cuda:0",) * 3, CONTEXT),
        (("cuda:1",) * 3, CONTEXT + 100 * MIB),
        (("cuda:0", "cuda:0", "cuda:1"), 2 * CONTEXT + 100 * MIB),
        (("cuda:1", "cpu", "cpu"), CONTEXT + 100 * MIB),
    ],
)
def test_a_peak_has_the_context_of_every_card_and_not_what_others_hold(
    layers: tuple[str, ...], contexts: int, tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machine() as cards:
        Driver(cards, monkeypatch, tells=tells)
        loaded = loaded_on(*layers)

        reserved = sum(cards[int(name[-1])].peak_reserved_bytes for name in {*layers} - {"cpu"})
        on_cards = [i for i, name in enumerate(layers) if name != "cpu"]
        kv = sum(tensor.nbytes for i in on_cards for tensor in loaded._cache.layer(i))
        assert kv > 0
        assert loaded.peak_bytes() == contexts + reserved - kv


def test_cards_are_looked_up_once_for_a_load_on_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without NVML it is a program that is started, twice or three times."""
    with machine() as cards:
        driver = Driver(cards, monkeypatch, tells=True)

        assert loaded_on("cuda:0", "cuda:0", "cuda:1").peak_bytes() > 0

    assert driver.listings == 1


def test_a_second_model_in_the_same_process_has_the_context_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with machine() as cards:
        Driver(cards, monkeypatch, tells=True)
        first = loaded_on(*("cuda:0",) * 3)
        peak = first.peak_bytes()
        first.close()

        assert loaded_on(*("cuda:0",) * 3).peak_bytes() == peak


def test_the_cards_are_listed_once_before_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver may take seconds; and what is asked of each is asked by its UUID."""
    with machine() as cards:
        Driver(cards, monkeypatch, tells=True)
        loaded_on(*("cuda:0",) * 3).close()  # from now on the process itself holds some of a card
        looks: list[Memory | None] = []
        look = lookup.cards

        def noted(memory: Memory | None = None) -> CardsThere:
            looks.append(memory)
            return look(memory)

        monkeypatch.setattr(lookup, "cards", noted)

        CardMemory(("cuda:0", "cuda:1"))

    assert len(looks) == 1


def test_where_nobody_tells_a_second_model_counts_what_is_planned_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What others hold cannot be told from what this process holds already."""
    with machine() as cards:
        Driver(cards, monkeypatch, tells=False)
        loaded_on(*("cuda:0",) * 3).close()
        second = loaded_on(*("cuda:0",) * 3)
        kv = second._cache.nbytes

        assert second.peak_bytes() == cards[0].peak_reserved_bytes + CUDA_LIBRARY_BYTES - kv


def test_quantised_weights_are_counted_from_before_the_card_is_asked_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their types follow from the card, which starts CUDA."""
    started: list[bool] = []

    class Noted(CardMemory):
        def __init__(self, cards: object) -> None:
            started.append(torch.cuda.is_initialized())
            super().__init__(())

    def nothing(*_: object, **__: object) -> Iterator[None]:
        return iter(())

    monkeypatch.setattr(low_bits, "CardMemory", Noted)
    monkeypatch.setattr(low_bits, "load_on_cards", nothing)
    checkpoint = goldens.checkpoint("b2-7b")
    with fake_cards(Card()) as cards:
        capability = torch.cuda.get_device_capability

        def asked(device: str) -> tuple[int, int]:
            cards[0].check()
            return capability(device)

        monkeypatch.setattr(torch.cuda, "get_device_capability", asked)
        list(low_bits.load(checkpoint, quantized.options(checkpoint, Precision.NF4, "cuda:0")))
        assert torch.cuda.is_initialized()

    assert started == [False]
