"""Every way to run a model: what it needs, how it stands, and where its layers lie."""

from __future__ import annotations

import dataclasses
import itertools
import re
from dataclasses import replace

import pytest

from backends.choice import memory, selection
from backends.choice.memory import MeasuredPeak
from backends.choice.options import options, still_runs
from backends.choice.values import Model, Option, Verdict, Wishes
from backends.machine.cards.values import Gpu
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.precision import BackendName, DeviceKind, Precision
from tests.helpers.choices import (
    BF16,
    FP4,
    FP16,
    FP32,
    INT8,
    NF4,
    SEVEN,
    THIRTEEN,
    WIDE,
    WITH_ONNX,
    chosen,
    exported,
    find,
    refusal,
    spread,
    with_features,
)
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, GIB, PROCESSOR, card, machine

#: Weights, a full KV cache, a prefill chunk, the libraries and recorded steps, on a card: bf16,
#: 8-bit, 4-bit. 7B: 13.98, 7.96 or 5.03 + 2.0 + 0.1 + 0.68 + 0.02 GiB;
#: 13B: 25.89, 14.15 or 8.46 + 3.13 + 0.42 + 0.68 + 0.02 GiB.
SEVEN_GIB = (16.78, 10.75, 7.82)
THIRTEEN_GIB = (30.13, 18.39, 12.7)


@pytest.mark.parametrize(
    ("model", "gib"), [(SEVEN, SEVEN_GIB), (THIRTEEN, THIRTEEN_GIB)], ids=["7b", "13b"]
)
def test_the_numbers_of_this_table(model: Model, gib: tuple[float, ...]) -> None:
    for precision, expected in zip((BF16, INT8, NF4), gib, strict=True):
        need = find(model, machine(card(80)), precision).need
        assert need is not None
        assert need.total / GIB == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("spare", "verdict"),
    [
        (-1, Verdict.TOO_LARGE),
        (0, Verdict.TIGHT),
        (0.03, Verdict.TIGHT),
        (0.07, Verdict.FITS),
    ],
)
def test_verdicts(spare: float, verdict: Verdict) -> None:
    need = find(SEVEN, machine(card(80)), INT8).need
    assert need is not None
    free = need.total + (int(spare * need.total) if spare > 0 else spare)
    gpu = dataclasses.replace(card(12), free_memory_bytes=int(free))

    assert find(SEVEN, machine(gpu), INT8).verdict is verdict


def test_a_measured_peak_decides() -> None:
    """What loading took here is believed more than the estimate."""
    facts = machine(card(12, free_gib=11.8))
    weights = memory.weight_bytes(BAICHUAN2_7B, INT8)
    bnb, peak = BackendName.BITSANDBYTES, weights + 3 * GIB
    card_name = facts.gpus[0].name

    def model(kind: DeviceKind, name: str | None) -> Model:
        return Model(BAICHUAN2_7B, 4096, None, [MeasuredPeak(bnb, INT8, kind, peak, weights, name)])

    measured = model(DeviceKind.CUDA, card_name)
    assert chosen(SEVEN, facts) == ("bnb_cuda", INT8, "cuda")
    assert chosen(measured, facts) == ("bnb_cuda", NF4, "cuda")
    assert "8-bit needs 13.0 GiB" in str(find(measured, facts, INT8).sentence)
    for elsewhere in (
        model(DeviceKind.CPU, PROCESSOR),
        model(DeviceKind.CPU, card_name),
        model(DeviceKind.CUDA, "NVIDIA GeForce RTX 4090"),
        model(DeviceKind.CUDA, None),  # an older version, which counted no context
        model(DeviceKind.SPREAD, card_name),
    ):
        assert options(elsewhere, facts)[:3] == options(SEVEN, facts)[:3]


@pytest.mark.parametrize("config", [BAICHUAN2_7B, BAICHUAN2_13B])
@pytest.mark.parametrize("gib", [8, 12, 16, 24, 48])
@pytest.mark.parametrize("context_mib", [450, 600, 700])
def test_a_second_start_plans_as_the_first_where_the_card_took_no_more_than_was_guessed(
    config: ModelConfig, gib: int, context_mib: int
) -> None:
    facts = machine(card(gib))
    first = selection.choose(Model(config, 4096), facts).chosen
    if not first.devices.single:
        return  # of a part of it nothing is learned
    assert first.need is not None
    peak = MeasuredPeak(
        first.backend,
        first.precision,
        DeviceKind.CUDA,
        first.need.weights + context_mib * 2**20,
        first.need.weights,
        first.device_name,
    )
    second = selection.choose(Model(config, 4096, None, [peak]), facts).chosen

    assert (second.precision, second.devices) == (first.precision, first.devices)
    assert second.context_length >= first.context_length
    assert second.need is not None
    assert (second.need.library, second.need.graphs) == (context_mib * 2**20, 0)


