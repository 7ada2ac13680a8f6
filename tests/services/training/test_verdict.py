"""Whether a training fits a machine, by tables of machines; what would fit instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.errors.training import TrainingMemoryError
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.training.values import (
    Data,
    Device,
    Keeping,
    Method,
    Optimization,
    Several,
    TrainingRequest,
)
from baichuan_desktop.services.training.checks.placing import Shared
from baichuan_desktop.services.training.verdict import (
    Fit,
    Verdict,
    lines,
    require_fitting,
    verdict,
)
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, card, machine
from tests.helpers.sentences import assert_one_sentence

GIB = 2**30


def request(method: Method = Method.LORA, *, batch: int = 1, again: bool = True) -> TrainingRequest:
    how = Optimization(batch_size=batch, gradient_checkpointing=again)
    return TrainingRequest("m", Data(("d",)), Keeping("o"), method=method, optimization=how)


def a100(gib: float = 80, *, free_gib: float | None = None, index: int = 0) -> Machine:
    one = card(gib, free_gib=free_gib, capability=(8, 0), name="NVIDIA A100", index=index)
    return machine(one)


@pytest.mark.parametrize(
    ("config", "method", "on", "fit"),
    [
        (BAICHUAN2_7B, Method.QLORA, a100(12), Fit.FITS),
        (BAICHUAN2_7B, Method.LORA, a100(24), Fit.FITS),
        (BAICHUAN2_7B, Method.LORA, a100(16), Fit.TIGHT),
        (BAICHUAN2_7B, Method.LORA, a100(15), Fit.CANNOT),
        (BAICHUAN2_7B, Method.FULL, a100(80), Fit.CANNOT),
        (BAICHUAN2_13B, Method.QLORA, a100(11), Fit.TIGHT),
        (BAICHUAN2_13B, Method.LORA, a100(80), Fit.FITS),
        (BAICHUAN2_7B, Method.LORA, machine(free_gib=56), Fit.FITS),
        (BAICHUAN2_7B, Method.FULL, machine(free_gib=130), Fit.TIGHT),
        (BAICHUAN2_7B, Method.FULL, machine(free_gib=60), Fit.CANNOT),
    ],
)
def test_what_fits_where(config: ModelConfig, method: Method, on: Machine, fit: Fit) -> None:
    found = verdict(config, request(method), on)

    assert found.fit is fit, f"{found.needed_bytes / GIB:.1f} of {found.free_bytes / GIB:.1f}"
    assert str(found.sentence).endswith(".")
    assert found.on_card == bool(on.gpus)


def test_what_needs_more_than_there_is_says_so_and_is_refused_with_both_figures() -> None:
    found = verdict(BAICHUAN2_7B, request(Method.FULL), a100())

    assert "which has 80.0 GiB in all: it cannot fit." in str(found.sentence)
    with pytest.raises(TrainingMemoryError, match="of the memory of NVIDIA A100") as caught:
        require_fitting(found)
    assert_one_sentence(caught.value)


def test_what_others_hold_now_is_refused_with_what_to_do() -> None:
    found = verdict(BAICHUAN2_7B, request(), a100(free_gib=4))

    assert found.fit is Fit.CANNOT
    assert "only 4.0 GiB is free: close other programs first." in str(found.sentence)


def test_the_lines_are_the_sum() -> None:
    found = verdict(BAICHUAN2_7B, request(), a100())

    assert sum(count for _, count in lines(found)) == found.need.total == found.needed_bytes


def test_the_longest_example_counts_and_no_more_than_is_learnt_of_one() -> None:
    def need(longest: int | None) -> int:
        return verdict(BAICHUAN2_7B, request(), a100(), longest=longest).needed_bytes

    assert need(100) < need(512) == need(None) == need(9_999)


# --- several processes -------------------------------------------------------------------------


def test_processes_on_processors_share_one_memory_and_those_on_cards_have_one_each() -> None:
    two = replace(request(), several=Several(processes=2))
    cards = machine(*(card(40, capability=(8, 0), index=one) for one in range(2)))
    here, there = verdict(BAICHUAN2_7B, two, machine()), verdict(BAICHUAN2_7B, two, cards)

    assert here.needed_bytes == 2 * here.need.total
    assert there.needed_bytes == there.need.total


def test_the_card_with_the_least_room_decides() -> None:
    two = replace(request(), several=Several(processes=2))
    first = card(40, capability=(8, 0), name="NVIDIA A100")
    second = card(40, free_gib=3, capability=(8, 0), name="NVIDIA A100", index=1)

    found = verdict(BAICHUAN2_7B, two, machine(first, second))

    assert found.fit is Fit.CANNOT
    assert "NVIDIA A100 (cuda:1)" in str(found.device)


def test_cards_of_other_machines_take_their_share() -> None:
    asked = replace(request(Method.FULL), several=Several(deepspeed="ds_config.json"))
    eight = machine(*(card(80, capability=(8, 0), index=one) for one in range(8)))

    alone = verdict(BAICHUAN2_7B, asked, eight, shared=Shared(1, 1, 3))
    shared = verdict(BAICHUAN2_7B, asked, eight, shared=Shared(8, 16, 3))

    assert (alone.fit, shared.fit) == (Fit.CANNOT, Fit.FITS)
    assert shared.need.optimizer == -(-BAICHUAN2_7B.parameters // 16) * 12


# --- what would fit instead --------------------------------------------------------------------


def fitting(found: Verdict, on: Machine) -> bool:
    return all(
        verdict(BAICHUAN2_7B, one.request, on).fit is not Fit.CANNOT for one in found.remedies
    )


def test_batches_come_before_adapters_and_each_remedy_fits() -> None:
    on = a100(24)
    found = verdict(BAICHUAN2_7B, request(batch=64, again=False), on)

    assert found.fit is Fit.CANNOT
    texts = [str(one.text) for one in found.remedies]
    assert "64 batches of 1 a step" in texts[0]
    single = found.remedies[0].request.optimization
    assert (single.batch_size, single.accumulation, single.gradient_checkpointing) == (1, 64, True)
    assert any("QLoRA" in text for text in texts)
    assert fitting(found, on)


def test_every_weight_of_7b_becomes_an_adapter_on_a_card_and_never_the_processor_of_64_gib() -> (
    None
):
    on = a100()
    found = verdict(BAICHUAN2_7B, request(Method.FULL), on)

    methods = {one.request.method for one in found.remedies}
    assert methods == {Method.LORA, Method.QLORA}
    assert all(one.request.device is Device.AUTO for one in found.remedies)
    assert fitting(found, on)


def test_a_processor_is_offered_where_its_memory_suffices() -> None:
    found = verdict(BAICHUAN2_7B, request(), a100(8))

    last = found.remedies[-1]
    assert last.request.device is Device.CPU
    assert "On the processor" in str(last.text)


def test_qlora_is_not_offered_without_its_library_and_nothing_where_it_fits() -> None:
    bare = replace(a100(), libraries={"torch": "2.11.0"})
    found = verdict(BAICHUAN2_7B, request(Method.FULL), bare)

    assert {one.request.method for one in found.remedies} == {Method.LORA}
    assert not verdict(BAICHUAN2_7B, request(), a100()).remedies
