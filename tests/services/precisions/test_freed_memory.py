"""What the next model finds free is what the engine that ends gives back."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from backends.events import ModelReady
from backends.machine import hardware
from backends.machine.hardware import Machine, private_bytes
from backends.machine.memory_room import Bound
from backends.phrases import Phrase
from backends.precision import DeviceKind
from baichuan_desktop.services.precisions.freed_memory import (
    given_back,
    machine_without_engine,
    memory_for,
    taken_again,
)
from tests.helpers.fake_nvml import FakeCard, FakeNvml
from tests.helpers.machines import GIB, card, machine
from tests.services.precisions.test_measurements import ready

NAME = "NVIDIA GeForce RTX 3060"


def loaded(
    device: str = NAME, kind: DeviceKind = DeviceKind.CUDA, needed_gib: float = 6.0
) -> ModelReady:
    return ready(device_name=device, device_kind=kind, needed_bytes=int(needed_gib * GIB))


def free_gib(*cards: float) -> list[float]:
    return [bytes_ / GIB for bytes_ in cards]


def test_memory_of_the_engine_counts_as_free() -> None:
    facts = machine(card(12, free_gib=4.0), free_gib=10.0)

    seen = given_back(
        facts, 5 * GIB, ready(device_kind=DeviceKind.CPU, device_name=facts.processor)
    )

    assert seen.free_memory_bytes == 15 * GIB
    assert seen.gpus == facts.gpus


def test_no_more_is_free_than_there_is() -> None:
    facts = machine(card(12, free_gib=8.0), free_gib=60.0)

    seen = given_back(facts, 30 * GIB, loaded(needed_gib=6.0))

    assert seen.free_memory_bytes == 64 * GIB
    assert seen.gpus[0].free_memory_bytes == 12 * GIB


def test_what_ulimit_leaves_a_process_does_not_grow_when_another_ends() -> None:
    ulimit = Bound(Phrase("the shell"), 6 * GIB, 4 * GIB, is_own=True)
    facts = replace(machine(free_gib=3.0), own_limit=ulimit)

    much, little = given_back(facts, 5 * GIB, None), given_back(facts, GIB // 2, None)

    assert (much.free_memory_bytes, much.limit) == (4 * GIB, ulimit)
    assert (little.free_memory_bytes, little.limit) == (3.5 * GIB, None)


def test_a_card_gets_back_what_selection_counted_on() -> None:
    other = card(8, free_gib=1.0, name="NVIDIA GeForce GTX 1070", index=1)
    facts = machine(card(12, free_gib=4.0), other)

    seen = given_back(facts, 0, loaded(needed_gib=6.0))

    assert free_gib(*(gpu.free_memory_bytes for gpu in seen.gpus)) == [10.0, 1.0]


def test_of_two_equal_cards_the_fuller_one_held_the_model() -> None:
    facts = machine(card(12, free_gib=11.0, index=0), card(12, free_gib=5.0, index=1))

    seen = given_back(facts, 0, loaded(needed_gib=6.0))

    assert free_gib(*(gpu.free_memory_bytes for gpu in seen.gpus)) == [11.0, 11.0]


def test_a_model_on_several_cards_is_given_back_on_each() -> None:
    cards = card(12, free_gib=2.0, index=0), card(8, free_gib=1.0, name="Other", index=1)

    seen = given_back(
        machine(*cards),
        0,
        loaded(f"{NAME} + Other + A processor", DeviceKind.SPREAD, needed_gib=20),
    )

    assert free_gib(*(gpu.free_memory_bytes for gpu in seen.gpus)) == [12.0, 8.0]


def test_what_the_driver_tells_goes_before_what_selection_counted_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two equal cards it also says which; a model may take less than was counted."""
    first = replace(card(12, free_gib=4.0, index=0), uuid="GPU-1")
    second = replace(card(12, free_gib=5.0, index=1), uuid="GPU-2")
    monkeypatch.setattr(hardware, "detect", lambda: machine(first, second))
    fake = FakeNvml([FakeCard("GPU-1"), FakeCard("GPU-2", held={os.getpid(): 3 * GIB})])
    monkeypatch.setitem(sys.modules, "pynvml", fake)

    seen = machine_without_engine(os.getpid(), loaded(needed_gib=6.0))

    assert free_gib(*(gpu.free_memory_bytes for gpu in seen.gpus)) == [4.0, 8.0]