def test_one_form_of_a_precision_tells_what_another_takes() -> None:
    """An embedding on the host, or less context, changes nothing of what libraries take."""
    facts = machine(card(8))
    full = memory.weight_bytes(BAICHUAN2_7B, NF4)
    on_card = full - memory.embedding_bytes(BAICHUAN2_7B, NF4)
    name = facts.gpus[0].name
    needs = []
    for weights in (full, on_card):
        taken = weights + 500 * 2**20
        peak = MeasuredPeak(BackendName.BITSANDBYTES, NF4, DeviceKind.CUDA, taken, weights, name)
        option = selection.choose(Model(BAICHUAN2_7B, 4096, None, [peak]), facts).chosen
        needs.append((option.devices, option.need))

    assert needs[0] == needs[1]
    assert needs[0][0].embedding_on_host


def test_layers_are_spread_over_two_cards() -> None:
    facts = machine(card(12, index=0), card(24, name="NVIDIA GeForce RTX 4090", index=1))
    wishes = Wishes(precision=BF16)

    option = selection.choose(THIRTEEN, facts, wishes).chosen

    # 30.1 GiB, of which 25.5 are in the layers with their KV cache: 0.65 GiB each
    assert option.device_kind == "cuda"
    assert set(option.devices.layers) == {"cuda:0", "cuda:1"}
    assert list(option.devices.layers) == sorted(option.devices.layers, reverse=True)
    assert option.devices.layers.count("cuda:1") > option.devices.layers.count("cuda:0")
    assert option.verdict is Verdict.FITS
    assert str(option.sentence) == (
        "bf16 needs 30.1 GiB, which fits on NVIDIA GeForce RTX 4090 + NVIDIA GeForce RTX 3060 "
        "together."
    )


def test_every_card_holds_what_it_is_given() -> None:
    facts = machine(card(16, index=0), card(16, index=1), card(12, index=2))

    option = spread(THIRTEEN, facts, BF16)

    assert option.verdict is Verdict.FITS
    layer = memory.layer_weight_bytes(BAICHUAN2_13B, BF16) + 4096 * 20 * 1024
    outer = 125_696 * 5120 * 2
    beside = {option.devices.first: outer, option.devices.last: outer}  # embedding; head
    for gpu in facts.gpus:
        held = option.devices.layers.count(gpu.device) * layer + beside.get(gpu.device, 0)
        assert 0 < held < gpu.free_memory_bytes - 700 * 2**20  # of which each has a context


def test_a_card_that_holds_all_layers_but_not_the_head_gives_the_last_one_away() -> None:
    facts = machine(card(17.43, index=0), card(8, index=1), free_gib=1.2)  # for no embedding

    option = spread(replace(SEVEN, context_is_asked=True), facts, BF16)

    assert find(SEVEN, facts, BF16).verdict is Verdict.TIGHT
    assert option.devices.layers == ("cuda:0",) * 31 + ("cuda:1",)
    assert not option.devices.embedding_on_host
    assert option.verdict is Verdict.FITS


def test_four_small_cards_run_what_none_of_them_can() -> None:
    facts = machine(*(card(12, index=i, capability=(7, 5)) for i in range(4)))

    option = selection.choose(THIRTEEN, facts, Wishes(precision=FP16)).chosen

    assert (option.precision, option.device_kind) == (FP16, "cuda")
    assert option.verdict is Verdict.FITS


def test_cards_of_two_ages_share_the_older_ones_type() -> None:
    facts = machine(card(24, index=0), card(16, index=1, capability=(7, 5)))

    option = spread(THIRTEEN, facts, FP16)

    assert set(option.devices.layers) == {"cuda:0", "cuda:1"}


def test_a_card_that_cannot_be_used_gets_no_layer_and_is_not_named() -> None:
    old = card(24, index=0, capability=(6, 1), name="Tesla P40")
    facts = machine(old, card(20, index=1), card(20, index=2))

    option = selection.choose(THIRTEEN, facts, Wishes(precision=BF16)).chosen

    assert set(option.devices.layers) == {"cuda:1", "cuda:2"}
    assert "P40" not in option.device_name
    assert "P40" not in str(option.sentence)


