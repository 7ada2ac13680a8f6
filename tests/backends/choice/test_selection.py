"""One decision from facts: what runs on which machine, and in which words."""

from __future__ import annotations

import dataclasses
import itertools
import re
from dataclasses import replace

import pytest

from backends.choice import memory, selection
from backends.choice.options import still_runs
from backends.choice.values import Model, Option, Verdict, Wishes
from backends.errors import (
    BackendUnavailableError,
    InsufficientMemoryError,
    UserFacingError,
    apart_in_gib,
)
from backends.machine.hardware import Gpu, Machine
from backends.machine.memory_room import Bound
from backends.model_config import ModelConfig
from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind, Precision, parse_device, parse_precision
from tests.helpers.machines import (
    BAICHUAN2_7B,
    BAICHUAN2_13B,
    GIB,
    LIBRARIES,
    PROCESSOR,
    card,
    machine,
)
from tests.helpers.sentences import assert_one_sentence

BF16, FP16, FP32 = Precision.BF16, Precision.FP16, Precision.FP32
INT8, NF4, FP4 = Precision.INT8, Precision.NF4, Precision.FP4

SEVEN = Model(BAICHUAN2_7B, 4096)
THIRTEEN = Model(BAICHUAN2_13B, 4096)
#: Weights, a full KV cache, a prefill chunk and the libraries, on a card: bf16, 8-bit, 4-bit.
#: 7B: 14.0, 8.0 or 5.0 + 2.0 + 0.1 + 0.7 GiB; 13B: 25.9, 14.2 or 8.5 + 3.1 + 0.4 + 0.7 GiB.
SEVEN_GIB = (16.8, 10.7, 7.8)
THIRTEEN_GIB = (30.1, 18.4, 12.7)


def chosen(
    model: Model, facts: Machine, wishes: Wishes | None = None
) -> tuple[str, Precision, str]:
    """Backend, precision and device of the decision."""
    option = selection.choose(model, facts, wishes).chosen
    return option.backend, option.precision, option.device_kind


def find(
    model: Model, facts: Machine, precision: Precision, device: str = "cuda", number: int = 0
) -> Option:
    """An option; `number` tells those of several cards apart, the one of most free memory first."""
    found = [
        option
        for option in selection.options(model, facts)
        if (option.precision, option.device_kind) == (precision, device)
    ]
    return found[number]


def refusal(
    model: Model,
    facts: Machine,
    wishes: Wishes | None = None,
    kind: type[UserFacingError] = BackendUnavailableError,
) -> str:
    """The sentence of the error."""
    with pytest.raises(kind) as caught:
        selection.choose(model, facts, wishes)
    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    return caught.value.message


@pytest.mark.parametrize(
    ("model", "gib"), [(SEVEN, SEVEN_GIB), (THIRTEEN, THIRTEEN_GIB)], ids=["7b", "13b"]
)
def test_the_numbers_of_this_table(model: Model, gib: tuple[float, ...]) -> None:
    for precision, expected in zip((BF16, INT8, NF4), gib, strict=True):
        need = find(model, machine(card(80)), precision).need
        assert need is not None
        assert need.total / GIB == pytest.approx(expected, abs=0.05)


# --- one card ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "gib", "expected"),
    [
        (SEVEN, 6, ("torch_cuda", BF16, "cuda+cpu")),
        (SEVEN, 8, ("torch_cuda", BF16, "cuda+cpu")),
        (SEVEN, 12, ("bitsandbytes", INT8, "cuda")),
        (SEVEN, 16, ("bitsandbytes", INT8, "cuda")),
        (SEVEN, 24, ("torch_cuda", BF16, "cuda")),
        (SEVEN, 48, ("torch_cuda", BF16, "cuda")),
        (SEVEN, 80, ("torch_cuda", BF16, "cuda")),
        (THIRTEEN, 6, ("torch_cuda", BF16, "cuda+cpu")),
        (THIRTEEN, 8, ("torch_cuda", BF16, "cuda+cpu")),
        (THIRTEEN, 12, ("torch_cuda", BF16, "cuda+cpu")),
        (THIRTEEN, 16, ("bitsandbytes", NF4, "cuda")),
        (THIRTEEN, 24, ("bitsandbytes", INT8, "cuda")),
        (THIRTEEN, 48, ("torch_cuda", BF16, "cuda")),
        (THIRTEEN, 80, ("torch_cuda", BF16, "cuda")),
    ],
)
def test_a_card_of_some_size(model: Model, gib: int, expected: tuple[str, Precision, str]) -> None:
    assert chosen(model, machine(card(gib))) == expected


def test_a_shorter_context_makes_room() -> None:
    """What the window offers before layers go to the machine's memory."""
    assert chosen(Model(BAICHUAN2_7B, 2048), machine(card(8))) == ("bitsandbytes", NF4, "cuda")


