"""What the first load of a model took is remembered, and the second is planned by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.choice.values import Option
from backends.engine.load_plan import LoadPlan, asked_context_length, plan_load
from backends.events import ModelReady
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.precision import Precision
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers import goldens
from tests.helpers.installed import installed
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, GIB, card, machine
from tests.services.precisions.test_measurements import ready

FOLDER = goldens.folder("b2-7b", "safetensors")
MIB = 2**20


class Starts:
    """A model of released shapes that is loaded again and again on machines without a card."""

    def __init__(self, file: Path, config: ModelConfig) -> None:
        self._file = file
        self._checkpoint = replace(Checkpoint.open(FOLDER), config=config)

    def plan(self, facts: Machine, wish: LoadWish | None = None) -> LoadPlan:
        """How it would be loaded, by what an app that has just been started remembers."""
        request = (wish or LoadWish()).request(installed(FOLDER), Measurements(self._file))
        length = asked_context_length(request, self._checkpoint.config)
        return plan_load(self._checkpoint, request, length, facts)

    def load(self, facts: Machine, overhead: int, wish: LoadWish | None = None) -> Option:
        """Load it, which takes `overhead` of the card beside weights and KV cache."""
        plan = self.plan(facts, wish)
        chosen = plan.decision.chosen
        on_card = plan.weights_bytes - plan.host_weights_bytes
        told: dict[str, Any] = {
            "backend": chosen.backend,
            "precision": chosen.precision,
            "device_name": chosen.device_name,
            "device_kind": chosen.device_kind,
            "weights_bytes": plan.weights_bytes,
            "host_weights_bytes": plan.host_weights_bytes,
            "head_in_8_bits": plan.options.head_in_8_bits,
            "peak_bytes": on_card + overhead,
        }
        event: ModelReady = ready(FOLDER, **told)
        Measurements(self._file).loaded(event)
        return chosen


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "measurements.json"


def need(option: Option) -> int:
    assert option.need is not None
    return option.need.total


@pytest.mark.parametrize("gib", [6, 8, 10, 12, 16, 24, 48])
@pytest.mark.parametrize("config", [BAICHUAN2_7B, BAICHUAN2_13B], ids=["7b", "13b"])
def test_a_second_start_knows_to_the_byte_what_the_first_took(
    config: ModelConfig, gib: int, file: Path
) -> None:
    starts, facts = Starts(file, config), machine(card(gib))
    first = starts.load(facts, 450 * MIB)

    second = starts.plan(facts).decision.chosen

    if first.devices.single and second.devices == first.devices:
        guessed = 700 * MIB + (first.need.graphs if first.need else 0)
        if second.context_length == first.context_length:
            assert need(first) - need(second) == guessed - 450 * MIB
        assert second.context_length >= first.context_length
    else:
        assert second == first, "a part of a model tells nothing"


def test_what_takes_more_than_was_guessed_is_loaded_smaller_the_next_time(file: Path) -> None:
    starts, facts = Starts(file, BAICHUAN2_13B), machine(card(12))
    first = starts.load(facts, 1100 * MIB)  # 10.9 GiB were guessed, and 11.3 it was, of 11.64

    second = starts.plan(facts).decision.chosen

    assert first.context_length == 4096
    assert second.precision is first.precision
    assert second.context_length == 3584
    assert facts.gpus[0].free_memory_bytes - need(second) >= 0.69 * GIB


@pytest.mark.parametrize("overhead", [0, 20 * MIB, 450 * MIB, 3 * GIB])
def test_one_precision_and_one_card_tell_nothing_of_another(overhead: int, file: Path) -> None:
    small, large = card(12, index=0), card(24, name="NVIDIA GeForce RTX 4090", index=1)
    facts, starts = machine(small, large), Starts(file, BAICHUAN2_7B)
    others = [
        LoadWish(precision, device)
        for precision in (Precision.BF16, Precision.INT8, Precision.NF4, Precision.FP4)
        for device in ("cuda:0", "cuda:1", "cpu")
        if (precision, device) not in ((Precision.NF4, "cuda:0"), (Precision.BF16, "cuda:0"))
    ]
    guessed = [starts.plan(facts, wish).decision.chosen for wish in others]

    starts.load(facts, overhead, LoadWish(Precision.NF4, "cuda:0"))

    assert [starts.plan(facts, wish).decision.chosen for wish in others] == guessed


def test_a_form_learns_from_another_form(file: Path) -> None:
    """The embedding lay on the host, where a browser was open; now it is closed."""
    starts = Starts(file, BAICHUAN2_7B)
    small = starts.load(machine(card(12, free_gib=7.8)), 450 * MIB)
    assert small.devices.embedding_on_host

    whole = starts.plan(machine(card(12, free_gib=9.0))).decision.chosen

    assert not whole.devices.embedding_on_host
    assert whole.need is not None
    assert (whole.need.library, whole.need.graphs) == (450 * MIB, 0)


def test_a_peak_without_a_context_is_not_believed(file: Path) -> None:
    """As a version before this one measured them, and systems that do not tell."""
    starts, facts = Starts(file, BAICHUAN2_7B), machine(card(12))
    guessed = starts.load(facts, 30 * MIB)

    assert starts.plan(facts).decision.chosen == guessed
