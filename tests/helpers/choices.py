"""Models and machines to decide about, and what is decided, in short."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from backends.choice import selection
from backends.choice.options import options
from backends.choice.values import Model, Option, Wishes
from backends.errors import BackendUnavailableError, UserFacingError
from backends.machine.cards.values import Gpu
from backends.machine.hardware import Machine
from backends.precision import Precision
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, GIB, LIBRARIES, card, machine
from tests.helpers.sentences import assert_one_sentence

BF16, FP16, FP32 = Precision.BF16, Precision.FP16, Precision.FP32
INT8, NF4, FP4 = Precision.INT8, Precision.NF4, Precision.FP4
SEVEN = Model(BAICHUAN2_7B, 4096)
THIRTEEN = Model(BAICHUAN2_13B, 4096)
ONNX = {"onnx": "1.23.2", "onnxruntime": "1.31.1"}
WITH_ONNX = LIBRARIES | ONNX
#: Features of a processor that packs bf16 and multiplies it in fp32.
WIDE = ("sse2", "sse4_1", "avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl")


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
        for option in options(model, facts)
        if (option.precision, option.device_kind) == (precision, device)
    ]
    return found[number]


def spread(model: Model, facts: Machine, precision: Precision) -> Option:
    """The option of several devices."""
    found = [option for option in options(model, facts) if not option.devices.single]
    (option,) = [option for option in found if option.precision is precision]
    return option


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


def exported(*precisions: Precision, has_tensors: bool = True) -> Model:
    """A 7B model with exports of 5 GiB."""
    exports = dict.fromkeys(precisions, 5 * GIB)
    return Model(BAICHUAN2_7B, 4096, exports=exports, has_tensors=has_tensors)


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


def with_features(*features: str, free_gib: float = 56.0) -> Machine:
    """A machine without cards, whose processor has these features and no other."""
    return dataclasses.replace(machine(free_gib=free_gib), features=frozenset(features))
