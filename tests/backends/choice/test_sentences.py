"""Why an option fits, or does not, or cannot run at all, in one sentence each."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace

import pytest

from backends.choice import selection
from backends.choice.options import options
from backends.choice.values import Model, Verdict, Wishes
from backends.errors import InsufficientMemoryError, apart_in_gib
from backends.machine.hardware import Machine
from backends.machine.memory_room import Bound
from backends.model_config import ModelConfig
from backends.phrases import Phrase
from backends.precision import Precision
from tests.helpers.choices import (
    BF16,
    FACTS,
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
    with_features,
)
from tests.helpers.machines import (
    BAICHUAN2_7B,
    BAICHUAN2_13B,
    GIB,
    LIBRARIES,
    PROCESSOR,
    card,
    machine,
)


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

    assert chosen(SEVEN, facts) == ("bnb_cuda", NF4, "cuda")
    assert str(find(SEVEN, facts, INT8).sentence) == (
        "8-bit needs compute capability 7.5, but NVIDIA GeForce GTX 1080 Ti has 6.1."
    )


@pytest.mark.parametrize("capability", [(5, 0), (5, 2)])
@pytest.mark.parametrize("precision", [NF4, FP4])
def test_a_maxwell_card_runs_16_bit_alone(
    capability: tuple[int, int], precision: Precision
) -> None:
    """PyTorch has code for it, and bitsandbytes would end the engine."""
    old = card(12, capability=capability, name="NVIDIA GeForce GTX TITAN X")
    facts = machine(old, torch_cuda="12.6")

    option = find(SEVEN, facts, precision)

    assert option.verdict is Verdict.UNAVAILABLE
    assert str(option.sentence) == (
        f"{precision.label} needs compute capability 6.0, but NVIDIA GeForce GTX TITAN X has "
        f"{capability[0]}.{capability[1]}."
    )
    every = options(SEVEN, facts)
    on_card = {o.precision for o in every if o.device_kind != "cpu" and o.verdict.runs}
    assert on_card == {FP16}
    published = options(replace(SEVEN, stored=NF4), facts)
    assert not any(o.verdict.runs for o in published if o.device_kind != "cpu")


GROUP = Bound(Phrase("the control group"), 6 * GIB, 4 * GIB)


def test_a_limit_is_named_where_it_leaves_too_little_and_its_hint_is_to_raise_it() -> None:
    with pytest.raises(InsufficientMemoryError) as caught:
        selection.choose(SEVEN, replace(machine(free_gib=4), limit=GROUP))

    assert caught.value.message == (
        f"bf16 needs 16.4 GiB on {PROCESSOR}, but only 4.0 GiB is free of the 6.0 GiB that the "
        "control group allows."
    )
    assert str(caught.value.hint).startswith("Raise that limit")


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
        selection.choose(SEVEN, replace(machine(card(4), free_gib=4), limit=GROUP))
    fits = selection.choose(SEVEN, replace(machine(free_gib=40), limit=GROUP))

    assert "GeForce" in caught.value.message
    assert "control group" not in caught.value.message + str(fits.reason)
    assert str(caught.value.hint).startswith("Close other programs")


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
    for option in options(SEVEN, facts):
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


@pytest.mark.parametrize("stored", [None, INT8, NF4])
@pytest.mark.parametrize("config", [BAICHUAN2_7B, BAICHUAN2_13B], ids=["7b", "13b"])
def test_every_option_of_every_machine_has_its_sentence(
    config: ModelConfig, stored: Precision | None
) -> None:
    model = Model(config, 4096, stored)
    for facts in FACTS:
        for option in options(model, facts):
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
                free_bytes = free[option.devices.last]
                assert (option.need.total > free_bytes) is (option.verdict is Verdict.TOO_LARGE)
                assert option.host_bytes <= free["cpu"]
                for figure in apart_in_gib(option.need.total, free_bytes):
                    assert f"{figure:.1f} GiB" in sentence
            elif option.verdict is Verdict.TOO_LARGE:
                assert len(re.findall(r"\d+\.\d GiB", sentence)) == 2


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


def test_bf16_is_refused_before_avx2() -> None:
    facts = with_features("sse2", "sse4_1")

    option = find(SEVEN, facts, BF16, "cpu")

    assert option.verdict is Verdict.UNAVAILABLE
    assert option.need is None
    message = refusal(SEVEN, facts, Wishes(precision=BF16))
    assert message == str(option.sentence) == f"bf16 needs AVX2, which {PROCESSOR} lacks."


@pytest.mark.parametrize("precision", [BF16, FP32, INT8, NF4, FP4])
def test_what_was_found_wrong_on_a_processor_is_refused_there(precision: Precision) -> None:
    reason = Phrase("It multiplies wrongly.")
    facts = dataclasses.replace(machine(card(24), bf16=True), refused={precision: reason})

    found = {option.precision: option for option in options(SEVEN, facts)
             if option.device_kind == "cpu"}  # fmt: skip

    assert found.pop(precision).sentence == reason
    assert all(option.verdict.runs for option in found.values())
    cards = [option for option in options(SEVEN, facts) if option.device_kind == "cuda"]
    assert all(option.sentence != reason for option in cards)


def test_figures_never_say_the_opposite_and_what_is_free_has_one_figure() -> None:
    gib = 2**30
    step = gib // 100
    for free in range(0, 3 * gib, 7 * step):
        alone = f"{apart_in_gib(0, free)[1]:.1f}"
        for needed in range(0, 3 * gib, 9 * step):
            shown_need, shown_free = (f"{one:.1f}" for one in apart_in_gib(needed, free))

            assert shown_free == alone
            assert (float(shown_need) > float(shown_free)) == (needed > free)
            assert abs(float(shown_need) - needed / gib) <= 0.15 + 1e-9


# --- cards of one name --------------------------------------------------------------------

SAME = "NVIDIA GeForce RTX 3060"


def sentences(facts: Machine) -> list[str]:
    return [str(option.sentence) for option in options(THIRTEEN, facts)]


@pytest.mark.parametrize(
    "facts",
    [
        machine(card(8, index=0), card(8, index=1)),
        machine(card(24, index=0), card(12, index=1), card(6, index=2)),
        machine(card(12, index=0), card(12, index=1), free_gib=3.0),
        machine(card(24, index=0), card(24, index=1), torch_cuda=None),
        machine(*(replace(card(24, index=n), driver="470.256.02") for n in range(2))),
        machine(*(card(24, index=n, capability=(6, 1)) for n in range(2))),
    ],
)
def test_cards_of_one_name_are_told_with_their_numbers(facts: Machine) -> None:
    told = [text for text in sentences(facts) if SAME in text]

    assert told
    assert not [text for text in told if re.search(f"{SAME}(?! \\(cuda:)", text)]
    assert "(cuda:1)" in " ".join(told)


def test_cards_of_other_names_have_no_numbers() -> None:
    facts = machine(card(8, index=0), card(8, name="NVIDIA GeForce RTX 3070", index=1))

    assert not [text for text in sentences(facts) if "cuda:" in text]


def test_only_the_name_that_is_there_twice_gets_numbers() -> None:
    facts = machine(card(12, index=0), card(10, name="B", index=1), card(8, index=2))

    assert [facts.shown_name(gpu) for gpu in facts.gpus] == [
        f"{SAME} (cuda:0)", "B", f"{SAME} (cuda:2)",
    ]  # fmt: skip
    assert facts.shown_names(("cuda:2", "cuda:2", "cuda:1", "cpu")) == (
        f"{SAME} (cuda:2) + B + {facts.processor}"
    )


def test_what_cards_are_measured_by_stays_their_name() -> None:
    """An earlier measurement is found again, with a second card of the name or without."""
    facts = machine(card(24, index=0), card(24, index=1))

    names = {option.device_name for option in options(THIRTEEN, facts) if option.device != "cpu"}
    assert names == {SAME, f"{SAME} + {SAME}"}