def test_layers_that_find_no_card_lie_in_the_machines_memory() -> None:
    facts = machine(card(8))

    decision = selection.choose(THIRTEEN, facts)

    layers = decision.chosen.devices.layers
    assert layers == ("cuda:0",) * 28 + ("cpu",) * 12
    assert decision.chosen.device_name == f"NVIDIA GeForce RTX 3060 + {PROCESSOR}"
    assert decision.chosen.verdict is Verdict.TIGHT
    assert str(decision.chosen.sentence) == (
        "4-bit runs on NVIDIA GeForce RTX 3060 with 12 of 40 layers in the machine's memory, at "
        "about 1.6 tokens/s if that is "
        "read at 30 GB/s."
    )


def test_layers_that_do_not_fit_the_machines_memory_either() -> None:
    facts = machine(card(8), free_gib=10)

    option = find(THIRTEEN, facts, BF16, "cuda+cpu")

    assert option.verdict is Verdict.TOO_LARGE
    assert re.fullmatch(
        r"bf16 over NVIDIA GeForce RTX 3060 leaves 2\d\.\d GiB for the machine's memory, but only "
        r"10\.0 GiB is free\.",
        str(option.sentence),
    )


def test_an_export_needs_what_its_file_has_and_a_cache_in_fp32() -> None:
    option = find(
        exported(Precision.ONNX_INT4), machine(libraries=WITH_ONNX), Precision.ONNX_INT4, "cpu"
    )

    assert option.need is not None
    assert option.need.weights == 5 * GIB
    assert option.need.kv_cache == 4 * GIB  # 4,096 tokens of 1 MiB
    assert str(option.sentence).startswith("ONNX int4 needs 9.4 GiB on")


def test_precisions_without_an_export_are_no_options() -> None:
    facts = machine(card(24), libraries=WITH_ONNX)

    assert not [o for o in options(SEVEN, facts) if o.precision.is_onnx]
    assert refusal(SEVEN, facts, Wishes(Precision.ONNX_INT8)) == (
        "This model has no export at ONNX int8."
    )


@pytest.mark.parametrize("facts", [machine(), machine(card(12, index=0), card(24, index=1))])
def test_options_that_run_are_told_apart_by_precision_and_device(facts: Machine) -> None:
    running = [o for o in options(SEVEN, facts) if o.verdict.runs]

    keys = {(option.backend, option.precision, option.devices) for option in running}

    assert len(keys) == len(running)


def test_the_order_of_preference() -> None:
    facts = machine(card(12), bf16=True)

    order = [(o.precision, o.device_kind) for o in options(SEVEN, facts)]

    assert order == [
        (BF16, "cuda"), (INT8, "cuda"), (NF4, "cuda"),
        (BF16, "cuda+cpu"),
        (BF16, "cpu"), (FP32, "cpu"), (INT8, "cpu"), (NF4, "cpu"), (FP4, "cuda"), (FP4, "cpu"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ((*WIDE, "avx512_bf16"), BF16),
        ((*WIDE, "amx_bf16"), BF16),
        (("asimd", "bf16"), BF16),
        (WIDE, FP32),  # packed, but multiplied in fp32
        (("sse2", "sse4_1", "avx2", "avx_ne_convert"), FP32),
        (("sse2", "sse4_1", "avx2"), FP32),
        (("sse2", "sse4_1", "avx2", "avx512f", "avx512_bf16"), FP32),  # that oneDNN cannot use
        (("sse2", "sse4_1"), FP32),
        (("asimd",), FP32),
        ((), FP32),
    ],
)
def test_bf16_goes_first_only_where_it_is_multiplied_natively(
    features: tuple[str, ...], expected: Precision
) -> None:
    assert chosen(SEVEN, with_features(*features)) == ("torch_cpu", expected, "cpu")


@pytest.mark.parametrize("model", [SEVEN, THIRTEEN])
def test_an_option_still_runs_where_it_would_be_offered_as_one_that_runs(model: Model) -> None:
    def cards(*free_gib: float) -> list[Gpu]:
        return [card(24, free_gib=free, index=index) for index, free in enumerate(free_gib)]

    def keys(facts: Machine) -> set[tuple[Precision, str, str | None]]:
        return {key(option) for option in options(model, facts) if option.verdict.runs}

    def key(option: Option) -> tuple[Precision, str, str | None]:
        first = option.devices.first if option.devices.single else None
        return option.precision, option.device_kind, first

    freed = machine(*cards(23.0, 23.0), free_gib=60)
    outcomes = set()
    for free, rest in itertools.product(((23.0, 23.0), (2.0, 23.0), (1.0, 1.0), (12.0, 9.0)),
                                        (60, 15, 2)):  # fmt: skip
        now = machine(*cards(*free), free_gib=rest)
        for option in options(model, freed):
            if option.verdict.runs:
                expected = key(option) in keys(now)
                assert still_runs(option, model, now) is expected
                outcomes.add(expected)
    assert outcomes == {False, True}