@pytest.mark.parametrize(
    ("capability", "torch_cuda", "expected"),
    [
        ((9, 0), "13.0", ("torch_cuda", BF16, "cuda")),
        ((8, 6), "13.0", ("torch_cuda", BF16, "cuda")),
        ((8, 0), "12.8", ("torch_cuda", BF16, "cuda")),
        ((7, 5), "13.0", ("torch_cuda", FP16, "cuda")),
        ((7, 5), "12.6", ("torch_cuda", FP16, "cuda")),
        ((6, 1), "12.6", ("torch_cuda", FP16, "cuda")),
        ((6, 1), "13.0", ("torch_cpu", FP32, "cpu")),
        ((3, 5), "12.6", ("torch_cpu", FP32, "cpu")),
    ],
)
def test_compute_capability(
    capability: tuple[int, int], torch_cuda: str, expected: tuple[str, Precision, str]
) -> None:
    facts = machine(card(24, capability=capability), torch_cuda=torch_cuda)

    assert chosen(SEVEN, facts) == expected


def test_a_card_that_cuda_13_gave_up_is_named() -> None:
    facts = machine(card(11, capability=(6, 1), name="NVIDIA GeForce GTX 1080 Ti"))

    option = find(SEVEN, facts, FP16)

    assert option.verdict is Verdict.UNAVAILABLE
    assert option.need is None
    assert str(option.sentence) == (
        "NVIDIA GeForce GTX 1080 Ti has compute capability 6.1, but the installed torch "
        "(CUDA 13.0) needs 7.5."
    )
    assert str(selection.choose(SEVEN, facts).reason).startswith(str(option.sentence))


def test_a_pascal_card_runs_4_bit_but_not_8_bit() -> None:
    facts = machine(
        card(11, capability=(6, 1), name="NVIDIA GeForce GTX 1080 Ti"), torch_cuda="12.6"
    )

    assert chosen(SEVEN, facts) == ("bitsandbytes", NF4, "cuda")
    assert str(find(SEVEN, facts, INT8).sentence) == (
        "8-bit needs compute capability 7.5, but NVIDIA GeForce GTX 1080 Ti has 6.1."
    )


def test_a_card_that_another_program_fills() -> None:
    facts = machine(card(24, free_gib=6.9))

    assert chosen(SEVEN, facts) == ("torch_cuda", BF16, "cuda+cpu")
    assert str(find(SEVEN, facts, INT8).sentence) == (
        "8-bit needs 10.7 GiB on NVIDIA GeForce RTX 3060, but only 6.9 GiB is free."
    )


def test_a_card_without_any_room_is_left_alone() -> None:
    facts = machine(card(24, free_gib=0.3))

    assert chosen(SEVEN, facts) == ("torch_cpu", FP32, "cpu")


# --- the margin --------------------------------------------------------------------------


def test_bf16_that_leaves_no_margin_gives_way_to_8_bit() -> None:
    facts = machine(card(18, free_gib=17.0))

    decision = selection.choose(SEVEN, facts)

    assert find(SEVEN, facts, BF16).verdict is Verdict.TIGHT
    assert decision.chosen.precision is INT8
    assert str(decision.reason) == (
        "bf16 needs 16.8 GiB on NVIDIA GeForce RTX 3060, which just fits into the 17.0 GiB that is "
        "free. 8-bit needs 10.7 GiB on NVIDIA GeForce RTX 3060, and 17.0 GiB is free."
    )


def test_what_is_tight_runs_if_nothing_leaves_the_margin() -> None:
    facts = machine(card(8, free_gib=8.0))

    option = selection.choose(SEVEN, facts).chosen

    assert (option.precision, option.device_kind, option.verdict) == (NF4, "cuda", Verdict.TIGHT)


def test_what_is_tight_runs_if_it_is_asked_for() -> None:
    decision = selection.choose(SEVEN, machine(card(18, free_gib=17.0)), Wishes(precision=BF16))

    assert decision.chosen.verdict is Verdict.TIGHT
    assert str(decision.reason) == f"You chose this precision. {decision.chosen.sentence}"


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
    peak, bnb = weights + 3 * GIB, BackendName.BITSANDBYTES
    measured = Model(BAICHUAN2_7B, 4096, None, {(bnb, INT8, DeviceKind.CUDA): peak})

    assert chosen(SEVEN, facts) == ("bitsandbytes", INT8, "cuda")
    assert chosen(measured, facts) == ("bitsandbytes", NF4, "cuda")
    assert "8-bit needs 13.0 GiB" in str(find(measured, facts, INT8).sentence)
    on_processor = Model(BAICHUAN2_7B, 4096, None, {(bnb, INT8, DeviceKind.CPU): peak})
    assert chosen(on_processor, facts) == ("bitsandbytes", INT8, "cuda")


