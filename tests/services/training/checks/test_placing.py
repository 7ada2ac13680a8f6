"""Where a training is computed, and what of the request has no effect there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.errors.training import TrainingSettingsError
from backends.machine.hardware import Machine
from backends.training.memory import Sharing
from backends.training.values import (
    Cadence,
    Compute,
    Data,
    Device,
    Keeping,
    Optimization,
    Schedule,
    Several,
    TrainingRequest,
)
from baichuan_desktop.services.training.checks.placing import Placement, Shared, placed
from tests.helpers.machines import BAICHUAN2_7B, card, machine

A100 = card(80, capability=(8, 0), name="NVIDIA A100")
V100 = card(32, capability=(7, 0), name="NVIDIA V100")
PLAIN = TrainingRequest("m", Data(("d",)), Keeping("o"))
ALONE = Shared()


def place(request: TrainingRequest, on: Machine | None = None, shared: Shared = ALONE) -> Placement:
    return placed(request, on or machine(), shared)


def said(found: Placement) -> str:
    return " ".join(map(str, found.notes))


@pytest.mark.parametrize(
    ("on", "device", "compute", "cards"),
    [
        (machine(), Device.AUTO, Compute.FP32, 0),
        (machine(A100), Device.AUTO, Compute.BF16, 1),
        (machine(V100), Device.AUTO, Compute.FP32, 1),
        (machine(A100), Device.CPU, Compute.FP32, 0),
        (machine(A100, torch_cuda=None), Device.AUTO, Compute.FP32, 0),
    ],
    ids=["no card", "card", "card without bf16", "not wanted", "torch without CUDA"],
)
def test_what_nobody_chose_is_what_the_machine_has(
    on: Machine, device: Device, compute: Compute, cards: int
) -> None:
    found = place(replace(PLAIN, device=device), on)

    assert (found.compute, len(found.cards)) == (compute, cards)
    assert found.request == replace(PLAIN, device=device)
    assert not found.notes


def test_fp16_is_fp32_on_a_processor_and_fp16_on_a_card() -> None:
    asked = replace(PLAIN, compute=Compute.FP16)
    here, there = place(asked), place(asked, machine(V100))

    assert (here.compute, here.request.compute) == (Compute.FP32, Compute.FP32)
    assert "fp16 is for cards" in said(here)
    assert (there.compute, there.notes) == (Compute.FP16, ())


@pytest.mark.parametrize(
    ("on", "note"),
    [
        (machine(), "has no instruction for bf16 products"),
        (machine(bf16=True), ""),
        (machine(A100), ""),
    ],
)
def test_bf16_is_computed_as_asked_and_said_to_be_slow_where_it_is(on: Machine, note: str) -> None:
    found = place(replace(PLAIN, compute=Compute.BF16), on)

    assert found.compute is Compute.BF16
    assert note in said(found)
    assert bool(note) == bool(found.notes)


def test_bf16_is_refused_on_a_card_that_has_none() -> None:
    with pytest.raises(TrainingSettingsError, match="This card does not compute in bf16"):
        place(replace(PLAIN, compute=Compute.BF16), machine(V100))


def test_tf32_is_left_out_where_no_card_has_it() -> None:
    asked = replace(PLAIN, tf32=True)

    assert not place(asked).request.tf32
    assert "tf32 has no effect" in said(place(asked, machine(V100)))
    assert place(asked, machine(A100)).request.tf32


def test_deepspeed_of_one_process_is_left_out_on_a_processor_and_of_several_taken() -> None:
    asked = replace(PLAIN, several=Several(deepspeed="ds_config.json"))
    found = place(asked, shared=Shared(1, 1, 3))

    assert found.request.several.deepspeed is None
    assert "DeepSpeed is left out" in said(found)
    assert place(asked, shared=Shared(2, 2, 3)).request.several.deepspeed == "ds_config.json"


@pytest.mark.parametrize(
    ("file", "computed"), [("ds_config.json", Compute.BF16), ("deepspeed.json", Compute.FP32)]
)
def test_a_configuration_says_in_what_is_computed_as_far_as_a_processor_can(
    file: str, computed: Compute
) -> None:
    found = place(replace(PLAIN, several=Several(2, deepspeed=file)), shared=Shared(2, 2, 3))

    assert found.compute is found.request.compute is computed
    assert ("fp16 is for cards" in said(found)) is (computed is Compute.FP32)


def test_each_process_has_a_card_of_its_own_or_none_has() -> None:
    two = machine(A100, replace(A100, index=1))
    found = place(replace(PLAIN, several=Several(2)), two, Shared(2, 2))

    assert [one.index for one in found.cards] == [0, 1]


@pytest.mark.parametrize(
    ("shared", "sharing"),
    [
        (Shared(1, 1), Sharing.NOTHING),
        (Shared(1, 1, 3), Sharing.NOTHING),
        (Shared(2, 2), Sharing.ALL),
        (Shared(1, 16, 2), Sharing.OPTIMIZER),
        (Shared(1, 16, 3), Sharing.ALL),
    ],
)
def test_what_is_shared_follows_from_who_shares(shared: Shared, sharing: Sharing) -> None:
    several = Several(deepspeed=None if shared.stage is None else "ds_config.json")
    found = place(replace(PLAIN, several=several), machine(A100), replace(shared, here=1))
    shape = found.shape(BAICHUAN2_7B, 100)

    assert shape.sharing is sharing
    assert shape.processes == shared.in_all


def test_an_evaluation_needs_examples_and_a_best_checkpoint_evaluations() -> None:
    evaluated = replace(PLAIN, keeping=Keeping("o", evaluate=Cadence.EPOCH))
    held_back = Data(("d",), dev_ratio=0.1)
    with pytest.raises(TrainingSettingsError, match="no examples are held back"):
        place(evaluated)
    with pytest.raises(TrainingSettingsError, match="nothing is evaluated"):
        place(replace(PLAIN, keeping=Keeping("o", load_best=True)))

    assert place(replace(evaluated, data=held_back)).request.data == held_back


@pytest.mark.parametrize(
    ("save", "evaluate", "steps", "is_fine"),
    [
        (Cadence.EPOCH, Cadence.EPOCH, (1, 2), True),
        (Cadence.STEPS, Cadence.STEPS, (100, 100), True),
        (Cadence.STEPS, Cadence.STEPS, (200, 100), True),
        (Cadence.STEPS, Cadence.STEPS, (100, 200), False),
        (Cadence.EPOCH, Cadence.STEPS, (1, 1), False),
        (Cadence.NO, Cadence.EPOCH, (1, 1), False),
    ],
)
def test_of_a_best_checkpoint_each_one_is_evaluated(
    save: Cadence, evaluate: Cadence, steps: tuple[int, int], is_fine: bool
) -> None:
    keeping = Keeping(
        "o", save=save, evaluate=evaluate, save_steps=steps[0], eval_steps=steps[1], load_best=True
    )
    asked = replace(PLAIN, keeping=keeping, data=Data(("d",), dev_ratio=0.1))

    if is_fine:
        assert place(asked).request == asked
    else:
        with pytest.raises(TrainingSettingsError, match="not each checkpoint is evaluated"):
            place(asked)


def test_deepspeed_keeps_no_checkpoints_so_there_is_no_best_one() -> None:
    keeping = Keeping("o", evaluate=Cadence.EPOCH, load_best=True)
    several = Several(deepspeed="ds_config.json")
    asked = replace(PLAIN, keeping=keeping, several=several, data=Data(("d",), dev_ratio=0.1))

    found = place(asked, machine(A100), Shared(1, 1, 3))

    assert not found.request.keeping.load_best
    assert "The result is that of the last step" in said(found)


def test_what_changes_nothing_is_left_out_and_named() -> None:
    how = Optimization(schedule=Schedule.CONSTANT, warmup_ratio=0.1)
    asked = replace(PLAIN, data=Data(("d",), dev_ratio=0.1), optimization=how)
    found = place(replace(asked, keeping=Keeping("o", save=Cadence.NO)))

    assert found.request.data.dev_ratio == 0
    assert found.request.optimization.warmup_ratio == 0
    for note in ("No example is held back", "there is no warm-up", "it begins anew"):
        assert note in said(found)
    assert place(found.request).request == found.request
