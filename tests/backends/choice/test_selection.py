"""One decision from facts: what runs on which machine."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import replace

import pytest

from backends.choice import selection
from backends.choice.values import Model, Verdict, Wishes
from backends.errors import BackendUnavailableError, InsufficientMemoryError
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.phrases import Phrase
from backends.precision import Precision, parse_device
from tests.helpers.choices import (
    BF16,
    FACTS,
    FP4,
    FP16,
    FP32,
    INT8,
    NF4,
    ONNX,
    SEVEN,
    THIRTEEN,
    WITH_ONNX,
    chosen,
    exported,
    find,
    refusal,
    with_features,
)
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, PROCESSOR, card, machine
from tests.helpers.sentences import assert_one_sentence

# --- one card ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "gib", "expected"),
    [
        (SEVEN, 6, ("bnb_cuda", NF4, "cuda")),
        (SEVEN, 8, ("bnb_cuda", NF4, "cuda")),
        (SEVEN, 10, ("bnb_cuda", NF4, "cuda")),
        (SEVEN, 12, ("bnb_cuda", INT8, "cuda")),
        (SEVEN, 16, ("bnb_cuda", INT8, "cuda")),
        (SEVEN, 24, ("torch_cuda", BF16, "cuda")),
        (SEVEN, 48, ("torch_cuda", BF16, "cuda")),
        (SEVEN, 80, ("torch_cuda", BF16, "cuda")),
        (THIRTEEN, 6, ("bnb_cuda", NF4, "cuda+cpu")),
        (THIRTEEN, 8, ("bnb_cuda", NF4, "cuda+cpu")),
        (THIRTEEN, 10, ("bnb_cuda", NF4, "cuda")),
        (THIRTEEN, 12, ("bnb_cuda", NF4, "cuda")),
        (THIRTEEN, 16, ("bnb_cuda", NF4, "cuda")),
        (THIRTEEN, 24, ("bnb_cuda", INT8, "cuda")),
        (THIRTEEN, 48, ("torch_cuda", BF16, "cuda")),
        (THIRTEEN, 80, ("torch_cuda", BF16, "cuda")),
    ],
)
def test_a_card_of_some_size(model: Model, gib: int, expected: tuple[str, Precision, str]) -> None:
    assert chosen(model, machine(card(gib))) == expected


def test_a_shorter_context_makes_room() -> None:
    """What the window offers before layers go to the machine's memory."""
    assert chosen(Model(BAICHUAN2_7B, 2048), machine(card(8))) == ("bnb_cuda", NF4, "cuda")


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


def test_a_card_that_another_program_fills() -> None:
    facts = machine(card(24, free_gib=6.9))

    assert chosen(SEVEN, facts) == ("bnb_cuda", NF4, "cuda")
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
    """The machine has no room for an embedding, and the person wants this context."""
    facts = machine(card(8, free_gib=7.6), free_gib=1.0)  # 7.42 GiB with a head in 8 bits

    option = selection.choose(replace(SEVEN, context_is_asked=True), facts).chosen

    assert (option.precision, option.device_kind, option.verdict) == (NF4, "cuda", Verdict.TIGHT)


def test_what_is_tight_runs_if_it_is_asked_for() -> None:
    decision = selection.choose(SEVEN, machine(card(18, free_gib=17.0)), Wishes(precision=BF16))

    assert decision.chosen.verdict is Verdict.TIGHT
    assert str(decision.reason) == f"You chose this precision. {decision.chosen.sentence}"


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
    assert chosen(SEVEN, facts, Wishes(precision=NF4)) == ("bnb_cuda", NF4, "cpu")


def test_little_memory_is_said_with_the_smallest_need() -> None:
    message = refusal(SEVEN, machine(free_gib=4), kind=InsufficientMemoryError)

    assert message == f"bf16 needs 16.4 GiB on {PROCESSOR}, but only 4.0 GiB is free."


def test_little_memory_on_card_and_machine() -> None:
    message = refusal(SEVEN, machine(card(4), free_gib=4), kind=InsufficientMemoryError)

    assert message == (
        "4-bit with the embedding in the machine's memory and an 8-bit head needs 6.4 GiB on "
        "NVIDIA GeForce RTX 3060, but only 3.9 GiB is free."
    )


# --- wishes ------------------------------------------------------------------------------


def test_prefer_speed_takes_4_bit_before_8_bit() -> None:
    facts = machine(card(12))

    assert chosen(SEVEN, facts) == ("bnb_cuda", INT8, "cuda")
    assert chosen(SEVEN, facts, Wishes(prefer_speed=True)) == ("bnb_cuda", NF4, "cuda")


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
    facts = machine(card(12), free_gib=6)

    message = refusal(THIRTEEN, facts, Wishes(precision=INT8), InsufficientMemoryError)

    assert message == f"8-bit needs 17.7 GiB on {PROCESSOR}, but only 6.0 GiB is free."
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
    message = refusal(THIRTEEN, big_and_small(), Wishes(INT8, "cuda:0"), InsufficientMemoryError)

    assert decision.chosen.devices.layers == ("cuda:0",) * 32
    assert "on NVIDIA GeForce RTX 4060" in message


def test_cards_that_are_asked_for_do_not_fall_back_to_the_processor() -> None:
    message = refusal(
        THIRTEEN, machine(card(8)), Wishes(wanted_device="cuda"), InsufficientMemoryError
    )

    assert message == (
        "4-bit with the embedding in the machine's memory and an 8-bit head needs 10.9 GiB on "
        "NVIDIA GeForce RTX 3060, but only 7.8 GiB is free."
    )


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


# --- files that are stored quantised -----------------------------------------------------