# --- several cards -----------------------------------------------------------------------


def big_and_small() -> Machine:
    return machine(
        card(10, name="NVIDIA GeForce RTX 4060", capability=(8, 9), index=0),
        card(24, name="NVIDIA GeForce RTX 4090", capability=(8, 9), index=1),
    )


def test_of_two_unequal_cards_the_freer_one_is_taken() -> None:
    option = selection.choose(SEVEN, big_and_small()).chosen

    assert option.devices.layers == ("cuda:1",) * 32
    assert option.device_name == "NVIDIA GeForce RTX 4090"


def test_the_freer_card_may_be_the_smaller_one() -> None:
    facts = machine(card(24, free_gib=2, index=0), card(12, index=1))

    assert selection.choose(SEVEN, facts).chosen.devices.first == "cuda:1"


def test_a_precision_on_one_card_goes_before_all_cards_together() -> None:
    decision = selection.choose(THIRTEEN, big_and_small())

    assert decision.chosen.precision is INT8
    assert decision.chosen.devices.first == "cuda:1"


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
        "bf16 fits on NVIDIA GeForce RTX 4090 + NVIDIA GeForce RTX 3060 together."
    )


def test_every_card_holds_what_it_is_given() -> None:
    facts = machine(card(16, index=0), card(16, index=1), card(12, index=2))

    option = find(THIRTEEN, facts, BF16, "cuda", 3)

    assert option.verdict is Verdict.FITS
    layer = memory.layer_weight_bytes(BAICHUAN2_13B, BF16) + 4096 * 20 * 1024
    half = memory.outer_weight_bytes(BAICHUAN2_13B, BF16) / 2
    beside = {option.devices.first: half, option.devices.last: half}  # embedding; head
    for gpu in facts.gpus:
        held = option.devices.layers.count(gpu.device) * layer + beside.get(gpu.device, 0)
        assert 0 < held < gpu.free_memory_bytes


def test_a_card_that_holds_all_layers_but_not_the_head_gives_the_last_one_away() -> None:
    facts = machine(card(17.3, index=0), card(8, index=1))

    option = find(SEVEN, facts, BF16, "cuda", 2)

    assert find(SEVEN, facts, BF16).verdict is Verdict.TIGHT
    assert option.devices.layers == ("cuda:0",) * 31 + ("cuda:1",)
    assert option.verdict is Verdict.FITS


def test_four_small_cards_run_what_none_of_them_can() -> None:
    facts = machine(*(card(12, index=i, capability=(7, 5)) for i in range(4)))

    option = selection.choose(THIRTEEN, facts).chosen

    assert (option.precision, option.device_kind) == (FP16, "cuda")
    assert option.verdict is Verdict.FITS


def test_cards_of_two_ages_share_the_older_ones_type() -> None:
    facts = machine(card(24, index=0), card(16, index=1, capability=(7, 5)))

    option = find(THIRTEEN, facts, FP16, "cuda", 1)

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
    assert layers == ("cuda:0",) * layers.count("cuda:0") + ("cpu",) * layers.count("cpu")
    assert decision.chosen.device_name == f"NVIDIA GeForce RTX 3060 + {PROCESSOR}"
    assert decision.chosen.verdict is Verdict.TIGHT
    assert str(decision.chosen.sentence) == (
        f"bf16 runs with {layers.count('cpu')} of 40 layers in the machine's memory, which is slow."
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


# --- no card -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bf16", "free_gib", "precision"),
    [
        (True, 56, BF16),
        (True, 18, BF16),
        (False, 56, FP32),
        (False, 24, BF16),  # fp32 needs 32.4 GiB
    ],
)
def test_without_a_card(bf16: bool, free_gib: float, precision: Precision) -> None:
    assert chosen(SEVEN, machine(bf16=bf16, free_gib=free_gib)) == ("torch_cpu", precision, "cpu")


def test_quantised_weights_run_on_a_processor_only_if_asked_for() -> None:
    """Bitsandbytes is slow there."""
    facts = machine(free_gib=12)

    assert "bf16 needs 16." in refusal(SEVEN, facts, kind=InsufficientMemoryError)
    assert chosen(SEVEN, facts, Wishes(precision=NF4)) == ("bitsandbytes", NF4, "cpu")


def test_little_memory_is_said_with_the_smallest_need() -> None:
    message = refusal(SEVEN, machine(free_gib=4), kind=InsufficientMemoryError)

    assert message == f"bf16 needs 16.4 GiB on {PROCESSOR}, but only 4.0 GiB is free."


GROUP = Bound(Phrase("the control group"), 6 * GIB, 4 * GIB)


