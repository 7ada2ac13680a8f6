"""Which precision runs, and why: a table of facts and decisions."""

from __future__ import annotations

import pytest

from backends import memory, selection
from backends.base import Precision
from backends.errors import BackendUnavailableError, InsufficientMemoryError
from backends.hardware import Machine
from backends.modeling.config import Family, ModelConfig
from tests.helpers.sentences import assert_one_sentence

BIG = ModelConfig(Family.BAICHUAN2_7B, 125_696, 4096, 32, 32, 11_008, 4096)
FP32 = memory.needed(BIG, Precision.FP32, 4096).total
BF16 = memory.needed(BIG, Precision.BF16, 4096).total
NONE, BFLOAT, AMX = frozenset[str](), frozenset({"avx512_bf16"}), frozenset({"amx_bf16"})


def machine(features: frozenset[str], free: int) -> Machine:
    return Machine("CPU", 4, features, 2**40, free)


@pytest.mark.parametrize(
    ("features", "free", "requested", "chosen"),
    [
        (NONE, FP32, None, Precision.FP32),
        (NONE, FP32 - 1, None, Precision.BF16),
        (NONE, BF16, None, Precision.BF16),
        (NONE, BF16 - 1, None, None),
        (BFLOAT, FP32, None, Precision.BF16),
        (AMX, FP32, None, Precision.BF16),
        (BFLOAT, BF16, None, Precision.BF16),
        (BFLOAT, BF16 - 1, None, None),
        (NONE, FP32, Precision.BF16, Precision.BF16),
        (NONE, FP32 - 1, Precision.FP32, None),
        (BFLOAT, FP32, Precision.FP32, Precision.FP32),
        (BFLOAT, FP32 - 1, Precision.FP32, None),
        (BFLOAT, BF16 - 1, Precision.BF16, None),
        (frozenset({"avx512f", "avx2"}), FP32, None, Precision.FP32),
    ],
)
def test_the_precision_that_runs(
    features: frozenset[str], free: int, requested: Precision | None, chosen: Precision | None
) -> None:
    facts = machine(features, free)
    if chosen is None:
        with pytest.raises(InsufficientMemoryError) as caught:
            selection.choose(BIG, facts, requested=requested, context_length=4096)
        assert_one_sentence(caught.value)
        return

    choice = selection.choose(BIG, facts, requested=requested, context_length=4096)

    assert (choice.backend, choice.device, choice.precision) == ("torch_cpu", "CPU", chosen)
    assert choice.reason.endswith(".")
    assert "\n" not in choice.reason


@pytest.mark.parametrize(
    ("features", "free", "requested", "reason"),
    [
        (
            BFLOAT,
            FP32,
            None,
            "This processor multiplies bf16, which takes half the memory of fp32.",
        ),
        (NONE, FP32, None, "This processor has no bf16 arithmetic, and fp32 fits in memory."),
        (NONE, FP32, Precision.FP32, "You chose this precision."),
        (
            NONE,
            20 * 2**30,
            None,
            "fp32 would need 32.4 GiB, but only 20.0 GiB is free; bf16 is slow on this processor.",
        ),
    ],
)
def test_the_reason_says_what_decided(
    features: frozenset[str], free: int, requested: Precision | None, reason: str
) -> None:
    facts = machine(features, free)

    choice = selection.choose(BIG, facts, requested=requested, context_length=4096)

    assert choice.reason == reason


def test_a_refusal_names_the_precision_that_needs_least() -> None:
    with pytest.raises(InsufficientMemoryError) as caught:
        selection.choose(BIG, machine(NONE, 2**30), requested=None, context_length=4096)

    assert caught.value.message == (
        "The model needs 16.4 GiB on this machine in bf16, but only 1.0 GiB is free."
    )


def test_a_smaller_context_may_fit() -> None:
    free = memory.needed(BIG, Precision.BF16, 512).total

    assert selection.choose(BIG, machine(BFLOAT, free), requested=None, context_length=512)
    with pytest.raises(InsufficientMemoryError):
        selection.choose(BIG, machine(BFLOAT, free), requested=None, context_length=4096)


@pytest.mark.parametrize(
    ("text", "precision"), [("auto", None), ("fp32", Precision.FP32), ("bf16", Precision.BF16)]
)
def test_precisions_have_names(text: str, precision: Precision | None) -> None:
    assert selection.parse_precision(text) is precision


@pytest.mark.parametrize("text", ["", "FP32", "int8", "{name}", "a\nb"])
def test_an_unknown_precision_names_the_known_ones(text: str) -> None:
    with pytest.raises(BackendUnavailableError, match="there are auto, fp32, bf16") as caught:
        selection.parse_precision(text)

    assert_one_sentence(caught.value)


def test_every_backend_has_a_load_function() -> None:
    for name in selection._BACKENDS:
        assert callable(selection.backend_module(name).load)
