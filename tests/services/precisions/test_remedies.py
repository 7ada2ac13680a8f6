"""What is offered where a model does not fit would run, and nothing else is offered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint import folder as checkpoint_module
from backends.checkpoint.generation_config import BASE_DEFAULTS
from backends.errors import (
    BackendUnavailableError,
    CardUnavailableError,
    EngineCardError,
    EngineCrashedError,
    EngineKilledError,
    GpuLostError,
    InsufficientMemoryError,
    UserFacingError,
)
from backends.events import ModelReady
from backends.machine.hardware import Machine
from backends.precision import Precision
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.remedies import MemoryRemedies, wish_elsewhere
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers.installed import installed
from tests.helpers.machines import BAICHUAN2_7B, PROCESSOR, card, machine
from tests.services.precisions.test_measurements import ready

FOLDER = Path("/models/seven")
CARD = "NVIDIA GeForce RTX 3060"


@pytest.fixture(autouse=True)
def seven(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 7B model of the released shapes, which nobody has to write to a drive."""
    opened: Any = checkpoint_module.Checkpoint(
        FOLDER,
        BAICHUAN2_7B,
        {},
        {},
        FOLDER / "tokenizer.model",
        None,
        BASE_DEFAULTS,
    )
    monkeypatch.setattr(checkpoint_module.Checkpoint, "open", lambda _folder: opened)


def ran(precision: str, backend: str, device: str = CARD) -> ModelReady:
    return ready(FOLDER, precision=precision, backend=backend, device_name=device)


def remedies(
    tmp_path: Path, facts: Machine, wish: LoadWish, what_ran: ModelReady | None = None
) -> MemoryRemedies:
    measurements = Measurements(tmp_path / "measurements.json")
    opened = Precisions(measurements, lambda: facts).open(installed(FOLDER))
    return opened.remedies(wish, what_ran)


def test_what_is_offered_keeps_the_threads(tmp_path: Path) -> None:
    wish = LoadWish(Precision.INT8, "cuda:0", 1024, threads=3)

    found = remedies(tmp_path, machine(card(12)), wish)

    assert found.smaller_wish is not None
    assert found.shorter is not None
    assert found.smaller_wish.threads == found.shorter.threads == 3


def test_a_card_that_ran_out_is_offered_8_bits_and_half_the_context(tmp_path: Path) -> None:
    found = remedies(tmp_path, machine(card(24)), LoadWish(), ran("bf16", "torch_cuda"))

    assert found.smaller_wish == LoadWish(Precision.INT8, "cuda:0")
    assert found.smaller is not None
    assert found.smaller.precision.label == "8-bit"
    assert found.shorter == LoadWish(None, None, 2048)


def test_after_8_bits_come_4(tmp_path: Path) -> None:
    wish = LoadWish(Precision.INT8, "cuda:0", 1024)

    found = remedies(tmp_path, machine(card(24)), wish, ran("8bit", "bnb_cuda"))

    assert found.smaller_wish == LoadWish(Precision.NF4, "cuda:0", 1024)
    assert found.shorter == LoadWish(Precision.INT8, "cuda:0", 512)


def test_where_the_card_has_nothing_smaller_the_processor_is_offered(tmp_path: Path) -> None:
    facts = machine(card(8, free_gib=0.5), free_gib=56, bf16=True)

    found = remedies(tmp_path, facts, LoadWish(Precision.FP4, "cuda:0"), ran("fp4", "bnb_cuda"))

    assert found.smaller_wish == LoadWish(Precision.BF16, "cpu")


def test_a_load_that_was_refused_is_offered_what_fits(tmp_path: Path) -> None:
    """16 and 32 bits do not fit; 8 bits by bitsandbytes are slow, and only offered."""
    found = remedies(tmp_path, machine(bf16=True, free_gib=12.0), LoadWish())

    assert found.smaller_wish == LoadWish(Precision.INT8, "cpu")
    assert found.shorter is None, "the weights alone do not fit"


def test_a_context_is_halved_until_it_fits(tmp_path: Path) -> None:
    """Of 4096 tokens the KV cache takes 2 GiB, beside 14.0 GiB of weights and 0.5 GiB more."""
    found = remedies(tmp_path, machine(bf16=True, free_gib=15.2), LoadWish(Precision.BF16, "cpu"))

    assert found.shorter == LoadWish(Precision.BF16, "cpu", 1024)


def test_a_precision_that_was_insisted_on_is_followed_by_a_smaller_one(tmp_path: Path) -> None:
    found = remedies(tmp_path, machine(card(12)), LoadWish(Precision.BF16, "cuda:0"))

    assert found.smaller_wish == LoadWish(Precision.INT8, "cuda:0")


def test_where_nothing_runs_nothing_is_offered(tmp_path: Path) -> None:
    found = remedies(tmp_path, machine(free_gib=1.0), LoadWish())

    assert found == MemoryRemedies(None, None, None)


def test_a_context_too_short_to_chat_in_is_not_offered(tmp_path: Path) -> None:
    wish = LoadWish(Precision.BF16, "cpu", 1000)

    found = remedies(tmp_path, machine(bf16=True), wish, ran("bf16", "torch_cpu", PROCESSOR))

    assert found.shorter is None


def test_what_ran_on_the_processor_is_not_offered_again(tmp_path: Path) -> None:
    found = remedies(tmp_path, machine(bf16=True), LoadWish(), ran("bf16", "torch_cpu", PROCESSOR))

    assert found.smaller_wish == LoadWish(Precision.INT8, "cpu")


# --- elsewhere ---------------------------------------------------------------------------

OF_CARDS = (
    GpuLostError("it fell off the bus"),
    CardUnavailableError("The driver is too old.", hint="Install another."),
    EngineCardError("a library ended it"),
)


@pytest.mark.parametrize("error", OF_CARDS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("device", [None, "cuda", "cuda:1"])
def test_after_every_error_of_a_card_the_processor_is_offered(
    error: UserFacingError, device: str | None
) -> None:
    wish = LoadWish(Precision.NF4, device, 1024, threads=3)

    assert wish_elsewhere(error, wish) == LoadWish(wanted_device="cpu", context_length=1024)


@pytest.mark.parametrize("error", OF_CARDS, ids=lambda error: type(error).__name__)
def test_what_failed_on_the_processor_is_not_offered_there_again(error: UserFacingError) -> None:
    assert wish_elsewhere(error, LoadWish(wanted_device="cpu")) is None


@pytest.mark.parametrize(
    "error",
    [
        InsufficientMemoryError(device=CARD, needed_bytes=2**34, free_bytes=2**30),
        EngineKilledError("the memory of the card ran out"),
        EngineCrashedError("it crashed"),
        BackendUnavailableError("No bitsandbytes."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_after_other_errors_nothing_else_is_offered_than_what_fits(error: UserFacingError) -> None:
    assert wish_elsewhere(error, LoadWish(wanted_device="cuda")) is None