@pytest.mark.parametrize("stored", [INT8, NF4, FP4])
def test_quantised_files_run_as_they_are(stored: Precision) -> None:
    model = Model(BAICHUAN2_7B, 4096, stored)

    decision = selection.choose(model, machine(card(80)))

    assert (decision.chosen.backend, decision.chosen.precision) == ("bnb_cuda", stored)
    assert {option.precision for option in decision.options} == {stored}


def test_quantised_files_run_on_a_processor_too() -> None:
    assert chosen(Model(BAICHUAN2_7B, 4096, NF4), machine()) == ("bnb_cuda", NF4, "cpu")


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

    message = refusal(model, machine(card(8), free_gib=3), kind=InsufficientMemoryError)

    assert message.endswith("needs 10.9 GiB on NVIDIA GeForce RTX 3060, but only 7.8 GiB is free.")
    message = refusal(model, machine(free_gib=6), kind=InsufficientMemoryError)
    assert message == f"4-bit needs 12.0 GiB on {PROCESSOR}, but only 6.0 GiB is free."


# --- exports -----------------------------------------------------------------------------


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
    assert chosen(model, machine(card(12), libraries=WITH_ONNX))[0] == "bnb_cuda"


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


# --- what the processor can do -----------------------------------------------------------


def test_slow_bf16_is_chosen_where_fp32_does_not_fit() -> None:
    facts = with_features("sse2", "sse4_1", "avx2", free_gib=20)

    decision = selection.choose(SEVEN, facts)

    assert decision.chosen.precision is BF16
    assert "ten times slower" in str(decision.reason)


def test_a_card_runs_bf16_whatever_the_processor_is() -> None:
    facts = dataclasses.replace(machine(card(24)), features=frozenset({"sse2"}))

    assert chosen(SEVEN, facts) == ("torch_cuda", BF16, "cuda")


@pytest.mark.parametrize("wanted", ["cuda", "cuda:0", "cuda:1"])
def test_a_card_that_is_hidden_is_not_called_missing(wanted: str) -> None:
    with pytest.raises(BackendUnavailableError) as caught:
        selection.known_device(wanted, replace(machine(), hidden_cards=2))

    assert caught.value.message == (
        "The variable CUDA_VISIBLE_DEVICES hides every NVIDIA card of this machine."
    )
    with pytest.raises(BackendUnavailableError, match="has no NVIDIA card"):
        selection.known_device(wanted, machine())


# --- what an error of memory says to do ---------------------------------------------------


def memory_hint(model: Model, facts: Machine, wishes: Wishes) -> str:
    with pytest.raises(InsufficientMemoryError) as caught:
        selection.choose(model, facts, wishes)
    return str(caught.value.hint)


@pytest.mark.parametrize(
    ("facts", "wishes", "hint"),
    [
        (
            machine(card(8)),
            Wishes(NF4, "cuda"),
            (
                "Choose the device “auto”: 4-bit runs on NVIDIA GeForce RTX 3060 + AMD Ryzen 7 "
                "5800X 8-Core Processor."
            ),
        ),
        (
            machine(card(4)),
            Wishes(FP4, "cuda"),
            "Choose the device “auto”: 4-bit (FP4) runs on AMD Ryzen 7 5800X 8-Core Processor.",
        ),
        (
            machine(card(12), free_gib=3.0),
            Wishes(None, "cpu"),
            "Choose the device “auto”: 4-bit runs on NVIDIA GeForce RTX 3060.",
        ),
        (
            machine(free_gib=20.0),
            Wishes(),
            "Choose the precision “8bit”: 8-bit runs on AMD Ryzen 7 5800X 8-Core Processor.",
        ),
        (
            machine(free_gib=13.0),
            Wishes(FP32, "cpu"),
            "Choose the precision “4bit”: 4-bit runs on AMD Ryzen 7 5800X 8-Core Processor.",
        ),
        (
            machine(card(12), free_gib=3.0),
            Wishes(BF16, "cpu"),
            (
                "Choose the device “auto” and the precision “4bit”: 4-bit runs on NVIDIA GeForce "
                "RTX 3060."
            ),
        ),
        (
            machine(free_gib=3.0),
            Wishes(),
            "Close other programs, or choose a smaller context length or model.",
        ),
    ],
)
def test_an_error_of_memory_names_what_runs(facts: Machine, wishes: Wishes, hint: str) -> None:
    assert memory_hint(THIRTEEN, facts, wishes) == hint


def hint_of(model: Model, facts: Machine, wishes: Wishes) -> str | Phrase:
    """The hint of an error of memory; empty where there is none."""
    try:
        selection.choose(model, facts, wishes)
    except InsufficientMemoryError as error:
        return error.hint
    except BackendUnavailableError:
        return ""
    return ""


@pytest.mark.parametrize("model", [SEVEN, THIRTEEN])
def test_what_an_error_of_memory_names_does_run_there(model: Model) -> None:
    """Whatever the machine and the wish: who follows the hint gets what it says."""
    named = 0
    wanted = itertools.product((None, BF16, FP32, INT8, NF4, FP4), (None, "cpu", "cuda"))
    for facts, (precision, device) in itertools.product(FACTS[2::6], list(wanted)):
        wishes = Wishes(precision, device)
        hint = hint_of(model, facts, wishes)
        if isinstance(hint, Phrase):
            if "device “auto”" in hint.template:
                wishes = replace(wishes, wanted_device=None)
            if "name" in hint.facts:
                wishes = replace(wishes, precision=Precision(str(hint.facts["name"])))
            option = selection.choose(model, facts, wishes).chosen
            told = (hint.facts["precision"], hint.facts["device"])
            assert told == (option.precision.label, facts.shown_names(option.devices.layers))
            named += 1
    assert named > 20