def test_a_limit_is_named_where_it_leaves_too_little_and_its_hint_is_to_raise_it() -> None:
    with pytest.raises(InsufficientMemoryError) as caught:
        selection.choose(SEVEN, replace(machine(free_gib=4), limit=GROUP))

    assert caught.value.message == (
        f"bf16 needs 16.4 GiB on {PROCESSOR}, but only 4.0 GiB is free of the 6.0 GiB that the "
        "control group allows."
    )
    assert caught.value.hint.startswith("Raise that limit")


@pytest.mark.parametrize("missing", [1, 2**20, GIB // 25])
def test_what_does_not_fit_is_never_said_to_be_as_much_as_is_free(missing: int) -> None:
    """Seen: “needs 0.3 GiB, but only 0.3 GiB is free”."""
    need = find(SEVEN, machine(), BF16, "cpu").need
    assert need is not None
    facts = replace(machine(), free_memory_bytes=need.total - missing)

    sentence = str(find(SEVEN, facts, BF16, "cpu").sentence)

    needed, free = re.findall(r"([0-9.]+) GiB", sentence)
    assert 0 < float(needed) - float(free) <= 0.2


def test_a_limit_of_the_machine_is_none_of_a_card_nor_of_what_fits() -> None:
    with pytest.raises(InsufficientMemoryError) as caught:
        selection.choose(SEVEN, replace(machine(card(6), free_gib=4), limit=GROUP))
    fits = selection.choose(SEVEN, replace(machine(free_gib=40), limit=GROUP))

    assert "GeForce" in caught.value.message
    assert "control group" not in caught.value.message + str(fits.reason)
    assert caught.value.hint.startswith("Close other programs")


def test_little_memory_on_card_and_machine() -> None:
    message = refusal(SEVEN, machine(card(6), free_gib=4), kind=InsufficientMemoryError)

    assert message == "4-bit needs 7.8 GiB on NVIDIA GeForce RTX 3060, but only 5.8 GiB is free."


# --- libraries ---------------------------------------------------------------------------


def test_without_bitsandbytes_there_are_no_quantised_precisions() -> None:
    facts = machine(card(12), libraries={"torch": "2.11.0"})

    assert chosen(SEVEN, facts) == ("torch_cuda", BF16, "cuda+cpu")
    assert str(find(SEVEN, facts, INT8).sentence) == (
        "8-bit needs bitsandbytes, which is not installed."
    )
    message = refusal(SEVEN, facts, Wishes(precision=NF4))
    assert message == "4-bit needs bitsandbytes, which is not installed."


@pytest.mark.parametrize("facts", [machine(libraries={}), machine(card(24), libraries={})])
@pytest.mark.parametrize("device", [None, "cpu"])
def test_without_torch_nothing_runs(facts: Machine, device: str | None) -> None:
    facts = dataclasses.replace(facts, torch_cuda=None)

    assert refusal(SEVEN, facts, Wishes(wanted_device=device)) == "torch is not installed."
    for option in selection.options(SEVEN, facts):
        assert option.verdict is Verdict.UNAVAILABLE
        assert str(option.sentence) in (
            "torch is not installed.", "No graphics card of this machine can be used."
        )  # fmt: skip


def test_a_card_that_torch_was_not_built_for() -> None:
    facts = machine(card(24), torch_cuda=None)

    assert chosen(SEVEN, facts) == ("torch_cpu", FP32, "cpu")
    assert str(selection.choose(SEVEN, facts).reason).startswith(
        "NVIDIA GeForce RTX 3060 cannot be used: torch is installed without CUDA. fp32 needs "
    )


# --- wishes ------------------------------------------------------------------------------


def test_prefer_speed_takes_4_bit_before_8_bit() -> None:
    facts = machine(card(12))

    assert chosen(SEVEN, facts) == ("bitsandbytes", INT8, "cuda")
    assert chosen(SEVEN, facts, Wishes(prefer_speed=True)) == ("bitsandbytes", NF4, "cuda")


def test_prefer_speed_does_not_give_bf16_up() -> None:
    """On a big card quantising is slower."""
    assert chosen(SEVEN, machine(card(80)), Wishes(prefer_speed=True))[1] is BF16


@pytest.mark.parametrize("precision", [BF16, INT8, NF4, FP4])
def test_a_precision_that_is_asked_for(precision: Precision) -> None:
    decision = selection.choose(SEVEN, machine(card(24)), Wishes(precision=precision))

    assert decision.chosen.precision is precision
    assert decision.chosen.device_kind == "cuda"
    assert str(decision.reason).startswith("You chose this precision. ")


def test_a_precision_that_does_not_fit_says_what_it_needs() -> None:
    facts = machine(card(12), free_gib=8)

    message = refusal(THIRTEEN, facts, Wishes(precision=INT8), InsufficientMemoryError)

    assert message == f"8-bit needs 17.7 GiB on {PROCESSOR}, but only 8.0 GiB is free."
    message = refusal(THIRTEEN, facts, Wishes(INT8, "cuda"), InsufficientMemoryError)
    assert message == "8-bit needs 18.4 GiB on NVIDIA GeForce RTX 3060, but only 11.6 GiB is free."


def test_a_precision_that_no_card_has() -> None:
    message = refusal(SEVEN, machine(card(24)), Wishes(precision=FP16))

    assert message == "fp16 does not run on this machine."


def test_the_processor_that_is_asked_for() -> None:
    decision = selection.choose(SEVEN, machine(card(24)), Wishes(wanted_device="cpu"))

    assert (decision.chosen.backend, decision.chosen.precision) == ("torch_cpu", FP32)
    assert decision.reason == decision.chosen.sentence


def test_the_card_that_is_asked_for() -> None:
    decision = selection.choose(SEVEN, big_and_small(), Wishes(NF4, wanted_device="cuda:0"))
    message = refusal(SEVEN, big_and_small(), Wishes(INT8, "cuda:0"), InsufficientMemoryError)

    assert decision.chosen.devices.layers == ("cuda:0",) * 32
    assert "on NVIDIA GeForce RTX 4060" in message


def test_cards_that_are_asked_for_do_not_fall_back_to_the_processor() -> None:
    message = refusal(
        THIRTEEN, machine(card(8)), Wishes(wanted_device="cuda"), InsufficientMemoryError
    )

    assert message == "4-bit needs 12.7 GiB on NVIDIA GeForce RTX 3060, but only 7.8 GiB is free."


def test_a_card_on_a_machine_without_one() -> None:
    message = refusal(SEVEN, machine(), Wishes(wanted_device="cuda"))

    assert message == "This machine has no NVIDIA card that can be used."


@pytest.mark.parametrize("text", ["cpu", "cuda", "cuda:0", "cuda:1"])
def test_devices_have_names(text: str) -> None:
    assert selection.known_device(text, big_and_small()) == text
    assert selection.known_device(parse_device("auto"), big_and_small()) is None


@pytest.mark.parametrize("text", ["cuda:2", "gpu", "", "CPU", "mps"])
def test_a_device_that_is_not_there(text: str) -> None:
    with pytest.raises(BackendUnavailableError) as caught:
        selection.known_device(text, big_and_small())

    assert_one_sentence(caught.value)
    assert caught.value.message == (
        f"There is no device “{text}”; there are auto, cpu, cuda, cuda:0, cuda:1."
    )


def test_precisions_have_names() -> None:
    assert parse_precision("auto") is None
    for precision in Precision:
        assert parse_precision(precision.value) is precision


@pytest.mark.parametrize("text", ["int8", "4 bit", "", "BF16", "q4_0"])
def test_a_precision_that_is_not_there(text: str) -> None:
    with pytest.raises(BackendUnavailableError) as caught:
        parse_precision(text)

    assert_one_sentence(caught.value)
    assert caught.value.message == (
        f"There is no precision “{text}”; there are auto, fp32, bf16, fp16, 8bit, 4bit, fp4, "
        "onnx-int4, onnx-int8, onnx-fp16, onnx-fp32."
    )


# --- files that are stored quantised -----------------------------------------------------


@pytest.mark.parametrize("stored", [INT8, NF4, FP4])
def test_quantised_files_run_as_they_are(stored: Precision) -> None:
    model = Model(BAICHUAN2_7B, 4096, stored)

    decision = selection.choose(model, machine(card(80)))

    assert (decision.chosen.backend, decision.chosen.precision) == ("bitsandbytes", stored)
    assert {option.precision for option in decision.options} == {stored}


def test_quantised_files_run_on_a_processor_too() -> None:
    assert chosen(Model(BAICHUAN2_7B, 4096, NF4), machine()) == ("bitsandbytes", NF4, "cpu")


def test_quantised_files_in_another_precision() -> None:
    model = Model(BAICHUAN2_7B, 4096, NF4)

    message = refusal(model, machine(card(80)), Wishes(precision=BF16))

    assert message == (
        "These files hold 4-bit weights, which run as they are and in no other precision."
    )


def test_quantised_files_without_bitsandbytes() -> None:
    model = Model(BAICHUAN2_7B, 4096, NF4)

    message = refusal(model, machine(card(24), libraries={"torch": "2.11.0"}))

    assert message == "4-bit needs bitsandbytes, which is not installed."


def test_quantised_files_that_do_not_fit() -> None:
    model = Model(BAICHUAN2_13B, 4096, NF4)

    message = refusal(model, machine(card(8), free_gib=6), kind=InsufficientMemoryError)

    assert message == f"4-bit needs 12.0 GiB on {PROCESSOR}, but only 6.0 GiB is free."


# --- exports -----------------------------------------------------------------------------

ONNX = {"onnx": "1.23.2", "onnxruntime": "1.31.1"}
WITH_ONNX = LIBRARIES | ONNX


def exported(*precisions: Precision, has_tensors: bool = True) -> Model:
    """A 7B model with exports of 5 GiB."""
    exports = dict.fromkeys(precisions, 5 * GIB)
    return Model(BAICHUAN2_7B, 4096, exports=exports, has_tensors=has_tensors)


@pytest.mark.parametrize(
    ("exports", "bf16", "prefer_speed", "expected"),
    [
        ("int4 int8 fp32", True, False, "onnx-int8"),
        ("int4 int8 fp32", False, False, "onnx-int8"),
        ("int4 int8 fp32", True, True, "onnx-int4"),
        ("int4", True, False, "onnx-int4"),
        ("fp32", False, False, "onnx-fp32"),
        ("fp32", True, False, "bf16"),  # half the bytes a token
        ("fp16", True, False, "bf16"),  # which is for cards
        ("", True, False, "bf16"),
    ],
)
def test_without_a_card_an_export_is_taken(
    exports: str, bf16: bool, prefer_speed: bool, expected: str
) -> None:
    model = exported(*(Precision(f"onnx-{name}") for name in exports.split()))
    facts = machine(bf16=bf16, libraries=WITH_ONNX)

    backend, precision, device = chosen(model, facts, Wishes(prefer_speed=prefer_speed))

    assert (precision.value, device) == (expected, "cpu")
    assert backend == ("onnx_runtime" if precision.is_onnx else "torch_cpu")


def test_a_card_that_fits_goes_before_an_export() -> None:
    model = exported(Precision.ONNX_INT4)

    assert chosen(model, machine(card(24), libraries=WITH_ONNX))[0] == "torch_cuda"
    assert chosen(model, machine(card(12), libraries=WITH_ONNX))[0] == "bitsandbytes"


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

    assert not [o for o in selection.options(SEVEN, facts) if o.precision.is_onnx]
    assert refusal(SEVEN, facts, Wishes(Precision.ONNX_INT8)) == (
        "This model has no export at ONNX int8."
    )


@pytest.mark.parametrize(
    ("libraries", "sentence"),
    [
        (LIBRARIES, "ONNX int4 needs onnx, which is not installed."),
        (LIBRARIES | {"onnx": "1"}, "ONNX int4 needs onnxruntime, which is not installed."),
        (
            WITH_ONNX | {"onnxruntime-gpu": "1"},
            "onnxruntime and onnxruntime-gpu are both installed, and each breaks the other.",
        ),
    ],
)
def test_onnx_runtime_that_cannot_be_used(libraries: dict[str, str], sentence: str) -> None:
    model, facts = exported(Precision.ONNX_INT4), machine(libraries=libraries)

    assert chosen(model, facts)[0] == "torch_cpu"
    assert refusal(model, facts, Wishes(Precision.ONNX_INT4)) == sentence


def test_the_build_for_cards_has_the_processor_too() -> None:
    libraries = LIBRARIES | {"onnx": "1", "onnxruntime-gpu": "1"}

    assert chosen(exported(Precision.ONNX_INT4), machine(libraries=libraries)) == (
        "onnx_runtime", Precision.ONNX_INT4, "cpu",
    )  # fmt: skip


def test_an_export_in_fp16_runs_on_a_card() -> None:
    model = exported(Precision.ONNX_FP16, has_tensors=False)
    libraries = LIBRARIES | {"onnx": "1", "onnxruntime-gpu": "1"}

    assert chosen(model, machine(card(24), libraries=libraries)) == (
        "onnx_runtime", Precision.ONNX_FP16, "cuda",
    )  # fmt: skip
    assert refusal(model, machine(card(24), libraries=WITH_ONNX)) == (
        "ONNX fp16 needs onnxruntime-gpu, which is not installed."
    )
    assert refusal(model, machine(libraries=WITH_ONNX)) == "ONNX fp16 is for graphics cards."


def test_an_export_alone_runs_without_torch() -> None:
    model = exported(Precision.ONNX_INT4, has_tensors=False)

    assert chosen(model, machine(libraries=ONNX)) == (
        "onnx_runtime", Precision.ONNX_INT4, "cpu",
    )  # fmt: skip
    assert refusal(model, machine(libraries=ONNX), Wishes(BF16)) == (
        "This is an export, which runs at ONNX int4 only."
    )


def test_an_export_that_does_not_fit_the_memory() -> None:
    message = refusal(
        exported(Precision.ONNX_INT4, has_tensors=False),
        machine(free_gib=6.0, libraries=WITH_ONNX),
        kind=InsufficientMemoryError,
    )

    assert message.startswith("ONNX int4 needs 9.4 GiB on")


# --- what holds for every machine --------------------------------------------------------

CARDS: list[tuple[Gpu, ...]] = [
    (),
    *(
        (card(gib, capability=capability),)
        for gib in (6, 8, 12, 16, 24, 48, 80)
        for capability in ((6, 1), (7, 5), (8, 6), (9, 0))
    ),
    (card(24, free_gib=1.0),),
    (card(12, index=0), card(24, index=1)),
    (card(8, index=0), card(8, index=1), card(8, index=2)),
    (card(16, index=0, capability=(7, 5)), card(16, index=1, capability=(6, 1))),
]
FACTS = [
    machine(*cards, free_gib=free_gib, libraries=libraries, torch_cuda=cuda)
    for cards, free_gib, libraries, cuda in itertools.product(
        CARDS,
        (3.0, 20.0, 56.0),
        ({}, {"torch": "2.11.0"}, None),
        (None, "12.6", "13.0"),
    )
    if libraries != {} or cuda is None
]


@pytest.mark.parametrize("stored", [None, INT8, NF4])
@pytest.mark.parametrize("config", [BAICHUAN2_7B, BAICHUAN2_13B], ids=["7b", "13b"])
def test_every_option_of_every_machine_has_its_sentence(
    config: ModelConfig, stored: Precision | None
) -> None:
    model = Model(config, 4096, stored)
    for facts in FACTS:
        for option in selection.options(model, facts):
            sentence = str(option.sentence)
            assert sentence.endswith("."), sentence
            assert not re.search(r"[.!?] [A-Z]", sentence), sentence
            assert "{" not in sentence
            assert len(option.devices.layers) == config.num_layers
            assert option.device_name
            if option.verdict is Verdict.UNAVAILABLE:
                assert option.need is None
            elif option.devices.single:
                assert option.need is not None
                free = {gpu.device: gpu.free_memory_bytes for gpu in facts.gpus}
                free["cpu"] = facts.free_memory_bytes
                free_bytes = free[option.devices.first]
                assert (option.need.total > free_bytes) is (option.verdict is Verdict.TOO_LARGE)
                for figure in apart_in_gib(option.need.total, free_bytes):
                    assert f"{figure:.1f} GiB" in sentence
            elif option.verdict is Verdict.TOO_LARGE:
                assert len(re.findall(r"\d+\.\d GiB", sentence)) == 2


@pytest.mark.parametrize("stored", [None, INT8, NF4])
@pytest.mark.parametrize("config", [BAICHUAN2_7B, BAICHUAN2_13B], ids=["7b", "13b"])
def test_the_decision_runs_or_is_a_named_error(
    config: ModelConfig, stored: Precision | None
) -> None:
    model = Model(config, 4096, stored)
    wishes = [
        Wishes(precision, device, prefer_speed)
        for precision in (None, BF16, NF4)
        for device in (None, "cpu", "cuda")
        for prefer_speed in (False, True)
    ]
    outcomes: set[type] = set()
    for facts, wish in itertools.product(FACTS[::11], wishes):
        try:
            decision = selection.choose(model, facts, wish)
        except (InsufficientMemoryError, BackendUnavailableError) as error:
            assert_one_sentence(error)
            outcomes.add(type(error))
            continue
        outcomes.add(type(decision))
        option = decision.chosen
        assert option.verdict.runs
        assert option in decision.options
        assert wish.precision in (None, option.precision)
        assert wish.wanted_device in (None, option.device_kind)
        assert str(decision.reason).endswith(str(option.sentence))
    assert len(outcomes) == 3


@pytest.mark.parametrize("facts", [machine(), machine(card(12, index=0), card(24, index=1))])
def test_options_that_run_are_told_apart_by_precision_and_device(facts: Machine) -> None:
    options = [o for o in selection.options(SEVEN, facts) if o.verdict.runs]

    keys = {(option.backend, option.precision, option.devices) for option in options}

    assert len(keys) == len(options)


def test_the_order_of_preference() -> None:
    facts = machine(card(12), bf16=True)

    order = [(o.precision, o.device_kind) for o in selection.options(SEVEN, facts)]

    assert order == [
        (BF16, "cuda"), (INT8, "cuda"), (NF4, "cuda"), (BF16, "cuda+cpu"),
        (BF16, "cpu"), (FP32, "cpu"), (INT8, "cpu"), (NF4, "cpu"), (FP4, "cuda"), (FP4, "cpu"),
    ]  # fmt: skip


# --- what the processor can do -----------------------------------------------------------


def with_features(*features: str, free_gib: float = 56.0) -> Machine:
    """A machine without cards, whose processor has these features and no other."""
    return dataclasses.replace(machine(free_gib=free_gib), features=frozenset(features))


WIDE = ("sse2", "sse4_1", "avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl")


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


@pytest.mark.parametrize(
    ("features", "lacks"),
    [
        (("sse2", "sse4_1", "avx2"), "AVX512"),
        (("sse2", "sse4_1", "avx2", "avx512f"), "AVX512"),
        (("asimd",), "bf16"),
    ],
)
def test_bf16_that_reads_prompts_slowly_says_so(features: tuple[str, ...], lacks: str) -> None:
    option = find(SEVEN, with_features(*features), BF16, "cpu")

    assert option.verdict is Verdict.FITS
    assert str(option.sentence) == (
        f"bf16 needs 16.4 GiB on {PROCESSOR} of the 56.0 GiB that is free, but reads prompts about "
        f"ten times slower than fp32, as this processor lacks {lacks}."
    )


@pytest.mark.parametrize("features", [WIDE, ("sse2", "sse4_1", "avx2", "avx_ne_convert"), ()])
def test_bf16_that_is_packed_or_of_which_nothing_is_known_is_not_called_slow(
    features: tuple[str, ...],
) -> None:
    assert "slower" not in str(find(SEVEN, with_features(*features), BF16, "cpu").sentence)


def test_slow_bf16_is_chosen_where_fp32_does_not_fit() -> None:
    facts = with_features("sse2", "sse4_1", "avx2", free_gib=20)

    decision = selection.choose(SEVEN, facts)

    assert decision.chosen.precision is BF16
    assert "ten times slower" in str(decision.reason)


def test_bf16_is_refused_before_avx2() -> None:
    facts = with_features("sse2", "sse4_1")

    option = find(SEVEN, facts, BF16, "cpu")

    assert option.verdict is Verdict.UNAVAILABLE
    assert option.need is None
    message = refusal(SEVEN, facts, Wishes(precision=BF16))
    assert message == str(option.sentence) == f"bf16 needs AVX2, which {PROCESSOR} lacks."


def test_a_card_runs_bf16_whatever_the_processor_is() -> None:
    facts = dataclasses.replace(machine(card(24)), features=frozenset({"sse2"}))

    assert chosen(SEVEN, facts) == ("torch_cuda", BF16, "cuda")


@pytest.mark.parametrize("precision", [BF16, FP32, INT8, NF4, FP4])
def test_what_was_found_wrong_on_a_processor_is_refused_there(precision: Precision) -> None:
    reason = Phrase("It multiplies wrongly.")
    facts = dataclasses.replace(machine(card(24), bf16=True), refused={precision: reason})

    found = {option.precision: option for option in selection.options(SEVEN, facts)
             if option.device_kind == "cpu"}  # fmt: skip

    assert found.pop(precision).sentence == reason
    assert all(option.verdict.runs for option in found.values())
    cards = [option for option in selection.options(SEVEN, facts) if option.device_kind == "cuda"]
    assert all(option.sentence != reason for option in cards)


# --- with other free memory ------------------------------------------------------------------


@pytest.mark.parametrize("model", [SEVEN, THIRTEEN])
def test_an_option_still_runs_where_it_would_be_offered_as_one_that_runs(model: Model) -> None:
    def cards(*free_gib: float) -> list[Gpu]:
        return [card(24, free_gib=free, index=index) for index, free in enumerate(free_gib)]

    def keys(facts: Machine) -> set[tuple[Precision, str, str | None]]:
        return {key(option) for option in selection.options(model, facts) if option.verdict.runs}

    def key(option: Option) -> tuple[Precision, str, str | None]:
        first = option.devices.first if option.devices.single else None
        return option.precision, option.device_kind, first

    freed = machine(*cards(23.0, 23.0), free_gib=60)
    outcomes = set()
    for free, rest in itertools.product(((23.0, 23.0), (2.0, 23.0), (1.0, 1.0), (12.0, 9.0)),
                                        (60, 15, 2)):  # fmt: skip
        now = machine(*cards(*free), free_gib=rest)
        for option in selection.options(model, freed):
            if option.verdict.runs:
                expected = key(option) in keys(now)
                assert still_runs(option, model, now) is expected
                outcomes.add(expected)
    assert outcomes == {False, True}


def test_only_bitsandbytes_on_a_processor_is_slow() -> None:
    every = selection.options(SEVEN, machine(card(24)))

    slow = {(option.precision, option.device_kind) for option in every if option.is_slow}

    assert slow == {(INT8, "cpu"), (NF4, "cpu"), (FP4, "cpu")}