def test_what_the_driver_keeps_for_itself_is_never_free() -> None:
    facts = machine(replace(card(12, free_gib=8.0), reserved_bytes=GIB // 2))

    seen = given_back(facts, 0, loaded(needed_gib=6.0))

    assert free_gib(seen.gpus[0].free_memory_bytes) == [11.5]


# --- a card that has the machine's memory ----------------------------------------------------


def unified(free: float) -> Machine:
    """A machine whose card has its memory: 64 GiB, so much of it free."""
    return machine(replace(card(64, free_gib=free), is_unified=True), free_gib=free)


@pytest.mark.parametrize(
    ("told", "expected"),
    [({}, 20 + 1 + 6), ({"cuda:0": 9 * GIB}, 20 + 1 + 9)],
)
def test_a_model_on_it_is_given_back_to_both(told: dict[str, int], expected: float) -> None:
    seen = given_back(unified(20.0), GIB, loaded(needed_gib=6.0), told)

    assert free_gib(seen.free_memory_bytes, seen.gpus[0].free_memory_bytes) == [expected] * 2


def test_a_model_on_the_processor_is_given_back_to_it_too() -> None:
    facts = unified(20.0)

    seen = given_back(facts, 5 * GIB, loaded(facts.processor, DeviceKind.CPU))

    assert free_gib(seen.free_memory_bytes, seen.gpus[0].free_memory_bytes) == [25.0, 25.0]


@pytest.mark.parametrize(
    ("device", "kind"), [(NAME, DeviceKind.CUDA), ("A processor", DeviceKind.CPU)]
)
def test_a_model_takes_it_from_both_again(device: str, kind: DeviceKind) -> None:
    seen = taken_again(unified(20.0), loaded(device, kind, needed_gib=6.0))

    assert free_gib(seen.free_memory_bytes, seen.gpus[0].free_memory_bytes) == [14.0, 14.0]


def test_without_an_engine_the_machine_is_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = machine(card(12, free_gib=4.0))
    monkeypatch.setattr(hardware, "detect", lambda: facts)

    assert machine_without_engine(None, None) == facts


def test_memory_of_a_process_is_seen_and_gone_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "detect", lambda: replace(machine(), gpus=()))
    code = "block = b'x' * (64 * 2**20); print(flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()

    held = private_bytes(process.pid)
    seen = machine_without_engine(process.pid, None)
    process.communicate(b"\n")

    assert held > 64 * 2**20
    assert seen.free_memory_bytes > machine().free_memory_bytes + 60 * 2**20
    assert private_bytes(process.pid) == 0


def test_a_model_that_stepped_aside_takes_its_memory_again() -> None:
    facts = machine(card(12, free_gib=8.0), free_gib=30.0)

    on_processor = taken_again(facts, loaded(facts.processor, DeviceKind.CPU, needed_gib=20.0))
    on_card = taken_again(facts, loaded(needed_gib=6.0))
    too_much = taken_again(facts, loaded(needed_gib=9.0))

    assert on_processor.free_memory_bytes == 10 * GIB
    assert on_processor.gpus == facts.gpus
    assert (on_card.free_memory_bytes, on_card.gpus[0].free_memory_bytes) == (30 * GIB, 2 * GIB)
    assert too_much.gpus[0].free_memory_bytes == 0


def test_weights_of_a_card_that_lie_in_main_memory_are_taken_there_again() -> None:
    lean = replace(loaded(needed_gib=6.0), host_weights_bytes=GIB)

    seen = taken_again(machine(card(12, free_gib=8.0), free_gib=30.0), lean)

    assert free_gib(seen.free_memory_bytes, seen.gpus[0].free_memory_bytes) == [29.0, 2.0]


def test_only_the_card_of_the_model_is_taken_again() -> None:
    other = card(8, free_gib=5.0, name="NVIDIA GeForce GTX 1070", index=1)

    seen = taken_again(machine(card(12, free_gib=8.0), other), loaded(needed_gib=6.0))

    assert free_gib(*(gpu.free_memory_bytes for gpu in seen.gpus)) == [2.0, 5.0]


@pytest.mark.parametrize(
    ("device", "kind", "gib"),
    [
        ("a processor", DeviceKind.CPU, 64),
        (NAME, DeviceKind.CUDA, 12),
        (f"{NAME} + {NAME}", DeviceKind.CUDA, 24),
        (f"{NAME} + a processor", DeviceKind.SPREAD, 12 + 64),
        ("a card that was taken out", DeviceKind.CUDA, None),
    ],
)
def test_the_memory_of_what_a_model_runs_on(device: str, kind: DeviceKind, gib: int | None) -> None:
    facts = replace(machine(card(12, free_gib=4.0)), memory_bytes=64 * GIB)

    assert memory_for(facts, loaded(device, kind)) == (gib * GIB if gib is not None else None)
